"""Multipart upload ids at a store that does not bind them to bucket and key."""

import asyncio
import base64
import dataclasses
import hashlib
import re
import urllib.parse

import pytest
from botocore.exceptions import ClientError

from daypass.core.http.request import RawRequest
from daypass.gate.operations.table import resolve_request
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request import request_target
from daypass.gate.request.resolved_request import GateRules
from daypass.gate.s3_gate import StoreCapabilities
from daypass.gate.store.probe import StoreProbe
from daypass.state.changes import Put

from .conftest import RecordingStore
from .in_process import World

NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
BEGUN = f"<InitiateMultipartUploadResult {NS}><Bucket>kept</Bucket><Key>k</Key><UploadId>raw-1</UploadId></InitiateMultipartUploadResult>"
LISTED = (
    f"<ListMultipartUploadsResult {NS}><Bucket>kept</Bucket><KeyMarker>a b</KeyMarker><UploadIdMarker>raw-0</UploadIdMarker><NextKeyMarker>k+/\u00e9</NextKeyMarker>"
    "<NextUploadIdMarker>raw-2</NextUploadIdMarker><Prefix>k </Prefix><IsTruncated>true</IsTruncated><Upload><Key>k</Key><UploadId>raw-1</UploadId><Owner><ID>o</ID></Owner></Upload>"
    "<Upload><Key>k+/\u00e9</Key><UploadId>raw-2</UploadId></Upload><CommonPrefixes><Prefix>k &amp;</Prefix></CommonPrefixes></ListMultipartUploadsResult>"
)
PARTS = f"<ListPartsResult {NS}><Bucket>kept</Bucket><Key>k</Key><UploadId>raw-1</UploadId><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber></Part></ListPartsResult>"


@pytest.fixture
def store():
    made = RecordingStore()
    yield made
    made.close()


def run(store, asking, **capabilities):
    async def running():
        world = World(store.url, capabilities=StoreCapabilities(**capabilities))
        world.change(
            Put(
                type(world.bucket)(
                    account=world.bucket.account,
                    name="kept2",
                    owner=world.bucket.owner,
                    region="us-east-1",
                    created=0,
                )
            )
        )
        try:
            return await asking(world)
        finally:
            await world.close()

    return asyncio.run(running())


async def ask(world, method, path, query="", body=b""):
    """Ask and return status, code and the answer's text."""
    scope = world.put(len(body), path=path, method=method, query=query)
    status, code = await world.ask(scope, body)
    return status, code, b"".join(each.get("body", b"") for each in world.sent).decode()


async def begun(world, store):
    """Begin an upload of /kept/k and return its id, encoded for a query."""
    store.answer = lambda _: (200, {}, [BEGUN.encode()])
    status, _, text = await ask(world, "POST", "/kept/k", "uploads=")
    assert status == 200
    return urllib.parse.quote(ids(text)[0], safe="~")


def ids(text):
    return re.findall("<UploadId>([^<]*)</UploadId>", text)


USES = [
    ("GET", ""),
    ("PUT", "partNumber=1&"),
    ("POST", ""),
    ("DELETE", ""),
]
COMPLETE = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>"


@pytest.mark.parametrize(("method", "before"), USES)
@pytest.mark.parametrize("path", ["/kept/k2", "/kept2/k", "/kept/k"])
@pytest.mark.parametrize("is_raw", [False, True])
def test_t432_gate_an_upload_id_is_used_where_it_was_begun_or_nowhere(
    store, method, before, path, is_raw
) -> None:
    async def asking(world):
        told = await begun(world, store)
        store.sent.clear()
        store.answer = lambda _: (200, {}, [PARTS.encode() if method == "GET" else b""])
        found = await ask(
            world,
            method,
            path,
            f"{before}uploadId={'raw-1' if is_raw else told}",
            COMPLETE if method == "POST" else b"",
        )
        return told, found

    told, (status, code, text) = run(store, asking)

    if path == "/kept/k" and not is_raw:
        assert status == 200
        assert store.sent[-1].target == f"/kept/k?{before}uploadId=raw-1"
        assert ids(text) == ([urllib.parse.unquote(told)] if method == "GET" else [])
    else:
        assert (status, code) == (404, "NoSuchUpload")
        assert not store.sent


def test_a_store_that_binds_uploads_is_given_its_own_ids_and_those_told_before_it_was_known_to(
    store,
) -> None:
    told = run(store, lambda world: begun(world, store))

    async def asking(world):
        assert await begun(world, store) == "raw-1"
        store.answer = lambda _: (200, {}, [b""])
        targets = []
        for each in ("raw-1", told):
            await ask(world, "DELETE", "/kept/k", f"uploadId={each}")
            targets.append(store.sent[-1].target)
        return targets

    assert run(store, asking, bound_uploads=True) == ["/kept/k?uploadId=raw-1"] * 2


def test_a_list_of_uploads_tells_ids_that_are_good_for_their_keys(store) -> None:
    async def asking(world):
        store.answer = lambda _: (200, {}, [LISTED.encode()])
        _, _, text = await ask(world, "GET", "/kept", "encoding-type=url&uploads=")
        listed = store.sent[-1].target
        found = []
        store.answer = lambda _: (200, {}, [b""])
        for key, upload in zip(("k", "k%2B/%C3%A9"), ids(text), strict=True):
            status, _, _ = await ask(
                world, "DELETE", f"/kept/{key}", f"uploadId={urllib.parse.quote(upload)}"
            )
            found.append((status, store.sent[-1].target))
        marker = text.partition("<NextUploadIdMarker>")[2].partition("<")[0]
        store.answer = lambda _: (200, {}, [LISTED.encode()])
        await ask(
            world, "GET", "/kept", f"key-marker=k%2B%2F%C3%A9&upload-id-marker={marker}&uploads="
        )
        return listed, text, found, store.sent[-1].target

    listed, text, found, page = run(store, asking)

    assert listed == "/kept?uploads="
    assert found == [(200, "/kept/k?uploadId=raw-1"), (200, "/kept/k%2B/%C3%A9?uploadId=raw-2")]
    assert page == "/kept?key-marker=k%2B%2F%C3%A9&upload-id-marker=raw-2&uploads="
    # Who asked for encoded keys gets them, from us.
    assert "<Key>k%2B/%C3%A9</Key>" in text
    assert "<CommonPrefixes><Prefix>k%20%26</Prefix></CommonPrefixes>" in text
    assert "<EncodingType>url</EncodingType>" in text
    assert "raw-" not in text.replace(".raw-", "")


def test_the_stores_error_names_the_id_that_was_asked_about(store) -> None:
    async def asking(world):
        told = await begun(world, store)
        store.answer = lambda _: (
            404,
            {},
            [b"<Error><Code>NoSuchUpload</Code><UploadId>raw-1</UploadId></Error>"],
        )
        return told, await ask(world, "GET", "/kept/k", f"uploadId={told}")

    told, (_, code, text) = run(store, asking)

    assert code == "NoSuchUpload"
    assert ids(text) == [urllib.parse.unquote(told)]


@pytest.mark.parametrize(
    "content", [b" ", b"<oops", b"<InitiateMultipartUploadResult/>", b" " * (9 << 20)]
)
def test_an_answer_about_uploads_that_cannot_be_read_is_the_stores_fault(store, content) -> None:
    async def asking(world):
        store.answer = lambda _: (200, {}, [content])
        return await ask(world, "POST", "/kept/k", "uploads=")

    status, code, _ = run(store, asking)

    assert (status, code) == (500, "InternalError")


# Ids and beginnings of keys as text.

RULES = GateRules(
    region="us-east-1", host_names=frozenset({"gate"}), regions=frozenset({"us-east-1"})
)
OPEN = GateRules(
    region="us-east-1",
    host_names=frozenset({"gate"}),
    regions=frozenset({"us-east-1"}),
    dot_segments=True,
)
NO_ID = [
    "",
    ".",
    "..",
    "a/b",
    "a%2Fb",
    "..%2F..%2Fother%2Fk",
    "a%5Cb",
    "a%00",
    "a%0Ab",
    "a%7F",
    "%20a",
    "a" * 1025,
]
WITH_IDS = [
    ("PUT", "/bucket/k", "partNumber=1&uploadId={}"),
    ("GET", "/bucket/k", "uploadId={}"),
    ("POST", "/bucket/k", "uploadId={}"),
    # A store that takes an empty id for none deletes the object, which was never asked about.
    ("DELETE", "/bucket/k", "uploadId={}"),
    ("GET", "/bucket/k", "versionId={}"),
    ("DELETE", "/bucket/k", "versionId={}"),
    ("GET", "/bucket/k", "tagging&versionId={}"),
    ("GET", "/bucket/k", "annotation&annotationName={}"),
    ("DELETE", "/bucket/k", "annotation&annotationName={}"),
    ("DELETE", "/bucket", "metrics&id={}"),
]


def found(method, path, query, rules=RULES, headers=()):
    raw = ((b"host", b"gate"), *headers)
    return resolve_request(RawRequest(method, path.encode(), query.encode(), raw), None, rules)


@pytest.mark.parametrize("value", NO_ID)
@pytest.mark.parametrize(("method", "path", "query"), WITH_IDS)
def test_t042_gate_an_id_is_no_path(method, path, query, value) -> None:
    with pytest.raises(S3Error) as refused:
        found(method, path, query.format(value), OPEN)
    assert (refused.value.code, refused.value.status) == ("InvalidArgument", 400)


@pytest.mark.parametrize("value", [each for each in NO_ID if each])
@pytest.mark.parametrize(
    "name", ["key-marker=a&upload-id-marker", "key-marker=a&version-id-marker"]
)
def test_t042_gate_nor_is_one_that_a_page_begins_behind(name, value) -> None:
    selector = "uploads" if "upload" in name else "versions"
    with pytest.raises(S3Error):
        found("GET", "/bucket", f"{selector}&{name}={value}", OPEN)


@pytest.mark.parametrize("value", ["..%2Fa", "%20", "a%0A"])
def test_t042_gate_the_version_of_a_copys_source_is_an_id(value) -> None:
    source = f"/bucket/k?versionId={value}".encode()
    with pytest.raises(S3Error):
        found("PUT", "/bucket/k", "", OPEN, ((b"x-amz-copy-source", source),))


@pytest.mark.parametrize(
    "text", ["2~abcDEF-_.", "null", "...", ".a", "3/L4kqtJlcpXroDTDmJ".replace("/", ""), "\u00e9"]
)
def test_ids_of_real_stores_are_ids(text) -> None:
    assert request_target.is_resource_id(text)


CLIMBING = ["..", ".", "../", "a/../b", "./a", "a/.", "/..", "..%2Fother"]
LISTS = [
    ("", "prefix"),
    ("", "marker"),
    ("", "delimiter"),
    ("list-type=2", "start-after"),
    ("list-type=2", "continuation-token"),
    ("list-type=2", "prefix"),
    ("versions", "key-marker"),
    ("versions", "prefix"),
    ("uploads", "key-marker"),
    ("uploads", "delimiter"),
]


@pytest.mark.parametrize("value", CLIMBING)
@pytest.mark.parametrize(("before", "name"), LISTS)
def test_t042_gate_a_list_does_not_climb_at_a_store_that_folds_dots(before, name, value) -> None:
    query = f"{before}&{name}={value}".removeprefix("&")

    with pytest.raises(S3Error) as refused:
        found("GET", "/bucket", query)
    assert (refused.value.code, refused.value.status) == ("InvalidArgument", 400)
    assert found("GET", "/bucket", query, OPEN).arguments[name] == urllib.parse.unquote(value)


@pytest.mark.parametrize("value", ["a%00", "a" * 1025])
def test_t042_gate_a_prefix_is_the_beginning_of_a_key(value) -> None:
    with pytest.raises(S3Error):
        found("GET", "/bucket", f"prefix={value}", OPEN)


@pytest.mark.parametrize("value", ["", "a", "a/", "...", "a..b/.c", "a%0Ab", "%20", "/"])
def test_other_prefixes_are_as_they_are(value) -> None:
    assert found("GET", "/bucket", f"prefix={value}").arguments["prefix"] == urllib.parse.unquote(
        value
    )


# Keys in documents.

KEYS = [
    # key as XML, at a store that folds dots, at one that keeps them apart
    ("a", True, True),
    ("a/../b", False, True),
    ("../b", False, True),
    (".", False, True),
    ("a/..", False, True),
    ("ok/../no/secret", False, True),
    ("", False, False),
    ("k" * 1024, True, True),
    ("k" * 1025, False, False),
    ("\u20ac" * 341, True, True),
    ("\u20ac" * 342, False, False),
    ("a&#10;b", True, True),
    (" a", False, False),
    ("a&#10;", False, False),
    ("&#0;", False, False),
]


@pytest.mark.parametrize(("key", "folding", "apart"), KEYS)
def test_t042_gate_a_key_of_a_deletion_is_one_that_a_request_could_name(
    store, key, folding, apart
) -> None:
    body = f"<Delete><Object><Key>fine</Key></Object><Object><Key>{key}</Key></Object></Delete>".encode()
    for allow_dot_segments, is_fit in ((False, folding), (True, apart)):
        assert (
            run(
                store,
                lambda world, allow_dot_segments=allow_dot_segments: _delete(
                    world, store, body, allow_dot_segments
                ),
            )
            is is_fit
        )


@pytest.mark.parametrize("version", ["../1", "..", "a/b", "1&#10;", "\\"])
def test_t042_gate_a_version_of_a_deletion_is_an_id(store, version) -> None:
    body = (
        f"<Delete><Object><Key>a</Key><VersionId>{version}</VersionId></Object></Delete>".encode()
    )

    assert not run(store, lambda world: _delete(world, store, body, True))


@pytest.mark.parametrize(
    "content",
    [b" ", b"<oops", b"<DeleteResult><Deleted><Key>a</Key><Key>b</Key></Deleted></DeleteResult>"],
)
def test_what_the_store_says_of_a_deletion_and_cannot_be_read_is_the_stores_fault(
    store, content
) -> None:
    async def asking(world):
        store.answer = lambda _: (200, {}, [content])
        scope, body = _deletion(world, b"<Delete><Object><Key>a</Key></Object></Delete>")
        return await world.ask(scope, body)

    assert run(store, asking) == (500, "InternalError")


def _deletion(world, body):
    md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return world.put(
        len(body), path="/kept", method="POST", query="delete=", headers={"content-md5": md5}
    ), body


async def _delete(world, store, body, allow_dot_segments):
    """Say whether a DeleteObjects is carried out; where it is not, all of it is refused as
    malformed.
    """
    world.gate = dataclasses.replace(
        world.gate, rules=dataclasses.replace(world.gate.rules, dot_segments=allow_dot_segments)
    )
    store.sent.clear()
    store.answer = lambda _: (200, {}, [b"<DeleteResult/>"])
    status, code = await world.ask(*_deletion(world, body))
    if status == 200:
        assert len(store.sent) == 1
        return True
    assert (status, code) == (400, "MalformedXML")
    assert not store.sent
    return False


@pytest.mark.parametrize(("prefix", "status"), [("logs/", 200), ("../other/", 400)])
def test_t042_gate_a_configuration_does_not_climb_either(store, prefix, status) -> None:
    body = f"<LifecycleConfiguration><Rule><Filter><And><Prefix>{prefix}</Prefix></And></Filter></Rule></LifecycleConfiguration>".encode()
    store.answer = lambda _: (200, {}, [b""])

    assert run(store, lambda world: ask(world, "PUT", "/kept", "lifecycle=", body))[0] == status


# The probe.


class Answer:
    def __init__(self, status, content=b""):
        self.status = status
        self.headers = {}
        self.content = self
        self._left = content

    async def read(self, _size=-1):
        left, self._left = self._left, b""
        return left

    def release(self):
        pass


class Uploads:
    """A store of multipart uploads that misses what `misses` says: one operation, on another key
    or in another bucket.
    """

    is_tls = False

    def __init__(self, misses=(), *, is_deaf=False):
        self.misses, self.is_deaf = set(misses), is_deaf
        self.parts = None
        self.buckets = set()

    async def send(self, outgoing):
        _, bucket, *rest = outgoing.path.split("/", 2)
        query = urllib.parse.parse_qs(outgoing.query, keep_blank_values=True)
        if not rest:
            self.buckets.add(bucket) if outgoing.method == "PUT" else self.buckets.discard(bucket)
            return Answer(200)
        if "uploads" in query:
            self.place, self.parts = (bucket, rest[0]), {}
            return Answer(
                200,
                b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>",
            )
        if "uploadId" not in query:
            return Answer(200)
        return self._in_upload(outgoing, bucket, rest[0], query)

    def _in_upload(self, outgoing, bucket, key, query):
        is_copy = "x-amz-copy-source" in outgoing.headers
        name = {
            "GET": "list",
            "POST": "complete",
            "DELETE": "abort",
            "PUT": "copy" if is_copy else "put",
        }[outgoing.method]
        where = "bucket" if bucket != self.place[0] else "key" if key != self.place[1] else ""
        if self.parts is None or self.is_deaf or (where and (name, where) not in self.misses):
            return Answer(404)
        if name in {"put", "copy"}:
            self.parts[query["partNumber"][0]] = "e"
        if name in {"abort", "complete"}:
            self.parts = None
        parts = "".join(
            f"<Part><PartNumber>{n}</PartNumber><ETag>{e}</ETag></Part>"
            for n, e in (self.parts or {}).items()
        )
        return Answer(200, f"<ListPartsResult>{parts}</ListPartsResult>".encode())


def holds(store):
    probe = StoreProbe(store, "probe")

    async def tried():
        checks = {name: check for name, _, _, check in probe._checks()}
        return await probe._passes(checks["bound-uploads"])

    return asyncio.run(tried())


def test_the_probe_knows_a_store_that_binds_uploads() -> None:
    store = Uploads()

    assert holds(store)
    assert not store.buckets


@pytest.mark.parametrize("where", ["key", "bucket"])
@pytest.mark.parametrize("name", ["list", "put", "copy", "complete", "abort"])
def test_the_probe_finds_the_one_operation_that_takes_an_id_of_elsewhere(name, where) -> None:
    assert not holds(Uploads({(name, where)}))


def test_the_probe_is_not_satisfied_by_a_store_that_refuses_everything() -> None:
    assert not holds(Uploads(is_deaf=True))


def test_at_a_real_store_that_does_not_bind_an_id_is_no_good_elsewhere(live) -> None:
    s3 = live.client("s3")
    for bucket in ("bound-1", "bound-2"):
        s3.create_bucket(Bucket=bucket)
    upload = s3.create_multipart_upload(Bucket="bound-1", Key="k1")["UploadId"]
    [listed] = s3.list_multipart_uploads(Bucket="bound-1")["Uploads"]
    part = s3.upload_part(
        Bucket="bound-1", Key="k1", UploadId=listed["UploadId"], PartNumber=1, Body=b"1"
    )
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}

    for bucket, key in (("bound-1", "k2"), ("bound-2", "k1")):
        with pytest.raises(ClientError) as refused:
            s3.complete_multipart_upload(
                Bucket=bucket, Key=key, UploadId=upload, MultipartUpload=parts
            )
        assert refused.value.response["Error"]["Code"] == "NoSuchUpload"
    s3.complete_multipart_upload(Bucket="bound-1", Key="k1", UploadId=upload, MultipartUpload=parts)
    assert s3.get_object(Bucket="bound-1", Key="k1")["Body"].read() == b"1"
