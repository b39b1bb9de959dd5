"""A store's answer that is neither a success nor an error of S3's becomes InternalError."""

import base64
import hashlib

import pytest

from daypass.gate import limits
from daypass.gate.operations.table import OPERATIONS
from daypass.gate.request.operation_row import Handling, Level
from daypass.gate.store.findings import StoreFinding
from daypass.gate.store.probe import BOUND_UPLOADS
from daypass.gate.store.watch import ABSENT_BUCKET
from daypass.server.operator import store_check

from .conftest import support
from .hostile_store import CUT, RESET, HostileStore, answer, ask

HTML = b"<html><body>Welcome to the hotel</body></html>"


@pytest.fixture(scope="module")
def hostile():
    """A store that says what a test wants, byte for byte."""
    store = HostileStore()
    says(store, answer())
    yield store
    store.close()


@pytest.fixture(scope="module")
def misled(hostile, tmp_path_factory):
    """An authority whose gate stands in front of it, with a bucket called `kept`."""
    path = tmp_path_factory.mktemp("hostile") / "data"
    path.mkdir(mode=0o700)
    store_check.write_findings(
        path, hostile.url, [StoreFinding(BOUND_UPLOADS, "", False, True)], now=0
    )
    yield from support.serving(path, hostile.url, s3_adopt=("kept",))


def says(hostile, *pieces):
    """Make the store answer so, except for the gate's watch, which has found it sound."""
    sound = [answer(b"<Error><Code>NoSuchBucket</Code></Error>", 404)]
    hostile.says = lambda _method, target: (
        sound if target.startswith(f"/{ABSENT_BUCKET}?") else pieces
    )


PARTS = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>1</ETag></Part></CompleteMultipartUpload>"
COPY = {"x-amz-copy-source": "/kept/a"}


def deletion(*keys, quiet=False):
    """Return the body and the headers of a DeleteObjects."""
    objects = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
    body = f"<Delete>{objects}<Quiet>{str(quiet).lower()}</Quiet></Delete>".encode()
    md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return body, {"Content-MD5": md5}


# Method, target, body, headers, and a document that the operation takes for a success.
DOCUMENTS = {
    "ListObjectsV2": ("GET", "/kept?list-type=2", b"", {}, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
    "ListObjects": ("GET", "/kept", b"", {}, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
    "ListObjectVersions": ("GET", "/kept?versions", b"", {}, b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>"),
    "ListMultipartUploads": ("GET", "/kept?uploads", b"", {}, b"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"),
    "ListParts": ("GET", "/kept/a?uploadId=u", b"", {}, b"<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>"),
    "CreateMultipartUpload": ("POST", "/kept/a?uploads", b"", {}, b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"),
    "CompleteMultipartUpload": ("POST", "/kept/a?uploadId=u", PARTS, {}, b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>"),
    "CopyObject": ("PUT", "/kept/a", b"", COPY, b"<CopyObjectResult><ETag>1</ETag></CopyObjectResult>"),
    "UploadPartCopy": ("PUT", "/kept/a?partNumber=1&uploadId=u", b"", COPY, b"<CopyPartResult><ETag>1</ETag></CopyPartResult>"),
    "DeleteObjects": ("POST", "/kept?delete", *deletion("a"), b"<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>"),
    "GetObjectTagging": ("GET", "/kept/a?tagging", b"", {}, b"<Tagging><TagSet/></Tagging>"),
    "GetObjectAttributes": ("GET", "/kept/a?attributes", b"", {"x-amz-object-attributes": "ETag"}, b"<GetObjectAttributesResponse/>"),
    "GetBucketVersioning": ("GET", "/kept?versioning", b"", {}, b"<VersioningConfiguration/>"),
    "GetBucketCors": ("GET", "/kept?cors", b"", {}, b"<CORSConfiguration/>"),
    "GetBucketLifecycleConfiguration": ("GET", "/kept?lifecycle", b"", {}, b"<LifecycleConfiguration/>"),
}  # fmt: skip
WITHOUT = {
    "PutObject": ("PUT", "/kept/a", b"x", {}),
    "UploadPart": ("PUT", "/kept/a?partNumber=1&uploadId=u", b"x", {}),
    "DeleteObject": ("DELETE", "/kept/a", b"", {}),
    "AbortMultipartUpload": ("DELETE", "/kept/a?uploadId=u", b"", {}),
    "DeleteBucket": ("DELETE", "/kept", b"", {}),
    "CreateBucket": ("PUT", "/another", b"", {}),
    "PutObjectTagging": ("PUT", "/kept/a?tagging", b"<Tagging><TagSet/></Tagging>", {}),
    "DeleteObjectTagging": ("DELETE", "/kept/a?tagging", b"", {}),
}  # fmt: skip


def is_trouble(found):
    """Say whether an answer is an error of ours that a client tries again: by its status or,
    once that has gone out, its document.
    """
    status, content = found
    code = content.partition(b"<Code>")[2].partition(b"</Code>")[0]
    return status in {200, 500, 503} and code in {b"InternalError", b"ServiceUnavailable"}


@pytest.mark.parametrize("operation", DOCUMENTS)
def test_the_document_of_a_success_passes(hostile, misled, operation) -> None:
    method, target, body, headers, document = DOCUMENTS[operation]
    says(hostile, answer(b"<?xml version='1.0' encoding='UTF-8'?>\n" + document))

    status, content = ask(misled, method, target, body, headers)

    assert (status, b"<Error>" in content) == (200, False)


@pytest.mark.parametrize("operation", DOCUMENTS)
def test_an_answer_in_pieces_is_the_same_answer(hostile, misled, operation) -> None:
    method, target, body, headers, document = DOCUMENTS[operation]
    whole = answer(document)
    says(hostile, *(whole[at : at + 1] for at in range(len(whole))))

    status, content = ask(misled, method, target, body, headers)

    assert (status, b"<Error>" in content) == (200, False)


NO_ANSWERS = {
    "empty": answer(),
    "blank": answer(b" \n"),
    "a page": answer(HTML),
    "another document": answer(b"<Other/>"),
    "a beginning": answer(b"<ListBucketResult><IsTruncated>false</IsTruncated>"),
    "two documents": answer(b"<Tagging><TagSet/></Tagging><Tagging/>"),
    "a DTD": answer(b"<!DOCTYPE x [<!ENTITY e 'x'>]><Tagging><TagSet/></Tagging>"),
    "shorter than it says": answer(b"<Tagging>", length=100),
    "another status": answer(b"<Tagging><TagSet/></Tagging>", 207),
    "a redirect without a place": answer(b"", 302),
    "a client's fault without a document": answer(b"", 400),
    "not found, by a proxy": answer(HTML, 404),
    "forbidden, by a proxy": answer(HTML, 403),
    "an error of two codes": answer(b"<Error><Code>NoSuchKey</Code><Code>InvalidArgument</Code></Error>", 400),
    "an error cut off": answer(b"<Error><Code>NoSuchKey</Code>", 404, length=100),
    "trouble": answer(HTML, 502),
    "no HTTP": b"* OK IMAP4rev1 ready\r\n",
}  # fmt: skip


@pytest.mark.parametrize("operation", DOCUMENTS)
@pytest.mark.parametrize("what", NO_ANSWERS)
def test_what_cannot_be_understood_is_trouble_of_ours(hostile, misled, operation, what) -> None:
    if operation == "GetObjectTagging" and what in {"a DTD", "two documents"}:
        assert NO_ANSWERS[what].count(b"Tagging") > 1
    method, target, body, headers, _ = DOCUMENTS[operation]
    says(hostile, NO_ANSWERS[what])

    assert is_trouble(ask(misled, method, target, body, headers))


@pytest.mark.parametrize(
    "operation", [name for name, each in DOCUMENTS.items() if OPERATIONS[name].result.texts]
)
def test_a_document_without_what_it_is_for_is_no_success(hostile, misled, operation) -> None:
    method, target, body, headers, document = DOCUMENTS[operation]
    root = document[1:].partition(b">")[0]
    child = OPERATIONS[operation].result.texts[0].encode()
    for emptied in (b"<%b/>" % root, b"<%b><%b/></%b>" % (root, child, root)):
        says(hostile, answer(emptied))

        assert is_trouble(ask(misled, method, target, body, headers))


@pytest.mark.parametrize("operation", WITHOUT)
@pytest.mark.parametrize(
    "what",
    [
        "a page",
        "another document",
        "another status",
        "shorter than it says",
        "not found, by a proxy",
        "no HTTP",
    ],
)
def test_a_page_in_place_of_an_empty_answer_is_no_success(hostile, misled, operation, what) -> None:
    method, target, body, headers = WITHOUT[operation]
    says(hostile, NO_ANSWERS[what])

    assert is_trouble(ask(misled, method, target, body, headers))


@pytest.mark.parametrize("operation", ["PutObject", "UploadPart", "GetObject"])
def test_an_answer_without_an_etag_is_no_success(hostile, misled, operation) -> None:
    method, target, body, headers = WITHOUT.get(operation, ("GET", "/kept/a", b"", {}))
    says(hostile, answer(headers={"ETag": ""}))

    assert is_trouble(ask(misled, method, target, body, headers))


@pytest.mark.parametrize("operation", DOCUMENTS)
def test_an_error_under_a_success_is_an_error(hostile, misled, operation) -> None:
    method, target, body, headers, _ = DOCUMENTS[operation]
    says(hostile, answer(b"<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>"))

    status, content = ask(misled, method, target, body, headers)

    assert (status, b"<Code>NoSuchBucket</Code>" in content) == (404, True)


def test_an_error_in_pieces_keeps_its_code(hostile, misled) -> None:
    whole = answer(b"<Error><Code>NoSuchUpload</Code><Message>over</Message></Error>", 404)
    says(hostile, *(whole[at : at + 1] for at in range(len(whole))))

    status, content = ask(misled, "GET", "/kept/a?uploadId=u")

    assert (status, b"<Code>NoSuchUpload</Code>" in content) == (404, True)


def test_a_deletion_of_a_thousand_long_keys_is_told_whole(hostile, misled) -> None:
    keys = [f"{number:04}{'k' * 1000}" for number in range(1000)]
    told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys).encode()
    whole = answer(b"<DeleteResult>" + told + b"</DeleteResult>")
    says(hostile, *(whole[at : at + 8000] for at in range(0, len(whole), 8000)))

    status, content = ask(misled, "POST", "/kept?delete", *deletion(*keys))

    assert (status, content.count(b"<Deleted>")) == (200, 1000)


@pytest.mark.parametrize("told", [[], ["a"], ["a", "c"]])
def test_a_deletion_that_is_silent_about_a_key_is_no_success_for_it(hostile, misled, told) -> None:
    entries = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in told).encode()
    says(hostile, answer(b"<DeleteResult>" + entries + b"</DeleteResult>"))

    status, content = ask(misled, "POST", "/kept?delete", *deletion("a", "b", quiet=True))

    assert status == 200
    assert b"<Error><Key>b</Key><Code>InternalError</Code>" in content


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (b"InternalError", b"We encountered an internal error. Please try again."),
        (b"SlowDown", b"Please reduce your request rate."),
        (b"ServiceUnavailable", b"We encountered an internal error. Please try again."),
        (b"InvalidArgument", b"osd.17 is down"),
    ],
)
def test_the_words_of_a_stores_server_error_for_a_key_are_not_passed_on(
    hostile, misled, code, told
) -> None:
    reported = (
        b"<Error><Key>a</Key><VersionId>1</VersionId><Code>%b</Code>"
        b"<Message>osd.17 is down</Message></Error>" % code
    )
    says(hostile, answer(b"<DeleteResult>" + reported + b"</DeleteResult>"))

    status, content = ask(misled, "POST", "/kept?delete", *deletion("a"))

    assert status == 200
    named = b"<Error><Key>a</Key><VersionId>1</VersionId><Code>%b</Code>" % code
    assert named + b"<Message>%b</Message></Error>" % told in content


@pytest.mark.parametrize("piece", [b"<html>", b"<Error>"])
def test_once_white_space_has_gone_out_trouble_is_told_in_the_document(
    hostile, misled, piece
) -> None:
    says(hostile, answer(length=1000), b"<?xml version='1.0'?>\n", b" " * 10, piece)

    status, content = ask(misled, *DOCUMENTS["CompleteMultipartUpload"][:4])

    assert is_trouble((status, content))
    assert content.strip().endswith(b"</Error>")


def test_an_answer_that_is_too_long_is_not_kept(hostile, misled) -> None:
    says(hostile, answer(b"<ListBucketResult>" + b" " * limits.RESULT_BYTES_MAX))

    assert is_trouble(ask(misled, "GET", "/kept?list-type=2"))


# Objects.

CUTS = {
    "before its first byte": [answer(length=100)],
    "in the middle": [answer(b"x" * 50, length=100)],
    "by a reset": [answer(b"x" * 50, length=100), RESET],
    "in a chunk": [answer(b"5\r\nxx", length="", headers={"Transfer-Encoding": "chunked"})],
    "before the last chunk": [answer(b"2\r\nxx\r\n", length="", headers={"Transfer-Encoding": "chunked"})],
    "of unknown length": [answer(b"x" * 50, length="", headers={"Connection": "close"})],
}  # fmt: skip


@pytest.mark.parametrize("cut", CUTS)
def test_an_object_that_a_store_cuts_is_never_whole_and_nobody_gets_a_traceback(
    hostile, misled, cut, caplog, capfd
) -> None:
    says(hostile, *CUTS[cut])

    status, content = ask(misled, "GET", "/kept/a")

    assert status == CUT or is_trouble((status, content))
    assert caplog.records == []
    assert capfd.readouterr().err == ""


def test_a_cut_object_stands_in_the_log(hostile, misled) -> None:
    says(hostile, answer(b"x" * 50, length=100))

    ask(misled, "GET", "/kept/a")

    last = misled.data.audit.path.read_bytes().splitlines()[-1]
    assert b'"outcome":"ServiceUnavailable"' in last
    assert b"ended in the middle" in last


# Every operation.


def test_every_answer_that_is_asked_of_a_store_has_a_description() -> None:
    """An operation whose output has members outside headers has a document or is a stream; all
    others have neither.
    """
    from botocore.loaders import Loader

    model = Loader().load_service_model("s3", "service-2")
    described = {}
    for name, row in OPERATIONS.items():
        if row.handling in {Handling.FORWARDED, Handling.READS_FORWARDED} and row.method != "HEAD":
            output = model["operations"][name].get("output", {}).get("shape")
            members = model["shapes"][output]["members"] if output else {}
            described[name] = any(not member.get("location") for member in members.values())

    found = {
        name: bool(OPERATIONS[name].result.roots) or OPERATIONS[name].result.is_stream
        for name in described
    }

    # It may answer with its names, or without.
    described["PutObjectAnnotation"] = False
    assert found == described
    assert {row.level for row in OPERATIONS.values()} == set(Level)
