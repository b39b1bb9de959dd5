"""Tagging operations: the store keeps objects' tags, the gate's records keep buckets' tags."""

from functools import partial

from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import condition_keys
from daypass.gate.decision.permissions import NO_CONDITION_KEYS, Permission, target_permission
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.operations.bucket_answers import answer_change, answer_document, bucket_record
from daypass.gate.operations.objects import VERSION
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import expected_results, tag_sets
from daypass.gate.request.operation_row import DecidedBy, Handling, Level
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext
from daypass.state.snapshot.directory import Directory


def _object_keys(_request: ResolvedRequest, facts: RequestFacts) -> ConditionKeys:
    if facts.document is None:
        return {}
    return condition_keys.new_object_tag_keys(
        tag_sets.checked_object_tags(tag_sets.tagging_tags(facts.document))
    )


def _abac_tag_permissions(request: ResolvedRequest, facts: RequestFacts) -> tuple[Permission, ...]:
    """Return the permissions that new tags need while the bucket's tags decide access.

    Empty while they do not. Otherwise a caller who may only tag buckets could tag one into a grant
    of its own.
    """
    bucket = bucket_record(facts)
    if not bucket.abac:
        return ()
    pairs = () if facts.document is None else tag_sets.tagging_tags(facts.document)
    kept_keys = {key for key, _ in pairs}
    removed_keys = [tag.key for tag in bucket.tags if tag.key not in kept_keys]
    changes = (
        []
        if facts.document is None
        else [("TagResource", condition_keys.new_bucket_tag_keys(pairs))]
    )
    changes += [("UntagResource", condition_keys.changed_tag_keys((key,))) for key in removed_keys]
    return tuple(
        target_permission(action, request, facts, keys)
        for action, keys in changes or [("UntagResource", NO_CONDITION_KEYS)]
    )


def _tags_document(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.tags_document(bucket)


def _with_tags(bucket: Bucket, ctx: RequestContext, facts: RequestFacts) -> Bucket:
    return bucket_records.with_tags(bucket, tag_sets.parse_tagging(facts.body), ctx.directory)


def _without_tags(bucket: Bucket, _ctx: RequestContext, _facts: RequestFacts) -> Bucket:
    return replace(bucket, tags=())


OPERATIONS = (
    Operation(
        "GetObjectTagging",
        Level.OBJECT,
        "GET",
        "tagging",
        "GetObjectTagging",
        "GetObjectVersionTagging",
        arguments=VERSION,
        result=expected_results.TAGGING,
    ),
    Operation(
        "PutObjectTagging",
        Level.OBJECT,
        "PUT",
        "tagging",
        "PutObjectTagging",
        "PutObjectVersionTagging",
        decided_by=DecidedBy.DOCUMENT,
        arguments=VERSION,
        body="xml",
        condition_keys=_object_keys,
    ),
    Operation(
        "DeleteObjectTagging",
        Level.OBJECT,
        "DELETE",
        "tagging",
        "DeleteObjectTagging",
        "DeleteObjectVersionTagging",
        arguments=VERSION,
    ),
    Operation(
        "GetBucketTagging",
        Level.BUCKET,
        "GET",
        "tagging",
        "GetBucketTagging",
        handling=Handling.ANSWERED_HERE,
        answer=partial(answer_document, _tags_document),
    ),
    Operation(
        "PutBucketTagging",
        Level.BUCKET,
        "PUT",
        "tagging",
        "PutBucketTagging",
        handling=Handling.ANSWERED_HERE,
        decided_by=DecidedBy.DOCUMENT,
        body="xml",
        replacement_permissions=_abac_tag_permissions,
        answer=partial(answer_change, _with_tags),
    ),
    Operation(
        "DeleteBucketTagging",
        Level.BUCKET,
        "DELETE",
        "tagging",
        "PutBucketTagging",
        handling=Handling.ANSWERED_HERE,
        replacement_permissions=_abac_tag_permissions,
        answer=partial(answer_change, _without_tags),
    ),
)
