"""A store behind the gate that misbehaves: nothing of it becomes a success, nor the client's
fault, nor a traceback.

Every operation whose answer the gate reads meets every way to answer wrongly. What a store says of
itself honestly keeps its code, in however many pieces it comes. What a store answers is read by one
process, whoever else there is: two workers meet its wrong answers in the operations alone that name
what the other one may have issued, and a store that is away.
"""

import base64
import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.campaign.faults._node import ENDED, HANGS, Node, running
from tests.campaign.faults._parts import TWO_WORKERS, Findings, tracebacks, until
from tests.campaign.faults._store import RESET, Store, chunked, http, usual

from daypass.gate.store.probe import BOUND_UPLOADS, StoreFinding
from daypass.server.operator import store_check

NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
ENVIRON = {
    "DAYPASS_S3_ACCESS_KEY_ID": "store",
    "DAYPASS_S3_SECRET_ACCESS_KEY": "only the gate knows this",
}
READY_SECONDS_MAX = 20.0
KEYS = [f"{at:04}" + "k" * 400 for at in range(1000)]


@dataclass(frozen=True)
class Operation:
    """A request, and the answer that a good store gives to it."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: tuple = ()
    good: bytes = b""


def element(name, content):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} {NS}>{content}</{name}>'.encode()


def deletion(keys, *, is_quiet=False):
    """Return DeleteObjects of these keys; a quiet one's good answer is empty."""
    entries = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
    body = f"<Delete {NS}>{entries}{'<Quiet>true</Quiet>' if is_quiet else ''}</Delete>".encode()
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()  # noqa: S324 - S3's own check
    deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
    return Operation(
        "POST",
        "/kept",
        "delete=",
        body,
        (("content-md5", digest), ("content-type", "application/xml")),
        element("DeleteResult", "" if is_quiet else deleted),
    )


def operations(upload):
    """Return the operations whose answers the gate has to understand; `upload` is an upload's id
    as the gate gave it.
    """
    complete = f"<CompleteMultipartUpload {NS}><Part><ETag>&quot;1&quot;</ETag><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>".encode()
    owner = "<Owner><ID>o</ID></Owner>"
    return {
        "DeleteObjects": deletion(["a", "b"]),
        "a quiet DeleteObjects": deletion(["a", "b"], is_quiet=True),
        "CompleteMultipartUpload": Operation("POST", "/kept/k", f"uploadId={upload}", complete, (("content-type", "application/xml"),), element("CompleteMultipartUploadResult", "<Location>l</Location><Bucket>kept</Bucket><Key>k</Key><ETag>&quot;1-1&quot;</ETag>")),
        "CopyObject": Operation("PUT", "/kept/k", headers=(("x-amz-copy-source", "/kept/source"),), good=element("CopyObjectResult", "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;1&quot;</ETag>")),
        "CreateMultipartUpload": Operation("POST", "/kept/k", "uploads=", good=element("InitiateMultipartUploadResult", "<Bucket>kept</Bucket><Key>k</Key><UploadId>u</UploadId>")),
        "ListObjectsV2": Operation("GET", "/kept", "list-type=2", good=element("ListBucketResult", "<Name>kept</Name><Prefix></Prefix><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>")),
        "ListObjects": Operation("GET", "/kept", good=element("ListBucketResult", "<Name>kept</Name><Prefix></Prefix><Marker></Marker><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>")),
        "ListObjectVersions": Operation("GET", "/kept", "versions=", good=element("ListVersionsResult", "<Name>kept</Name><Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>")),
        "ListParts": Operation("GET", "/kept/k", f"uploadId={upload}", good=element("ListPartsResult", f"<Bucket>kept</Bucket><Key>k</Key><UploadId>u</UploadId>{owner}<PartNumberMarker>0</PartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated>")),
        "ListMultipartUploads": Operation("GET", "/kept", "uploads=", good=element("ListMultipartUploadsResult", "<Bucket>kept</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker><MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>")),
        "GetObjectTagging": Operation("GET", "/kept/k", "tagging=", good=element("Tagging", "<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>")),
    }  # fmt: skip


def error(code, padding=0):
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>{code}</Code><Message>{'m' * (padding or 3)}</Message><Resource>/k</Resource></Error>".encode()


WRONG = {
    "an empty body": lambda good: http(200),
    "a page of HTML": lambda good: http(200, b"<html><body>welcome</body></html>"),
    "text": lambda good: http(200, b"done"),
    "JSON": lambda good: http(200, b'{"ok":true}'),
    "another root element": lambda good: http(200, element("SomethingElse", "")),
    "bad UTF-8": lambda good: http(200, good[:-20] + b"\xff\xfe" + good[-20:]),
    "NUL bytes": lambda good: http(200, b"\0" * 200),
    "half a document": lambda good: http(200, good[: len(good) // 2]),
    "two documents": lambda good: http(200, good + good),
    "a cut body": lambda good: http(200, good[: len(good) // 2], length=len(good)),
    "a cut body, reset": lambda good: [*http(200, good[: len(good) // 2], length=len(good)), RESET],
    "chunks without an end": lambda good: chunked(200, good, pieces=4, is_ended=False),
    "a broken chunk": lambda good: [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    "an error under a 200": lambda good: http(200, error("InternalError")),
    "a slow error under a 200": lambda good: http(
        200, b" \n" * 50 + error("InternalError"), pieces=40
    ),
    "no answer": lambda good: [],
    "a reset": lambda good: [RESET],
    "half a head": lambda good: [b"HTTP/1.1 200 OK\r\nContent-Le"],
    "no HTTP": lambda good: [b"SSH-2.0-OpenSSH_9.2\r\n"],
    "a head without an end": lambda good: [b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 5_000],
    "a number that is none": lambda good: [b"HTTP/1.1 999999 OK\r\n\r\n"],
    "two lengths": lambda good: [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"
    ],
    "a redirect": lambda good: http(307, headers=(("Location", "http://127.0.0.1:1/"),)),
    "500 with HTML": lambda good: http(500, b"<html>oops</html>"),
    "a refusal of the gate's key": lambda good: http(403, error("InvalidAccessKeyId")),
    "a refusal of the gate's signature": lambda good: http(
        403, error("SignatureDoesNotMatch"), pieces=20
    ),
}
WITHOUT_A_BODY = ("two documents",)
"""What a listing may pass on: its bytes are the store's, and the client reads the first
document."""
OF_TWO = ("CompleteMultipartUpload", "ListParts")
"""Operations that name an upload by the id that the gate gave it."""
QUIET = {"an empty body"}
"""Some stores say no word of a quiet deletion that succeeded."""


def client_codes(name):
    """Return an honest error for an operation, with its status, that has to keep its code."""
    return {
        "CompleteMultipartUpload": ("NoSuchUpload", 404),
        "ListParts": ("NoSuchUpload", 404),
        "CopyObject": ("NoSuchKey", 404),
        "GetObjectTagging": ("NoSuchKey", 404),
    }.get(name, ("NoSuchBucket", 404))


class Trial:
    """The gate before a store, and what was found."""

    def __init__(self, node, store):
        self.node, self.store, self.findings = node, store, Findings()

    def ask(self, operation, segments):
        """Send an operation's request; the store answers with these segments."""
        self.store.answer = lambda method, target: (
            segments
            if method == operation.method and "location" not in target
            else usual(method, target)
        )
        self.findings.count += 1
        try:
            return self.node.request(
                operation.method,
                operation.path,
                operation.body,
                query=operation.query,
                headers=dict(operation.headers),
            )
        finally:
            self.store.answer = usual

    def wrong(self, name, operation, ways):
        """Answer wrongly in every way: each is a 5xx."""
        for way in ways:
            if way in WITHOUT_A_BODY and operation.method == "GET":
                continue
            if name == "a quiet DeleteObjects" and way in QUIET:
                continue
            answer = self.ask(operation, WRONG[way](operation.good))
            case = f"{name}, {way}: {answer.status} {answer.code}"
            if answer.status == HANGS:
                self.findings.add("requests that hang", case)
            elif answer.status == ENDED:
                # An answer that had begun ends early: the client sees that.
                if operation.method != "GET":
                    self.findings.add("connections that end without an answer", case)
            elif answer.is_ok and not re.search(r"<Error>|<Code>", answer.body):
                self.findings.add("false successes", case)
            elif answer.status < 500 and not answer.is_ok:
                self.findings.add("faults of the store told as the client's", case)

    def right(self, name, operation):
        """Answer rightly, whole, in pieces and in chunks: each is a success with all that it
        says.
        """
        forms = {
            "whole": http(200, operation.good),
            "in pieces": http(200, operation.good, pieces=40),
            "in chunks": chunked(200, operation.good, pieces=40),
        }
        for form, segments in forms.items():
            answer = self.ask(operation, segments)
            if not answer.is_ok:
                self.findings.add(
                    "right answers that are refused",
                    f"{name}, {form}: {answer.status} {answer.code}",
                )
        code, status = client_codes(name)
        for form, pieces, padding in (
            ("whole", 1, 0),
            ("in pieces", 40, 0),
            ("long, in pieces", 40, 12_000),
        ):
            answer = self.ask(operation, http(status, error(code, padding), pieces=pieces))
            if (answer.status, answer.code) != (status, code):
                self.findings.add(
                    "errors that lose their code",
                    f"{name}, {code} {form}: {answer.status} {answer.code}",
                )

    def large(self):
        """Delete a thousand keys that take some 500 KB to name: all of them are told."""
        operation = deletion(KEYS)
        for pieces in (1, 200):
            answer = self.ask(operation, http(200, operation.good, pieces=pieces))
            if not answer.is_ok or answer.every("Key") != KEYS:
                self.findings.add(
                    "right answers that are refused",
                    f"DeleteObjects of 1,000 keys in {pieces} pieces: {answer.status} "
                    f"{answer.code}",
                )

    def body(self):
        """Cut an object's body: the client never takes it for whole."""
        get = Operation("GET", "/kept/k")
        content = b"x" * 200_000
        cuts = {
            "closed": http(200, content[:-1], length=len(content), pieces=8),
            "reset": [*http(200, content[:-1], length=len(content), pieces=8), RESET],
            "chunks": chunked(200, content, pieces=8, is_ended=False),
        }
        for name, segments in cuts.items():
            answer = self.ask(get, segments)
            if answer.is_ok:
                self.findings.add("false successes", f"GetObject cut: {name}")

    def unreachable(self):
        """Take the store away: `/readyz`, the terminal and the client say so, and all is well
        when it is back.
        """
        self.store.close()
        before = len(self.node.said)
        answer = self.node.request("GET", "/kept/k")
        self.findings.count += 1
        if answer.status != 503 or "rate" in answer.body:
            self.findings.add(
                "a store that is away and not said to be",
                f"the client: {answer.status} {answer.body[-200:]}",
            )
        if not self.node.becomes_ready(503, seconds=READY_SECONDS_MAX):
            self.findings.add("a store that is away and not said to be", "/readyz")
        if not until(lambda: "store" in self.node.said[before:], READY_SECONDS_MAX):
            self.findings.add("a store that is away and not said to be", "standard error")
        self.store.open()
        if not self.node.becomes_ready(seconds=READY_SECONDS_MAX):
            self.findings.add("a store that is back and not served", "/readyz")
        answer = self.node.request("GET", "/kept/k")
        if not answer.is_ok:
            self.findings.add(
                "a store that is back and not served",
                f"an object: {answer.status} {answer.body[-200:]}",
            )


def upload(node, store):
    """Begin a multipart upload; return its id as the gate gives it."""
    good = element(
        "InitiateMultipartUploadResult", "<Bucket>kept</Bucket><Key>k</Key><UploadId>u</UploadId>"
    )
    store.answer = lambda method, target: http(200, good)
    return node.request("POST", "/kept/k", query="uploads=")["UploadId"]


def behind(folder, store, *options):
    """Return a node whose gate stands before the store, with a bucket called `kept`."""
    node = Node(folder, *options, "--s3", store.url, "--s3-adopt", "kept", environ=ENVIRON)
    node.data.mkdir(mode=0o700)
    store_check.write_findings(
        node.data, store.url, [StoreFinding(BOUND_UPLOADS, "", False, True)], now=0
    )
    return node


def campaign(folder, *, names=None, ways=WRONG, with_outage=True, options=()):
    """Try a store's ways on the operations; return the findings."""
    store = Store()
    try:
        with running(behind(Path(folder), store, *options)) as node:
            trial = Trial(node, store)
            for name, operation in operations(upload(node, store)).items():
                if names and name not in names:
                    continue
                trial.right(name, operation)
                trial.wrong(name, operation, ways)
            trial.large()
            trial.body()
            if with_outage:
                trial.unreachable()
            for line in tracebacks(node.said):
                trial.findings.add("tracebacks", line)
            return trial.findings
    finally:
        store.close()


KINDS = (
    "false successes",
    "faults of the store told as the client's",
    "errors that lose their code",
    "right answers that are refused",
    "requests that hang",
    "connections that end without an answer",
    "a store that is away and not said to be",
    "a store that is back and not served",
    "tracebacks",
)


def figures():
    """Yield the figures of a store that misbehaves."""
    trials = {"": ({}, 250), "two workers: ": ({"names": OF_TWO, "options": TWO_WORKERS}, 50)}
    for server, (how, least) in trials.items():
        with tempfile.TemporaryDirectory() as folder:
            findings = campaign(folder, **how)
        yield f"{server}answers of a store", findings.count, f">= {least}"
        yield from findings.figures(KINDS, server)
