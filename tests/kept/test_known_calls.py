"""Forms that are kept: found only for the same request, without secrets and lists, within bounds."""

from urllib.parse import urlencode

import pytest
from msgspec.structs import replace
from tests.kept.world import BUILT, FORM

from daypass.core.audit_records.recorded_parameters import redacted_parameters
from daypass.core.http.normalization import normalize_headers
from daypass.core.slices import at_once
from daypass.wire import known_calls
from daypass.wire.known_calls import KnownCall, KnownCalls
from daypass.wire.message import HttpRequest

VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}


def request(action, service="iam", **fields):
    text = urlencode({"Action": action, "Version": VERSIONS[service], **fields})
    return of_body(text.encode())


def of_body(body, method="POST", path=b"/", query=b"", **headers):
    sent = {b"host": b"authority.test", b"content-type": FORM.encode()}
    sent |= {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return HttpRequest(method, path, query, normalize_headers(tuple(sent.items())), body, "")


def read(made, signed_for):
    """Return the call of a request, read anew."""
    found = at_once(BUILT().catalog.identify(made, signed_for))
    params = found.parse()
    recorded = redacted_parameters(params, found.operation.secret_parameters)
    return KnownCall(found.operation, params, recorded)


def kept(made, signed_for="iam"):
    """Return known calls that were told to keep a request."""
    calls = KnownCalls()
    calls.keep(made, signed_for, read(made, signed_for))
    return calls


GET_USER = request("GetUser", UserName="alice")


def test_a_form_that_was_kept_is_found_with_its_operation_and_parameters() -> None:
    found = kept(GET_USER).find(GET_USER, "iam")

    assert found == read(GET_USER, "iam")
    assert found.params == {"UserName": "alice"}


@pytest.mark.parametrize(
    ("other", "signed_for"),
    [
        (GET_USER, "sts"),
        (GET_USER, None),
        (request("GetUser", UserName="bob"), "iam"),
        (of_body(GET_USER.body, query=b"Action=ListUsers"), "iam"),
        (of_body(GET_USER.body, content_type=b"text/plain"), "iam"),
        (of_body(GET_USER.body, content_type=b"application/json"), "iam"),
        (of_body(GET_USER.body, content_encoding=b"gzip"), "iam"),
        (of_body(GET_USER.body, x_amz_target=b"Other.ListRoots"), "iam"),
        (of_body(GET_USER.body, method="GET"), "iam"),
        (of_body(GET_USER.body, method="PUT"), "iam"),
        (of_body(GET_USER.body, path=b"/other"), "iam"),
        (replace(GET_USER, headers=tuple(GET_USER.headers)), "iam"),
        (
            replace(
                GET_USER,
                headers=normalize_headers(
                    (*GET_USER.headers, (b"content-type", b"application/json"))
                ),
            ),
            "iam",
        ),
    ],
    ids=[
        "service",
        "unsigned",
        "parameter",
        "query",
        "type",
        "JSON",
        "encoding",
        "target",
        "GET",
        "PUT",
        "path",
        "headers that were not read",
        "two types",
    ],
)
def test_a_request_that_differs_is_read_anew(other, signed_for) -> None:
    assert kept(GET_USER).find(other, signed_for) is None


def test_two_spellings_of_one_form_are_kept_apart_and_mean_the_same() -> None:
    plain, escaped = (of_body(GET_USER.body.replace(b"alice", each)) for each in (b"a+b", b"a%20b"))
    calls = kept(plain)
    assert calls.find(escaped, "iam") is None
    calls.keep(escaped, "iam", read(escaped, "iam"))

    assert calls.find(plain, "iam").params == calls.find(escaped, "iam").params


@pytest.mark.parametrize(
    ("made", "signed_for"),
    [
        (request("ChangePassword", OldPassword="old", NewPassword="new"), "iam"),
        (request("CreateLoginProfile", UserName="alice", Password="new"), "iam"),
        (
            request(
                "AssumeRole",
                "sts",
                RoleArn="arn:aws:iam::111122223333:role/r",
                RoleSessionName="session",
                **{"Tags.member.1.Key": "team", "Tags.member.1.Value": "red"},
            ),
            "sts",
        ),
        (request("GetUser", UserName="a" * known_calls.FORM_BYTES_MAX), "iam"),
        (of_body(GET_USER.body, query=b"a=1"), "iam"),
    ],
    ids=["passwords", "a password", "a list", "long", "a query"],
)
def test_forms_with_secrets_lists_or_too_many_bytes_are_not_kept(made, signed_for) -> None:
    calls = KnownCalls()
    try:
        known = read(made, signed_for)
    except Exception:  # noqa: BLE001 - it cannot be read at all, so that it never comes to be kept
        known = read(GET_USER, "iam")
    calls.keep(made, signed_for, known)

    assert calls._known == {}


@pytest.mark.parametrize(("more", "count"), [(0, 1), (1, 0)], ids=["at the bound", "past it"])
def test_the_longest_form_that_is_kept(more, count) -> None:
    spare = known_calls.FORM_BYTES_MAX - len(request("GetUser", UserName="").body)
    made = request("GetUser", UserName="a" * (spare + more))

    assert len(kept(made)._known) == count


def test_only_so_many_forms_are_kept(monkeypatch) -> None:
    monkeypatch.setattr(known_calls, "KNOWN_MAX", 3)
    calls = KnownCalls()
    for number in range(20):
        made = request("GetUser", UserName=f"user{number}")
        calls.keep(made, "iam", read(made, "iam"))
        assert len(calls._known) <= 3
