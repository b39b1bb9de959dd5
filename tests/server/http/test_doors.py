"""Each request goes to the door of the first row that holds, and an early refusal looks like that door's answers."""

import asyncio
import os
from types import SimpleNamespace

import pytest

from daypass.core.http import reading
from daypass.server.http.asgi import Application
from daypass.server.http.crowds import shapes
from daypass.server.http.crowds.shapes import Early, Shapes
from daypass.server.http.doors import (
    MAIN,
    PROBED,
    TABLE,
    Door,
    Doors,
    Host,
    Path,
    Row,
    Scheme,
)
from daypass.services.registry import SERVICES
from daypass.wire import catalog

CATALOG = catalog.load(SERVICES)
PROBES, GATE, API = Door.PROBES, Door.GATE, Door.API
FORM = (b"content-type", b"multipart/form-data; boundary=x")
OLD = (b"authorization", b"AWS AKIA:c2lnbmF0dXJl")


def doors(has_gate, table=TABLE):
    return Doors(MAIN, has_path=CATALOG.has_path, has_gate=has_gate, table=table)


def signed(service):
    return (b"authorization", b"AWS4-HMAC-SHA256 Credential=AKIA/20261129/us-east-1/%b/aws4_request, SignedHeaders=host, Signature=0" % service)  # fmt: skip


def presigned(scope):
    return b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA/20261129/r/%b&X-Amz-Signature=0" % scope  # fmt: skip


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
        self.head = shapes.head_of(method, path + (b"?" + query if query else b""), self.scope["headers"])  # fmt: skip


REQUESTS = [
    # what, the request, its door with a gate, and without one
    ("healthz", Asked("GET", b"/healthz"), PROBES, PROBES),
    ("readyz", Asked("HEAD", b"/readyz"), PROBES, PROBES),
    ("metrics, with a query", Asked("GET", b"/metrics", b"a=b"), PROBES, PROBES),
    ("metrics, with a key id of version 2", Asked("GET", b"/metrics", b"AWSAccessKeyId=A"), PROBES, PROBES),
    ("metrics, with a form", Asked("GET", b"/metrics", b"", FORM), PROBES, PROBES),
    ("healthz posted", Asked("POST", b"/healthz"), GATE, API),
    ("healthz signed for s3", Asked("GET", b"/healthz", b"", signed(b"s3")), GATE, API),
    ("healthz signed for sts", Asked("GET", b"/healthz", b"", signed(b"sts")), API, API),
    ("healthz presigned for s3", Asked("GET", b"/healthz", presigned(b"s3/aws4_request")), GATE, API),
    ("healthz with any parameter of a signature", Asked("GET", b"/healthz", b"X-Amz-Expires=1"), GATE, API),
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
    assert doors(has_gate=True).of(asked.scope) is with_gate
    assert doors(has_gate=False).of(asked.scope) is without


def scheme(scope):
    """Return what a request seems to be proved by: the table's own words, said once more and slowly."""
    headers = scope["headers"]
    said = [(name, value) for name, value in headers if name == b"authorization" or (name, value[:19].lower()) == (b"content-type", b"multipart/form-data")]  # fmt: skip
    said += [each for each in reading.query(scope["query_string"]) if each[0] in {b"X-Amz-Credential", b"AWSAccessKeyId"}]  # fmt: skip
    if not said:
        return Scheme.NONE
    name, value = said[0]
    is_s3 = {
        b"authorization": b"/s3/aws4_request" in value or value.startswith(b"AWS "),
        b"X-Amz-Credential": value.endswith(b"/s3/aws4_request"),
    }
    return Scheme.S3 if is_s3.get(name, True) else Scheme.OTHER


def holds(row, scope):
    """Say whether a row holds for a request."""
    path = scope["raw_path"]
    is_there = path in row.path if isinstance(row.path, frozenset) else row.path is Path.ANY or CATALOG.has_path(path)  # fmt: skip
    if row.scheme is Scheme.UNSIGNED_READ:
        is_proved_so = scope["method"] in {"GET", "HEAD"} and b"X-Amz-" not in scope["query_string"]
        is_proved_so &= b"authorization" not in dict(scope["headers"])
    else:
        is_proved_so = row.scheme in {Scheme.ANY, scheme(scope)}
    return is_there and is_proved_so


def first(scope, rows):
    return next(row for row in rows if holds(row, scope))


@pytest.mark.parametrize("has_gate", [True, False])
def test_the_table_that_is_made_ready_says_what_its_rows_say(has_gate) -> None:
    rows = [row for row in TABLE if has_gate or row.door is not GATE]
    ready = doors(has_gate)

    for method in ("GET", "HEAD", "POST"):
        for path in (b"/", b"/profiles", b"/bucket", *PROBED):
            for query in (b"", b"a", b"X-Amz-Expires=1", b"AWSAccessKeyId=A", presigned(b"s3/aws4_request"), presigned(b"sts%2Faws4_request"), b"X%2DAmz-Credential=A/s3/aws4_request"):  # fmt: skip
                for headers in ([], [FORM], [OLD], [signed(b"s3")], [signed(b"sts")], [FORM, signed(b"sts")], [signed(b"sts"), FORM]):  # fmt: skip
                    scope = Asked(method, path, query, *headers).scope
                    assert ready.of(scope) is first(scope, rows).door, scope


def test_every_row_opens_its_door_to_somebody() -> None:
    reached = {first(asked.scope, TABLE) for _, asked, *_ in REQUESTS}
    without_gate = [row for row in TABLE if row.door is not GATE]
    reached |= {first(asked.scope, without_gate) for _, asked, *_ in REQUESTS}

    assert reached == set(TABLE)


def row(path, scheme, door):
    return Row(MAIN, Host.ANY, path, scheme, door)


REST = row(Path.ANY, Scheme.ANY, API)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ((REST, row(PROBED, Scheme.UNSIGNED_READ, PROBES)), "come first"),
        ((row(PROBED, Scheme.S3, GATE), REST), "for unsigned reads"),
        ((row(Path.ANY, Scheme.UNSIGNED_READ, PROBES), REST), "for unsigned reads"),
        ((row(Path.API, Scheme.ANY, API), row(Path.ANY, Scheme.S3, GATE)), "no row is left for requests of scheme none"),
        ((), "no row is left for requests of scheme s3"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_made_ready_is_refused(table, words) -> None:
    with pytest.raises(ValueError, match=words):
        doors(has_gate=True, table=table)


def test_rows_of_another_listener_open_no_door() -> None:
    elsewhere = Row("elsewhere", Host.ANY, Path.ANY, Scheme.ANY, GATE)

    assert doors(has_gate=True, table=(elsewhere, REST)).of(Asked("GET", b"/bucket").scope) is API


def test_a_table_is_what_its_rows_are() -> None:
    table = (row(frozenset([b"/a"]), Scheme.UNSIGNED_READ, GATE), row(frozenset([b"/a", b"/b"]), Scheme.UNSIGNED_READ, PROBES), REST)  # fmt: skip
    ready = doors(has_gate=True, table=table)

    found = [ready.of(Asked("GET", path).scope) for path in (b"/a", b"/b", b"/c")]
    assert found == [GATE, PROBES, API]


def looks(asked, has_gate):
    """Return whose answers an early refusal of a request looks like, where nobody's but S3's are XML with these marks."""
    made = Shapes(CATALOG, entropy=os.urandom, has_gate=has_gate).refusal(asked.head, Early.TOO_MUCH)  # fmt: skip
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
def test_an_early_refusal_looks_like_the_answers_behind_the_door(what, asked, has_gate) -> None:
    door = doors(has_gate).of(asked.scope)
    if door is PROBES:
        # Who watches the server reads a status; the refusal is of whoever else has that path.
        door = GATE if has_gate else API

    assert (looks(asked, has_gate) is door) is ((what, has_gate) not in OTHERWISE)


def test_a_signature_for_a_service_that_is_not_there_is_overlooked_by_an_early_refusal() -> None:
    # The head is looked through for services that there are: the path decides of one that there is not.
    asked = Asked("GET", b"/bucket/key", b"", signed(b"sqs"))

    assert doors(has_gate=True).of(asked.scope) is API
    assert looks(asked, has_gate=True) is GATE


def test_every_page_that_is_probed_is_there() -> None:
    application = object.__new__(Application)
    application._readiness = SimpleNamespace(response=lambda: (200, "ready\n"))
    application._metrics = None

    async def metrics(own):
        return "figures\n"

    application._others = SimpleNamespace(metrics=metrics)

    pages = {path: asyncio.run(application._page(path)) for path in PROBED}
    assert {path: page.status for path, page in pages.items()} == dict.fromkeys(PROBED, 200)
