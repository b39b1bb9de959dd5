"""Conditions on writes: strictly parsed, and forwarded only to a store that honours them."""

import asyncio
import importlib.util
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from daypass.core.http.request import RawRequest
from daypass.gate.operations.table import resolve_request
from daypass.gate.protocol import documents
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import GateRules
from daypass.gate.store.findings import StoreFinding
from daypass.gate.store.probe import BOUND_UPLOADS, StoreProbe
from daypass.gate.store.probe_preconditions import PreconditionProbe, finding_name
from daypass.gate.store.upstream import ObjectStore, StoreCredential
from daypass.server.operator import store_check

_spec = importlib.util.spec_from_file_location("support", Path(__file__).parents[1] / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)

SPELLINGS = [
    ("PutObject", "if-none-match", "*", True),
    ("PutObject", "if-none-match", '"x"', False),
    ("PutObject", "if-none-match", '"*"', False),
    ("PutObject", "if-none-match", "*, *", False),
    ("PutObject", "if-none-match", "%2A", False),
    ("PutObject", "if-none-match", "", False),
    ("CopyObject", "if-none-match", '"x"', False),
    ("CompleteMultipartUpload", "if-none-match", '"x"', False),
    ("PostObject", "if-none-match", '"x"', False),
    ("GetObject", "if-none-match", '"x", "y"', True),
    ("PutObject", "if-match", "*", True),
    ("PutObject", "if-match", '"d41d8cd98f00b204e9800998ecf8427e-3"', True),
    ("PutObject", "if-match", "d41d8cd98f00b204e9800998ecf8427e", True),
    ("PutObject", "if-match", '"x", "y"', False),
    ("PutObject", "if-match", "x,y", False),
    ("PutObject", "if-match", 'W/"x"', False),
    ("PutObject", "if-match", "%2A", False),
    ("PutObject", "if-match", '"x', False),
    ("PutObject", "if-match", "", False),
    ("PutObject", "if-match", "**", False),
    ("DeleteObject", "if-match", '"x"', True),
    ("DeleteObject", "if-match", '"x", "y"', False),
    ("HeadObject", "if-match", '"x", "y"', True),
]


REQUESTS = {
    "PutObject": ("PUT", "/bucket/k", "", {}),
    "CopyObject": ("PUT", "/bucket/k", "", {"x-amz-copy-source": "bucket/s"}),
    "CompleteMultipartUpload": ("POST", "/bucket/k", "uploadId=u", {}),
    "PostObject": ("POST", "/bucket", "", {"content-type": "multipart/form-data; boundary=b"}),
    "GetObject": ("GET", "/bucket/k", "", {}),
    "HeadObject": ("HEAD", "/bucket/k", "", {}),
    "DeleteObject": ("DELETE", "/bucket/k", "", {}),
}
RULES = GateRules(
    region="us-east-1", host_names=frozenset({"gate"}), regions=frozenset({"us-east-1"})
)


def recognised(operation, conditions):
    """Return which operation it is that is asked for with conditions."""
    method, path, query, headers = REQUESTS[operation]
    pairs = {"host": "gate", **headers, **conditions}.items()
    raw = tuple((name.encode(), value.encode()) for name, value in pairs)
    return resolve_request(
        RawRequest(method, path.encode(), query.encode(), raw), None, RULES
    ).row.name


@pytest.mark.parametrize(("operation", "name", "value", "is_taken"), SPELLINGS)
def test_t432_gate_a_condition_on_a_write_has_one_spelling(
    operation, name, value, is_taken
) -> None:
    if is_taken:
        assert recognised(operation, {name: value}) == operation
        return
    with pytest.raises(S3Error) as error:
        recognised(operation, {name: value})

    assert (error.value.code, error.value.status) == ("NotImplemented", 501)


def test_two_conditions_on_one_write_are_one_too_many() -> None:
    with pytest.raises(S3Error):
        recognised("PutObject", {"if-match": '"x"', "if-none-match": "*"})


@pytest.mark.parametrize("tag", ["x,y", "%2A", 'W/"x"', ""])
def test_an_entry_of_a_deletion_compares_with_one_tag(tag) -> None:
    body = f"<Delete><Object><Key>a</Key><ETag>{tag}</ETag></Object></Delete>".encode()

    with pytest.raises(S3Error, match="well-formed"):
        documents.parse_deletion(documents.parse_xml(body))


# At the gate.

CALLS = {
    "PutObject": ("put_object", {"IfNoneMatch": "*"}),
    "CopyObject": ("copy_object", {"CopySource": "kept/b", "IfNoneMatch": "*"}),
    "CompleteMultipartUpload": (
        "complete_multipart_upload",
        {
            "UploadId": "u",
            "MultipartUpload": {"Parts": [{"ETag": "1", "PartNumber": 1}]},
            "IfNoneMatch": "*",
        },
    ),
    "DeleteObject": ("delete_object", {"IfMatch": '"1"'}),
    "DeleteObjects": ("delete_objects", {"Delete": {"Objects": [{"Key": "a", "ETag": '"1"'}]}}),
}


def call(live, operation):
    name, params = CALLS[operation]
    key = {} if operation == "DeleteObjects" else {"Key": "a"}
    return getattr(live.client("s3"), name)(Bucket="kept", **key, **params)


@pytest.mark.parametrize("operation", CALLS)
def test_a_store_that_did_not_show_it_gets_no_conditional_write(behind, said, operation) -> None:
    with pytest.raises(ClientError) as error:
        call(behind, operation)

    assert error.value.response["Error"]["Code"] == "NotImplemented"
    assert not said.sent


@pytest.fixture(scope="module")
def proved(recording, tmp_path_factory):
    """An authority in front of a store that was found to honour conditions on everything but
    copies.
    """
    path = tmp_path_factory.mktemp("proved") / "data"
    path.mkdir(mode=0o700)
    findings = [StoreFinding(finding_name(name), "", False, name != "CopyObject") for name in CALLS]
    # Its ids of uploads go through as they are.
    findings.append(StoreFinding(BOUND_UPLOADS, "", False, True))
    store_check.write_findings(path, recording.url, findings, now=0)
    yield from support.serving(path, recording.url, s3_adopt=("kept",))


RESULTS = {
    "CompleteMultipartUpload": b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>",
    "DeleteObjects": b"<DeleteResult/>",
}


@pytest.mark.parametrize("operation", CALLS)
def test_a_store_that_showed_it_gets_conditional_writes(proved, said, operation) -> None:
    said.answer = lambda _: (200, {}, [RESULTS.get(operation, b"")])
    if operation == "CopyObject":
        with pytest.raises(ClientError, match="NotImplemented"):
            call(proved, operation)
        return

    call(proved, operation)

    [sent] = said.sent
    if operation == "DeleteObjects":
        assert b'<ETag>"1"</ETag>' in sent.body
    else:
        assert sent.headers.get("if-none-match", sent.headers.get("if-match")) in {"*", '"1"'}


def test_t432_gate_a_policy_that_forbids_overwriting_is_not_satisfied_by_another_tag(
    proved, said
) -> None:
    once = {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": "*",
        "Condition": {"Null": {"s3:if-none-match": "false"}},
    }
    s3 = proved.client("s3", proved.user("writes-once", once))
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.put_object(Bucket="kept", Key="a", Body=b"x", IfNoneMatch='"x"')

    assert not said.sent
    s3.put_object(Bucket="kept", Key="a", Body=b"x", IfNoneMatch="*")
    assert said.sent[0].headers["if-none-match"] == "*"


# The probe.


class Compares:
    """A store that honours conditions on some operations and does everything else at once."""

    def __init__(self, honours):
        self.honours, self.objects = honours, {}

    def __call__(self, sent):
        parts = urlsplit(sent.target)
        query, key = parse_qs(parts.query, keep_blank_values=True), parts.path
        operation = self.operation(sent, query)
        exists = key in self.objects
        fails = (sent.headers.get("if-none-match") == "*" and exists) or (
            "if-match" in sent.headers and exists
        )
        if operation in self.honours and fails:
            return 412, {}, [b""]
        return self.do(operation, key, sent)

    @staticmethod
    def operation(sent, query):
        if "delete" in query:
            return "DeleteObjects"
        if "uploads" in query:
            return "CreateMultipartUpload"
        if "uploadId" in query:
            return {"POST": "CompleteMultipartUpload", "PUT": "UploadPart"}.get(sent.method, "")
        if sent.method == "PUT":
            return "CopyObject" if "x-amz-copy-source" in sent.headers else "PutObject"
        return {"DELETE": "DeleteObject", "GET": "GetObject"}[sent.method]

    def do(self, operation, key, sent):
        if operation == "GetObject":
            return (200, {}, [self.objects[key]]) if key in self.objects else (404, {}, [b""])
        if operation == "CreateMultipartUpload":
            return 200, {}, [b"<R><UploadId>u</UploadId></R>"]
        if operation == "DeleteObject":
            self.objects.pop(key, None)
        elif operation == "DeleteObjects":
            if "DeleteObjects" not in self.honours:
                self.objects.clear()
        elif operation == "CompleteMultipartUpload":
            self.objects[key] = b"parts"
        elif operation in {"PutObject", "CopyObject"}:
            self.objects[key] = sent.body
        return 200, {"ETag": '"1"'}, [b""]


async def found(url):
    store = ObjectStore(url, StoreCredential("k", "s", "us-east-1"), clock=lambda: 0.0)
    async with store:
        checks = PreconditionProbe(store, StoreProbe(store, "b")).checks()
        return {operation for operation, check in checks.items() if await check()}


@pytest.mark.parametrize(
    "honours",
    [set(), set(CALLS), *({each} for each in CALLS), *(set(CALLS) - {each} for each in CALLS)],
    ids=lambda honours: ", ".join(sorted(honours)) or "none",
)
def test_the_probe_finds_on_which_writes_a_store_honours_conditions(said, honours) -> None:
    said.answer = Compares(honours)

    assert asyncio.run(found(said.url)) == honours


def test_what_was_found_is_there_for_the_next_start(tmp_path) -> None:
    findings = [StoreFinding(finding_name(name), "", False, name == "PutObject") for name in CALLS]
    store_check.write_findings(tmp_path, "http://s", findings, now=0)

    kept = store_check.read_findings(tmp_path, "http://s")
    assert kept.capabilities.preconditions == {"PutObject", "PostObject"}
    (tmp_path / store_check.FILE_NAME).write_text(
        json.dumps({"url": "http://s", "checked": 0, "holds": {}})
    )
    assert store_check.read_findings(tmp_path, "http://s").capabilities.preconditions == frozenset()
