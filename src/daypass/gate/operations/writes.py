"""New objects in one request: uploads, a browser's form, copies."""

from collections.abc import Iterator, Mapping

from daypass.gate.decision import condition_keys, existing_tags
from daypass.gate.decision.condition_keys import ACL, EVENT_HOLD, RETENTION
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.permissions import Permission, named, on_object, on_target
from daypass.gate.decision.request_facts import Facts, Keys, ObjectName
from daypass.gate.operations.objects import comparison
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import documents, expected_results
from daypass.gate.request.operation_row import Conditions, Handling, Level
from daypass.gate.request.resolved_request import Resolved
from daypass.gate.request_context import Asked

_DESCRIBED = (
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
_TAGS, _ANNOTATIONS = "x-amz-tagging-directive", "x-amz-object-annotation-directive"


# What every new object may ask for.


def of_new_object(request: Resolved, facts: Facts, given: Keys) -> Iterator[Permission]:
    """Yield what the headers of a new object need: an ACL, tags, a lock, a comparison."""
    headers, actions = request.headers, []
    if any(header in headers for header in ACL):
        actions.append("PutObjectAcl")
    if _tags(request):
        actions.append("PutObjectTagging")
    if any(
        name == "x-amz-object-lock-mode" or name.startswith((RETENTION, EVENT_HOLD))
        for name in headers
    ):
        actions.append("PutObjectRetention")
    if "x-amz-object-lock-legal-hold" in headers:
        actions.append("PutObjectLegalHold")
    for action in actions:
        yield on_target(action, request, facts, given)
    yield from comparison(request, facts, given)


def new_object_keys(request: Resolved, facts: Facts) -> Keys:
    """Return the keys of the headers that say what an object will be."""
    headers = request.headers
    keys = condition_keys.of_headers(headers, *ACL, *_DESCRIBED)
    keys |= condition_keys.of_lock(
        mode=headers.get("x-amz-object-lock-mode"),
        until=headers.get(RETENTION),
        hold=headers.get("x-amz-object-lock-legal-hold"),
        event=headers.get(EVENT_HOLD),
        days=headers.get(f"{EVENT_HOLD}-duration-days"),
        years=headers.get(f"{EVENT_HOLD}-duration-years"),
        now=facts.now,
    )
    tags = _tags(request)
    return keys | (condition_keys.of_object_tags(documents.tags_of_header(tags)) if tags else {})


def _tags(request: Resolved) -> str:
    """Return the tags that the object will have by the request: a copy may keep its source's."""
    keeps = request.row.copies and request.headers.get(_TAGS) != "REPLACE"
    return "" if keeps else request.headers.get("x-amz-tagging", "")


def creation_keys(request: Resolved, *, is_whole: bool) -> Keys:
    """Return the keys of every write; `is_whole` says whether there is an object after it."""
    keys: Keys = {"s3:objectcreationoperation": "true" if is_whole else "false"}
    if request.source is not None:
        keys["s3:x-amz-copy-source"] = f"{request.source.bucket}/{request.source.key}"
    return keys


def whole_keys(request: Resolved, _facts: Facts) -> Keys:
    """Return the keys of a write after which there is an object."""
    conditions = condition_keys.of_headers(request.headers, "if-match", "if-none-match")
    return creation_keys(request, is_whole=True) | conditions


def _upload_keys(request: Resolved, facts: Facts) -> Keys:
    return new_object_keys(request, facts) | whole_keys(request, facts)


def _rename_keys(request: Resolved, _facts: Facts) -> Keys:
    return creation_keys(request, is_whole=False)


# What a copy carries along.


def _copy_keys(request: Resolved, facts: Facts) -> Keys:
    directives = condition_keys.of_headers(
        request.headers, "x-amz-metadata-directive", _ANNOTATIONS
    )
    return _upload_keys(request, facts) | directives


def copied_tags(request: Resolved, facts: Facts) -> tuple[Permission, ...]:
    """Return what a copy needs if the source has tags and they are copied along."""
    if request.headers.get(_TAGS) == "REPLACE":
        return ()
    return _copied(request, facts, "Tagging")


def copied_annotations(request: Resolved, facts: Facts) -> tuple[Permission, ...]:
    """Return what a copy needs to carry its source's annotations along."""
    if request.headers.get(_ANNOTATIONS, "COPY") == "EXCLUDE":
        return ()
    return _copied(request, facts, "Annotation")


def _copied(request: Resolved, facts: Facts, what: str) -> tuple[Permission, ...]:
    bucket, source, into = facts.source_bucket, request.source, facts.bucket
    if source is None or bucket is None or into is None:
        return ()
    version = "" if source.version_id is None else "Version"
    target = ObjectName(into.name, request.target.key or "")
    return (
        on_object(f"GetObject{version}{what}", bucket, named(source), facts),
        on_object(f"PutObject{what}", into, target, facts),
    )


def _tags_and_annotations(request: Resolved, facts: Facts) -> tuple[Permission, ...]:
    return (*copied_tags(request, facts), *copied_annotations(request, facts))


async def _left_behind(
    asked: Asked, authorizer: Authorizer, facts: Facts
) -> Mapping[str, str | None]:
    """Return the directives of a copy that leaves behind what the caller may not carry along."""
    found: dict[str, str | None] = {}
    if await _leaves_tags(asked, authorizer, facts):
        # Forwarded with `REPLACE`, no tag can slip in between.
        found[_TAGS] = "REPLACE"
    annotations = copied_annotations(asked.resolved, facts)
    if annotations and not asked.gate.capabilities.annotations:
        found[_ANNOTATIONS] = None
    elif annotations and not authorizer.allows(*annotations):
        found[_ANNOTATIONS] = "EXCLUDE"
    return found


async def _leaves_tags(asked: Asked, authorizer: Authorizer, facts: Facts) -> bool:
    """Say whether a copy leaves tags behind: the caller may not carry any along, and none is there.

    Raises `S3Error` AccessDenied where there are some.
    """
    source, wanted = asked.resolved.source, copied_tags(asked.resolved, facts)
    refused = next(
        (found for each in wanted if (found := authorizer.refused(each)) is not None), None
    )
    if refused is None or source is None:
        return False
    tags = facts.tags.get(named(source)) or await existing_tags.read(
        asked.gate.store, named(source)
    )
    if tags.pairs:
        raise refused
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
"""A browser's upload, as it arrives: the model does not have it."""
FORM_UPLOAD = Operation(
    "PostObject",
    Level.OBJECT,
    "PUT",
    "",
    "PutObject",
    modelled_as="PutObject",
    body="stream",
    conditions=Conditions.HEADERS,
    permissions=of_new_object,
    condition_keys=_upload_keys,
    result=expected_results.WRITTEN,
)
"""The same once its fields are read: an upload like any other."""
OPERATIONS = (
    Operation(
        "PutObject",
        Level.OBJECT,
        "PUT",
        "",
        "PutObject",
        body="stream",
        conditions=Conditions.HEADERS,
        permissions=of_new_object,
        condition_keys=_upload_keys,
        result=expected_results.WRITTEN,
    ),
    Operation(
        "CopyObject",
        Level.OBJECT,
        "PUT",
        "",
        "PutObject",
        copies=True,
        conditions=Conditions.HEADERS,
        permissions=of_new_object,
        condition_keys=_copy_keys,
        carried_along=_tags_and_annotations,
        directives=_left_behind,
        result=expected_results.document("CopyObjectResult", texts=("ETag",), is_late=True),
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
