"""An object as it is: read, described, restored, encrypted otherwise, deleted."""

from collections.abc import Iterator

from daypass.gate.decision import condition_keys
from daypass.gate.decision.permissions import Permission, on_target
from daypass.gate.decision.request_facts import Facts, Keys
from daypass.gate.operations.operation import GuardedHeaders, Operation
from daypass.gate.protocol import expected_results
from daypass.gate.protocol.documents import Element
from daypass.gate.protocol.errors import unimplemented
from daypass.gate.protocol.expected_results import Result
from daypass.gate.request.operation_row import Conditions, DecidedBy, Level
from daypass.gate.request.query_parameters import RESPONSE
from daypass.gate.request.resolved_request import Resolved

VERSION = frozenset({"versionId"})
_BYPASS = "x-amz-bypass-governance-retention"
_GUARDED = (
    GuardedHeaders("GetObjectTagging", "GetObjectVersionTagging", ("x-amz-tagging-count",)),
    GuardedHeaders(
        "GetObjectRetention",
        "GetObjectRetention",
        ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"),
    ),
    GuardedHeaders("GetObjectLegalHold", "GetObjectLegalHold", ("x-amz-object-lock-legal-hold",)),
)


def bypass(request: Resolved, facts: Facts, given: Keys) -> Iterator[Permission]:
    """Yield the permission to override a retention, where a request asks for that."""
    if _BYPASS in request.headers:
        yield on_target("BypassGovernanceRetention", request, facts, given)


def comparison(request: Resolved, facts: Facts, given: Keys) -> Iterator[Permission]:
    """Yield what a write needs that happens if the object is a certain one.

    Otherwise a write would tell what an object holds to somebody who may not read it.
    """
    if request.headers.get("if-match", "*") != "*":
        yield on_target("GetObject", request, facts, given)


def _of_attributes(request: Resolved, facts: Facts, given: Keys) -> Iterator[Permission]:
    version = "" if request.version_id is None else "Version"
    yield on_target(f"GetObject{version}Attributes", request, facts, given)


def _of_deletion(request: Resolved, facts: Facts, given: Keys) -> Iterator[Permission]:
    yield from comparison(request, facts, given)
    yield from bypass(request, facts, given)


def _deletion_keys(request: Resolved, _facts: Facts) -> Keys:
    return condition_keys.of_headers(request.headers, "if-match")


def _encryption_keys(_request: Resolved, facts: Facts) -> Keys:
    wanted = None if facts.document is None else next(facts.document.all("SSE-KMS"), None)
    if wanted is None:
        return {}
    keys: Keys = {"s3:x-amz-server-side-encryption": "aws:kms"}
    key = wanted.one("KMSKeyArn")
    return keys | ({"s3:x-amz-server-side-encryption-aws-kms-key-id": key} if key else {})


def _no_select(document: Element) -> None:
    if any(child.name in {"SelectParameters", "OutputLocation"} for child in document.children):
        raise unimplemented("RestoreObject with a select")


HEAD_OBJECT = Operation(
    "HeadObject",
    Level.OBJECT,
    "HEAD",
    "",
    "GetObject",
    "GetObjectVersion",
    may_be_anonymous=True,
    arguments=VERSION | RESPONSE | {"partNumber"},
    guarded_headers=_GUARDED,
    result=expected_results.BYTES,
)
OPERATIONS = (
    Operation(
        "GetObject",
        Level.OBJECT,
        "GET",
        "",
        "GetObject",
        "GetObjectVersion",
        may_be_anonymous=True,
        arguments=VERSION | RESPONSE | {"partNumber"},
        guarded_headers=_GUARDED,
        result=expected_results.BYTES,
    ),
    HEAD_OBJECT,
    Operation(
        "GetObjectAttributes",
        Level.OBJECT,
        "GET",
        "attributes",
        "GetObject",
        "GetObjectVersion",
        arguments=VERSION,
        permissions=_of_attributes,
        result=expected_results.document("GetObjectAttributesResponse"),
    ),
    Operation(
        "GetObjectTorrent",
        Level.OBJECT,
        "GET",
        "torrent",
        "GetObjectTorrent",
        "GetObjectVersionTorrent",
        arguments=VERSION,
        result=expected_results.STREAM,
    ),
    Operation(
        "SelectObjectContent",
        Level.OBJECT,
        "POST",
        "select",
        "GetObject",
        arguments=frozenset({"select-type"}),
        fixed={"select-type": "2"},
        body="xml",
        is_read_by_post=True,
        result=expected_results.STREAM,
    ),
    Operation(
        "DeleteObject",
        Level.OBJECT,
        "DELETE",
        "",
        "DeleteObject",
        "DeleteObjectVersion",
        arguments=VERSION,
        conditions=Conditions.HEADERS,
        permissions=_of_deletion,
        condition_keys=_deletion_keys,
        result=expected_results.LOCKED,
    ),
    Operation(
        "RestoreObject",
        Level.OBJECT,
        "POST",
        "restore",
        "RestoreObject",
        arguments=VERSION,
        body="xml",
        check_document=_no_select,
        result=Result(statuses=frozenset({200, 202})),
    ),
    Operation(
        "UpdateObjectEncryption",
        Level.OBJECT,
        "PUT",
        "encryption",
        "UpdateObjectEncryption",
        arguments=VERSION,
        decided_by=DecidedBy.DOCUMENT,
        body="xml",
        condition_keys=_encryption_keys,
    ),
)
