"""Tags: those of objects are kept by the store, those of buckets in the gate's own records."""

from functools import partial

from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import condition_keys
from daypass.gate.decision.permissions import NO_KEYS, Permission, on_target
from daypass.gate.decision.request_facts import Facts, Keys
from daypass.gate.operations.bucket_answers import bucket_of, change, show
from daypass.gate.operations.objects import VERSION
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import documents, expected_results
from daypass.gate.request.operation_row import DecidedBy, Handling, Level
from daypass.gate.request.resolved_request import Resolved
from daypass.gate.request_context import Asked
from daypass.state.snapshot.directory import Directory


def _object_keys(_request: Resolved, facts: Facts) -> Keys:
    if facts.document is None:
        return {}
    return condition_keys.of_object_tags(documents.of_object(documents.tags_of(facts.document)))


def _of_tags_that_decide(request: Resolved, facts: Facts) -> tuple[Permission, ...]:
    """Return what new tags of a bucket need while tags decide who may what in it; else empty.

    Whoever may only tag buckets would otherwise label one into a grant of its own.
    """
    bucket = bucket_of(facts)
    if not bucket.abac:
        return ()
    pairs = () if facts.document is None else documents.tags_of(facts.document)
    stays = {key for key, _ in pairs}
    going = [tag.key for tag in bucket.tags if tag.key not in stays]
    found = [] if facts.document is None else [("TagResource", condition_keys.of_new_tags(pairs))]
    found += [("UntagResource", condition_keys.of_tag_keys((key,))) for key in going]
    return tuple(
        on_target(action, request, facts, given)
        for action, given in found or [("UntagResource", NO_KEYS)]
    )


def _tags(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.tags(bucket)


def _with_tags(bucket: Bucket, asked: Asked, facts: Facts) -> Bucket:
    return bucket_records.tagged(bucket, documents.tagging(facts.body), asked.directory)


def _without_tags(bucket: Bucket, _asked: Asked, _facts: Facts) -> Bucket:
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
        answer=partial(show, _tags),
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
        permissions_instead=_of_tags_that_decide,
        answer=partial(change, _with_tags),
    ),
    Operation(
        "DeleteBucketTagging",
        Level.BUCKET,
        "DELETE",
        "tagging",
        "PutBucketTagging",
        handling=Handling.ANSWERED_HERE,
        permissions_instead=_of_tags_that_decide,
        answer=partial(change, _without_tags),
    ),
)
