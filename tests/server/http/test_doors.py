"""A request goes to the door of the first matching row; an early refusal has that door's form."""

import asyncio
import os
from types import SimpleNamespace
from urllib.parse import unquote_to_bytes

import pytest

from daypass.core.http import normalization
from daypass.server.http.asgi import Application
from daypass.server.http.doors import (
    MAIN,
    PROBE_PATHS,
    ROUTES,
    ApparentAuth,
    Door,
    HostKind,
    PathKind,
    Route,
    Router,
)
from daypass.server.http.overload import early_refusals
from daypass.server.http.overload.early_refusals import EarlyReason, EarlyRefusals
from daypass.services.registry import SERVICES
from daypass.wire import catalog

CATALOG = catalog.load_catalog(SERVICES)
PROBES, GATE, API = Door.PROBES, Door.GATE, Door.API
FORM = (b"content-type", b"multipart/form-data; boundary=x")
OLD = (b"authorization", b"AWS AKIA:c2lnbmF0dXJl")


def doors(has_gate, table=ROUTES):
    return Router(MAIN, has_path=CATALOG.has_path, has_gate=has_gate, table=table)


def signed(service):
    return (
        b"authorization",
        b"AWS4-HMAC-SHA256 Credential=AKIA/20261129/us-east-1/%b/aws4_request, SignedHeaders=host, Signature=0"
        % service,
    )


def presigned(scope):
    return (
        b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA/20261129/r/%b&X-Amz-Signature=0"
        % scope
    )


class Asked:
    """A request as the table reads it."""

    def __init__(self, method, path, query=b"", *headers):
        self.scope = {
            "type": "http",
            "method": method,
            "raw_path": path,
            "query_string": query,
            "headers": [(b"host", b"h"), *headers],
        }
        self.head = early_refusals.request_head(
            method, path + (b"?" + query if query else b""), self.scope["headers"]
        )


REQUESTS = [
    # what, the request, its door with a gate, and without one
    ("healthz", Asked("GET", b"/healthz"), PROBES, PROBES),
    ("readyz", Asked("HEAD", b"/readyz"), PROBES, PROBES),
    ("metrics, with a query", Asked("GET", b"/metrics", b"a=b"), PROBES, PROBES),
    ("an object called metrics, presigned by version 2", Asked("GET", b"/metrics", b"AWSAccessKeyId=A"), GATE, API),
    ("metrics, with a form", Asked("GET", b"/metrics", b"", FORM), PROBES, PROBES),
    ("healthz posted", Asked("POST", b"/healthz"), GATE, API),
    ("healthz signed for s3", Asked("GET", b"/healthz", b"", signed(b"s3")), GATE, API),
    ("healthz signed for sts", Asked("GET", b"/healthz", b"", signed(b"sts")), API, API),
    ("healthz presigned for s3", Asked("GET", b"/healthz", presigned(b"s3/aws4_request")), GATE, API),
    ("healthz with any parameter of a signature", Asked("GET", b"/healthz", b"X-Amz-Expires=1"), GATE, API),
    ("healthz with one whose name is encoded", Asked("GET", b"/healthz", b"X%2dAmz%2DExpires=1"), GATE, API),
    ("a page's name is not a prefix", Asked("GET", b"/healthz/"), GATE, API),
    ("signed for s3", Asked("GET", b"/bucket/key", b"", signed(b"s3")), GATE, API),
    ("signed for s3, at an API's path", Asked("GET", b"/", b"", signed(b"s3")), GATE, API),
    ("signed by version 2", Asked("PUT", b"/", b"", OLD), GATE, API),
    ("presigned by version 2", Asked("GET", b"/", b"AWSAccessKeyId=A&Signature=0"), GATE, API),
    ("presigned for s3", Asked("GET", b"/", presigned(b"s3/aws4_request")), GATE, API),
    ("presigned for s3, in escapes", Asked("GET", b"/", presigned(b"s3%2Faws4_request")), GATE, API),
    ("a form", Asked("POST", b"/", b"", FORM), GATE, API),
    ("a form, in capitals", Asked("POST", b"/", b"", (b"content-type", b"Multipart/Form-Data; boundary=x")), GATE, API),
    ("another content type", Asked("POST", b"/", b"", (b"content-type", b"application/x-www-form-urlencoded")), API, API),
    ("a bucket, of nobody", Asked("GET", b"/bucket/key"), GATE, API),
    ("signed for sts", Asked("POST", b"/", b"", signed(b"sts")), API, API),
    ("presigned for sts", Asked("GET", b"/", presigned(b"sts/aws4_request")), API, API),
    ("signed for sts, at a bucket's path", Asked("GET", b"/bucket/key", b"", signed(b"sts")), API, API),
    ("presigned for sts, at a bucket's path", Asked("GET", b"/bucket/key", presigned(b"sts/aws4_request")), API, API),
    ("a form that is signed for sts", Asked("POST", b"/", b"", signed(b"sts"), FORM), API, API),
    ("signed for roles anywhere", Asked("GET", b"/profiles", b"", signed(b"rolesanywhere")), API, API),
    ("an API's root, of nobody", Asked("POST", b"/"), API, API),
    ("an API's path, of nobody", Asked("GET", b"/profiles"), API, API),
]  # fmt: skip
IDS = [row[0] for row in REQUESTS]


@pytest.mark.parametrize(("asked", "with_gate", "without"), [row[1:] for row in REQUESTS], ids=IDS)
def test_a_request_goes_to_its_door(asked, with_gate, without) -> None:
    assert doors(has_gate=True).door_for(asked.scope) is with_gate
    assert doors(has_gate=False).door_for(asked.scope) is without


def scheme(scope):
    """Return how a request appears to be authenticated, computed in another, slower way."""
    headers = scope["headers"]
    said = [
        (name, value)
        for name, value in headers
        if name == b"authorization"
        or (name, value[:19].lower()) == (b"content-type", b"multipart/form-data")
    ]
    said += [
        each
        for each in normalization.parse_query(scope["query_string"])
        if each[0] in {b"X-Amz-Credential", b"AWSAccessKeyId"}
    ]
    if not said:
        return ApparentAuth.NONE
    name, value = said[0]
    is_s3 = {
        b"authorization": b"/s3/aws4_request" in value or value.startswith(b"AWS "),
        b"X-Amz-Credential": value.endswith(b"/s3/aws4_request"),
    }
    return ApparentAuth.S3 if is_s3.get(name, True) else ApparentAuth.OTHER


def matches(row, scope):
    """Say whether a row matches a request."""
    path = scope["raw_path"]
    is_there = (
        path in row.path
        if isinstance(row.path, frozenset)
        else row.path is PathKind.ANY or CATALOG.has_path(path)
    )
    if row.auth is ApparentAuth.UNSIGNED_READ:
        query = unquote_to_bytes(scope["query_string"])
        is_proved_so = scope["method"] in {"GET", "HEAD"} and b"X-Amz-" not in query
        is_proved_so &= b"authorization" not in dict(scope["headers"])
    else:
        is_proved_so = row.auth in {ApparentAuth.ANY, scheme(scope)}
    is_link = row.auth is ApparentAuth.UNSIGNED_READ and b"AWSAccessKeyId=" in scope["query_string"]
    return is_there and is_proved_so and not is_link


def first(scope, rows):
    return next(row for row in rows if matches(row, scope))


@pytest.mark.parametrize("has_gate", [True, False])
def test_the_router_decides_as_the_rows_do_one_by_one(has_gate) -> None:
    rows = [row for row in ROUTES if has_gate or row.door is not GATE]
    ready = doors(has_gate)

    for method in ("GET", "HEAD", "POST"):
        for path in (b"/", b"/profiles", b"/bucket", *PROBE_PATHS):
            for query in (
                b"",
                b"a",
                b"X-Amz-Expires=1",
                b"AWSAccessKeyId=A",
                presigned(b"s3/aws4_request"),
                presigned(b"sts%2Faws4_request"),
                b"X%2DAmz-Credential=A/s3/aws4_request",
            ):
                for headers in (
                    [],
                    [FORM],
                    [OLD],
                    [signed(b"s3")],
                    [signed(b"sts")],
                    [FORM, signed(b"sts")],
                    [signed(b"sts"), FORM],
                ):
                    scope = Asked(method, path, query, *headers).scope
                    assert ready.door_for(scope) is first(scope, rows).door, scope


def test_every_row_matches_some_request() -> None:
    reached = {first(asked.scope, ROUTES) for _, asked, *_ in REQUESTS}
    without_gate = [row for row in ROUTES if row.door is not GATE]
    reached |= {first(asked.scope, without_gate) for _, asked, *_ in REQUESTS}

    assert reached == set(ROUTES)


def row(path, scheme, door):
    return Route(MAIN, HostKind.ANY, path, scheme, door)


REST = row(PathKind.ANY, ApparentAuth.ANY, API)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ((REST, row(PROBE_PATHS, ApparentAuth.UNSIGNED_READ, PROBES)), "come first"),
        ((row(PROBE_PATHS, ApparentAuth.S3, GATE), REST), "for unsigned reads"),
        ((row(PathKind.ANY, ApparentAuth.UNSIGNED_READ, PROBES), REST), "for unsigned reads"),
        ((row(PathKind.API, ApparentAuth.ANY, API), row(PathKind.ANY, ApparentAuth.S3, GATE)), "no row is left for requests of scheme none"),
        ((), "no row is left for requests of scheme s3"),
    ],
)  # fmt: skip
def test_a_table_with_misplaced_or_missing_rows_is_refused(table, words) -> None:
    with pytest.raises(ValueError, match=words):
        doors(has_gate=True, table=table)


def test_rows_of_another_listener_do_not_match() -> None:
    elsewhere = Route("elsewhere", HostKind.ANY, PathKind.ANY, ApparentAuth.ANY, GATE)

    assert (
        doors(has_gate=True, table=(elsewhere, REST)).door_for(Asked("GET", b"/bucket").scope)
        is API
    )


def test_the_first_row_that_names_a_path_decides() -> None:
    table = (
        row(frozenset([b"/a"]), ApparentAuth.UNSIGNED_READ, GATE),
        row(frozenset([b"/a", b"/b"]), ApparentAuth.UNSIGNED_READ, PROBES),
        REST,
    )
    ready = doors(has_gate=True, table=table)

    found = [ready.door_for(Asked("GET", path).scope) for path in (b"/a", b"/b", b"/c")]
    assert found == [GATE, PROBES, API]


def door_of_refusal(asked, has_gate):
    """Return the door whose form an early refusal has: only S3's has the code SlowDown in XML."""
    made = EarlyRefusals(CATALOG, entropy=os.urandom, has_gate=has_gate).response(
        asked.head, EarlyReason.TOO_MUCH
    )
    return GATE if b"<Code>SlowDown</Code>" in made.body else API


OTHERWISE = {
    # A client that signs for s3 reads S3's errors, whoever refuses it.
    ("healthz signed for s3", False),
    ("healthz presigned for s3", False),
    ("signed for s3", False),
    ("signed for s3, at an API's path", False),
    ("presigned for s3", False),
    ("presigned for s3, in escapes", False),
}


@pytest.mark.parametrize("has_gate", [True, False])
@pytest.mark.parametrize(("what", "asked"), [row[:2] for row in REQUESTS], ids=IDS)
def test_an_early_refusal_has_the_form_of_the_doors_responses(what, asked, has_gate) -> None:
    door = doors(has_gate).door_for(asked.scope)
    if door is PROBES:
        # Who watches the server reads a status; the refusal is of whoever else has that path.
        door = GATE if has_gate else API

    assert (door_of_refusal(asked, has_gate) is door) is ((what, has_gate) not in OTHERWISE)


def test_an_early_refusal_ignores_a_signature_for_an_unknown_service() -> None:
    # The head is searched for the signing names of services that are served; else the path decides.
    asked = Asked("GET", b"/bucket/key", b"", signed(b"sqs"))

    assert doors(has_gate=True).door_for(asked.scope) is API
    assert door_of_refusal(asked, has_gate=True) is GATE


def test_every_monitoring_path_has_a_page() -> None:
    application = object.__new__(Application)
    application._readiness = SimpleNamespace(response=lambda: (200, "ready\n"))
    application._metrics = None

    async def metrics_page(own):
        return "figures\n"

    application._others = SimpleNamespace(metrics_page=metrics_page)

    pages = {path: asyncio.run(application._monitoring_page(path)) for path in PROBE_PATHS}
    assert {path: page.status for path, page in pages.items()} == dict.fromkeys(PROBE_PATHS, 200)
