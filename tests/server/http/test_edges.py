"""The port towards unknown clients: unknown paths, slow clients, handlers with bugs."""

import dataclasses
import http.client
import json
import socket
import urllib.parse

import pytest
from botocore.exceptions import ClientError
from tests.conftest import serving
from tests.documents import allow
from tests.services.portal_live import LivePortal
from tests.wire import generate

from daypass.server import app, limits
from daypass.services.registry import SERVICES
from daypass.wire import catalog

CLIENT_NAMES = {"ssoadmin": "sso-admin"}
"""boto3's names of services that are not ours."""
FAILURE_CODES = {
    "ServiceFailure", "InternalFailure", "ServiceException", "InternalServerException",
}  # fmt: skip
SECRET = "/srv/daypass.db SELECT secret FROM keys"


def ask(live, method, target, body=None, headers=None):
    url = urllib.parse.urlsplit(live.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    connection.request(method, target, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


PATHS = [
    "/v1/sys/init", "/v1/sys/rekey/init", "/v1/sys/unseal", "/v1/sys/step-down",
    "/minio/admin/v3/info", "/minio/health/cluster", "/bootstrap", "/setup", "/claim", "/init",
    "/admin", "/root", "/debug/pprof/", "/debug/vars", "/docs", "/redoc", "/openapi.json",
    "/swagger", "/graphql", "/.well-known/openid-configuration", "/server-status", "/actuator",
    "/clock", "/test", "/_localstack/health", "/moto-api/reset",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_t281_key_t339_ops_t342_ops_nothing_can_be_claimed_opened_or_inspected_without_a_signature(
    live, method, path
) -> None:
    status, content = ask(live, method, path, b"{}" if method != "GET" else None)

    assert status in {400, 403, 404, 405, 501}
    assert b"Traceback" not in content
    assert b"<html" not in content.lower()


def operations():
    known = catalog.load_catalog(SERVICES)
    for service, built in app.operations_by_service(known).items():
        for name in sorted(built):
            yield service, name


@pytest.fixture(scope="module")
def breaking(store_url, tmp_path_factory):
    """An authority whose every handler breaks, with the key and a session of a user who may do
    everything, and with a person's token for the portal.
    """
    whole, armed = app.operations_by_service, []

    def broken(known, services):
        def failing(handler):
            def handle(context, request):
                if armed:
                    raise RuntimeError(SECRET)
                return handler(context, request)

            return handle

        return {
            service: {
                name: dataclasses.replace(each, handler=failing(each.handler), on=None)
                for name, each in built.items()
            }
            for service, built in whole(known, services).items()
        }

    patch = pytest.MonkeyPatch()
    patch.setattr(app, "operations_by_service", broken)
    served = serving(tmp_path_factory.mktemp("broken") / "data", store_url)
    live = next(served)
    # Whatever is served from here on is whole again.
    patch.undo()
    user = live.user("admin", allow("*"))
    session = live.client("sts", user).get_session_token()["Credentials"]
    portal = LivePortal(live)
    token = portal.open_session(portal.newcomer()).token
    armed.append(True)
    yield live, user, session, token
    next(served, None)


@pytest.mark.parametrize(("service", "name"), list(operations()))
def test_t264_log_a_handler_that_breaks_tells_the_caller_nothing(breaking, service, name) -> None:
    live, user, session, token = breaking
    # Only a session may be narrowed.
    who = session if name == "GetScopedCredentials" else user
    model = catalog.load_catalog(SERVICES).services[service].model
    client = live.client(CLIENT_NAMES.get(service, service), who, parameter_validation=False)
    shape = client.meta.service_model.operation_model(name).input_shape
    given = generate.value(model, shape.name, full=False) if shape else {}
    if service == "sso":
        given["accessToken"] = token
    method = next(key for key, value in client.meta.method_to_api_mapping.items() if value == name)

    with pytest.raises(ClientError) as error:
        getattr(client, method)(**given)

    told = error.value.response
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert told["Error"]["Code"] in FAILURE_CODES
    assert told["ResponseMetadata"]["RequestId"]
    assert "daypass" not in json.dumps(told, default=str)
    assert "SELECT" not in json.dumps(told, default=str)


def test_t254_dos_many_slow_clients_keep_nobody_waiting(live) -> None:
    url = urllib.parse.urlsplit(live.url)
    slow = []
    for _ in range(300):
        connection = socket.create_connection((url.hostname, url.port))
        connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Le")
        slow.append(connection)
    sts = live.client("sts")

    assert [sts.get_caller_identity()["Account"] for _ in range(20)] == [live.account] * 20
    for connection in slow:
        connection.close()


def test_t254_dos_a_body_that_stops_arriving_is_given_up(live, monkeypatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS_MAX", 0.05)
    url = urllib.parse.urlsplit(live.url)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\nAc"
        )
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in answer.lower()
