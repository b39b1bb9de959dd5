"""Operations on existing objects: list, read, restore, change encryption, delete."""

from collections.abc import Iterator

from daypass.gate.decision import condition_keys
from daypass.gate.decision.permissions import Permission, target_permission
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.operations.operation import GuardedHeaders, Operation
from daypass.gate.protocol import expected_results
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import not_implemented
from daypass.gate.protocol.expected_results import ExpectedResult
from daypass.gate.request.operation_row import Conditions, DecidedBy, Level
from daypass.gate.request.query_parameters import RESPONSE_HEADERS
from daypass.gate.request.resolved_request import ResolvedRequest

VERSION = frozenset({"versionId"})
KEY_LIST_ARGUMENTS = frozenset({"prefix", "delimiter", "encoding-type"})
"""Query arguments of every list of keys."""
_BYPASS_HEADER = "x-amz-bypass-governance-retention"
_GUARDED_HEADERS = (
    GuardedHeaders("GetObjectTagging", "GetObjectVersionTagging", ("x-amz-tagging-count",)),
    GuardedHeaders(
        "GetObjectRetention",
        "GetObjectRetention",
        ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"),
    ),
    GuardedHeaders("GetObjectLegalHold", "GetObjectLegalHold", ("x-amz-object-lock-legal-hold",)),
)


def bypass_permission(
    request: ResolvedRequest, facts: RequestFacts, keys: ConditionKeys
) -> Iterator[Permission]:
    """Yield the permission to bypass governance retention if the request asks to bypass it."""
    if _BYPASS_HEADER in request.headers:
        yield target_permission("BypassGovernanceRetention", request, facts, keys)


def if_match_permission(
    request: ResolvedRequest, facts: RequestFacts, keys: ConditionKeys
) -> Iterator[Permission]:
    """Yield the permission to read an object if the write depends on its current ETag.

    Otherwise the result of the write would reveal the object's content to somebody who may not read
    it.
    """
    if request.headers.get("if-match", "*") != "*":
        yield target_permission("GetObject", request, facts, keys)


def _attributes_permission(
    request: ResolvedRequest, facts: RequestFacts, keys: ConditionKeys
) -> Iterator[Permission]:
    version = "" if request.version_id is None else "Version"
    yield target_permission(f"GetObject{version}Attributes", request, facts, keys)


def _deletion_permissions(
    request: ResolvedRequest, facts: RequestFacts, keys: ConditionKeys
) -> Iterator[Permission]:
    yield from if_match_permission(request, facts, keys)
    yield from bypass_permission(request, facts, keys)


def _deletion_keys(request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    return condition_keys.header_keys(request.headers, "if-match")


def _encryption_keys(_request: ResolvedRequest, facts: RequestFacts) -> ConditionKeys:
    encryption = (
        None if facts.document is None else next(facts.document.children_named("SSE-KMS"), None)
    )
    if encryption is None:
        return {}
    keys: ConditionKeys = {"s3:x-amz-server-side-encryption": "aws:kms"}
    key = encryption.child_text("KMSKeyArn")
    return keys | ({"s3:x-amz-server-side-encryption-aws-kms-key-id": key} if key else {})


def _refuse_select(document: XMLElement) -> None:
    if any(child.name in {"SelectParameters", "OutputLocation"} for child in document.children):
        raise not_implemented("RestoreObject with a select")


def _list_keys(request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    return condition_keys.argument_keys(request, "prefix", "delimiter", "max-keys")


HEAD_OBJECT = Operation(
    "HeadObject",
    Level.OBJECT,
    "HEAD",
    "",
    "GetObject",
    "GetObjectVersion",
    may_be_anonymous=True,
    arguments=VERSION | RESPONSE_HEADERS | {"partNumber"},
    guarded_headers=_GUARDED_HEADERS,
    result=expected_results.OBJECT_BYTES,
)
OPERATIONS = (
    Operation(
        "ListObjects",
        Level.BUCKET,
        "GET",
        "",
        "ListBucket",
        may_be_anonymous=True,
        arguments=KEY_LIST_ARGUMENTS | {"marker", "max-keys"},
        condition_keys=_list_keys,
        result=expected_results.page_result("ListBucketResult"),
    ),
    Operation(
        "ListObjectsV2",
        Level.BUCKET,
        "GET",
        "",
        "ListBucket",
        may_be_anonymous=True,
        arguments=KEY_LIST_ARGUMENTS
        | {"list-type", "max-keys", "continuation-token", "start-after", "fetch-owner"},
        marker_arguments=frozenset({"list-type"}),
        fixed_arguments={"list-type": "2"},
        condition_keys=_list_keys,
        result=expected_results.page_result("ListBucketResult"),
    ),
    Operation(
        "ListObjectVersions",
        Level.BUCKET,
        "GET",
        "versions",
        "ListBucketVersions",
        arguments=KEY_LIST_ARGUMENTS | {"key-marker", "version-id-marker", "max-keys"},
        condition_keys=_list_keys,
        result=expected_results.page_result("ListVersionsResult"),
    ),
    Operation(
        "GetObject",
        Level.OBJECT,
        "GET",
        "",
        "GetObject",
        "GetObjectVersion",
        may_be_anonymous=True,
        arguments=VERSION | RESPONSE_HEADERS | {"partNumber"},
        guarded_headers=_GUARDED_HEADERS,
        result=expected_results.OBJECT_BYTES,
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
        permissions=_attributes_permission,
        result=expected_results.document_result("GetObjectAttributesResponse"),
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
        fixed_arguments={"select-type": "2"},
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
        permissions=_deletion_permissions,
        condition_keys=_deletion_keys,
        result=expected_results.LOCKABLE,
    ),
    Operation(
        "RestoreObject",
        Level.OBJECT,
        "POST",
        "restore",
        "RestoreObject",
        arguments=VERSION,
        body="xml",
        check_document=_refuse_select,
        result=ExpectedResult(statuses=frozenset({200, 202})),
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
