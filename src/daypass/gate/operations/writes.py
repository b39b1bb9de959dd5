"""Operations that create an object in one request: uploads, browsers' forms, copies."""

from collections.abc import Iterator, Mapping

from daypass.gate.decision import condition_keys, existing_tags
from daypass.gate.decision.condition_keys import ACL_HEADERS, EVENT_HOLD_HEADER, RETENTION_HEADER
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.permissions import (
    Permission,
    object_permission,
    source_object_name,
    target_permission,
)
from daypass.gate.decision.request_facts import ConditionKeys, ObjectName, RequestFacts
from daypass.gate.operations.objects import if_match_permission
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import expected_results, tag_sets
from daypass.gate.request.operation_row import Conditions, Handling, Level
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext

_PROPERTY_HEADERS = (
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
_TAGGING_DIRECTIVE, _ANNOTATION_DIRECTIVE = (
    "x-amz-tagging-directive",
    "x-amz-object-annotation-directive",
)


# Permissions and condition keys of every new object.


def new_object_permissions(
    request: ResolvedRequest, facts: RequestFacts, keys: ConditionKeys
) -> Iterator[Permission]:
    """Yield the permissions for a new object's headers: ACL, tags, lock, `If-Match`."""
    headers, actions = request.headers, []
    if any(header in headers for header in ACL_HEADERS):
        actions.append("PutObjectAcl")
    if _tag_header(request):
        actions.append("PutObjectTagging")
    if any(
        name == "x-amz-object-lock-mode" or name.startswith((RETENTION_HEADER, EVENT_HOLD_HEADER))
        for name in headers
    ):
        actions.append("PutObjectRetention")
    if "x-amz-object-lock-legal-hold" in headers:
        actions.append("PutObjectLegalHold")
    for action in actions:
        yield target_permission(action, request, facts, keys)
    yield from if_match_permission(request, facts, keys)


def new_object_keys(request: ResolvedRequest, facts: RequestFacts) -> ConditionKeys:
    """Return the condition keys of the headers that describe a new object."""
    headers = request.headers
    keys = condition_keys.header_keys(headers, *ACL_HEADERS, *_PROPERTY_HEADERS)
    keys |= condition_keys.object_lock_keys(
        mode=headers.get("x-amz-object-lock-mode"),
        until=headers.get(RETENTION_HEADER),
        hold=headers.get("x-amz-object-lock-legal-hold"),
        event=headers.get(EVENT_HOLD_HEADER),
        days=headers.get(f"{EVENT_HOLD_HEADER}-duration-days"),
        years=headers.get(f"{EVENT_HOLD_HEADER}-duration-years"),
        now=facts.now,
    )
    tags = _tag_header(request)
    return keys | (
        condition_keys.new_object_tag_keys(tag_sets.parse_tag_header(tags)) if tags else {}
    )


def _tag_header(request: ResolvedRequest) -> str:
    """Return the new object's `x-amz-tagging`; empty if a copy keeps its source's tags."""
    keeps = request.row.is_copy and request.headers.get(_TAGGING_DIRECTIVE) != "REPLACE"
    return "" if keeps else request.headers.get("x-amz-tagging", "")


def creation_keys(request: ResolvedRequest, *, creates_object: bool) -> ConditionKeys:
    """Return the condition keys of every write; a part's `creates_object` is False."""
    keys: ConditionKeys = {"s3:objectcreationoperation": "true" if creates_object else "false"}
    if request.source is not None:
        keys["s3:x-amz-copy-source"] = f"{request.source.bucket}/{request.source.key}"
    return keys


def completed_object_keys(request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    """Return the condition keys of a write that creates a complete object."""
    conditions = condition_keys.header_keys(request.headers, "if-match", "if-none-match")
    return creation_keys(request, creates_object=True) | conditions


def _upload_keys(request: ResolvedRequest, facts: RequestFacts) -> ConditionKeys:
    return new_object_keys(request, facts) | completed_object_keys(request, facts)


def _rename_keys(request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    return creation_keys(request, creates_object=False)


# Tags and annotations of a copy.


def _copy_keys(request: ResolvedRequest, facts: RequestFacts) -> ConditionKeys:
    directives = condition_keys.header_keys(
        request.headers, "x-amz-metadata-directive", _ANNOTATION_DIRECTIVE
    )
    return _upload_keys(request, facts) | directives


def copied_tag_permissions(request: ResolvedRequest, facts: RequestFacts) -> tuple[Permission, ...]:
    """Return the permissions to copy the source's tags; empty if the copy replaces them."""
    if request.headers.get(_TAGGING_DIRECTIVE) == "REPLACE":
        return ()
    return _copied_metadata_permissions(request, facts, "Tagging")


def copied_annotation_permissions(
    request: ResolvedRequest, facts: RequestFacts
) -> tuple[Permission, ...]:
    """Return the permissions to copy the source's annotations; empty if the copy excludes them."""
    if request.headers.get(_ANNOTATION_DIRECTIVE, "COPY") == "EXCLUDE":
        return ()
    return _copied_metadata_permissions(request, facts, "Annotation")


def _copied_metadata_permissions(
    request: ResolvedRequest, facts: RequestFacts, what: str
) -> tuple[Permission, ...]:
    bucket, source, into = facts.source_bucket, request.source, facts.bucket
    if source is None or bucket is None or into is None:
        return ()
    version = "" if source.version_id is None else "Version"
    target = ObjectName(into.name, request.target.key or "")
    return (
        object_permission(f"GetObject{version}{what}", bucket, source_object_name(source), facts),
        object_permission(f"PutObject{what}", into, target, facts),
    )


def _tag_and_annotation_permissions(
    request: ResolvedRequest, facts: RequestFacts
) -> tuple[Permission, ...]:
    return (*copied_tag_permissions(request, facts), *copied_annotation_permissions(request, facts))


async def _copy_directives(
    ctx: RequestContext, authorizer: Authorizer, facts: RequestFacts
) -> Mapping[str, str | None]:
    """Return directives that leave behind the metadata which the caller may not copy."""
    directives: dict[str, str | None] = {}
    if await _must_drop_tags(ctx, authorizer, facts):
        # With `REPLACE` a tag that is added meanwhile is not copied.
        directives[_TAGGING_DIRECTIVE] = "REPLACE"
    annotations = copied_annotation_permissions(ctx.resolved, facts)
    if annotations and not ctx.gate.capabilities.annotations:
        directives[_ANNOTATION_DIRECTIVE] = None
    elif annotations and not authorizer.allows(*annotations):
        directives[_ANNOTATION_DIRECTIVE] = "EXCLUDE"
    return directives


async def _must_drop_tags(ctx: RequestContext, authorizer: Authorizer, facts: RequestFacts) -> bool:
    """Say whether a copy must drop tags: the caller may not copy tags, and the source has none.

    Raises `S3Error` AccessDenied if the source has tags.
    """
    source, permissions = ctx.resolved.source, copied_tag_permissions(ctx.resolved, facts)
    refusal = next(
        (found for each in permissions if (found := authorizer.refusal(each)) is not None), None
    )
    if refusal is None or source is None:
        return False
    tags = facts.tags.get(source_object_name(source)) or await existing_tags.read_object_tags(
        ctx.gate.store, source_object_name(source)
    )
    if tags.pairs:
        raise refusal
    return True


FORM = Operation(
    "PostObject",
    Level.BUCKET,
    "POST",
    "",
    "PutObject",
    modelled_as="PutObject",
    body="form",
    conditions=Conditions.HEADERS,
)
"""A browser's upload form as it arrives; botocore's model does not have it."""
FORM_UPLOAD = Operation(
    "PostObject",
    Level.OBJECT,
    "PUT",
    "",
    "PutObject",
    modelled_as="PutObject",
    body="stream",
    conditions=Conditions.HEADERS,
    permissions=new_object_permissions,
    condition_keys=_upload_keys,
    result=expected_results.WITH_ETAG,
)
"""The upload that a form becomes once its fields are read."""
OPERATIONS = (
    Operation(
        "PutObject",
        Level.OBJECT,
        "PUT",
        "",
        "PutObject",
        body="stream",
        conditions=Conditions.HEADERS,
        permissions=new_object_permissions,
        condition_keys=_upload_keys,
        result=expected_results.WITH_ETAG,
    ),
    Operation(
        "CopyObject",
        Level.OBJECT,
        "PUT",
        "",
        "PutObject",
        is_copy=True,
        conditions=Conditions.HEADERS,
        permissions=new_object_permissions,
        condition_keys=_copy_keys,
        copied_metadata_permissions=_tag_and_annotation_permissions,
        replaced_headers=_copy_directives,
        result=expected_results.document_result("CopyObjectResult", texts=("ETag",), is_late=True),
    ),
    Operation(
        "RenameObject",
        Level.OBJECT,
        "PUT",
        "renameObject",
        "PutObject",
        handling=Handling.REFUSED,
        arguments=frozenset({"versionId"}),
        condition_keys=_rename_keys,
    ),
)
