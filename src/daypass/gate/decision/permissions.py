"""Permissions on buckets and objects: action, resource, owner and condition keys of one decision.

`gate.operations` says which of them a request requires. Sources: service authorization reference,
Amazon S3; S3 user guide, "Required permissions for Amazon S3 API operations".
"""

from collections.abc import Mapping

import msgspec

from daypass.core.domain.bucket import Bucket
from daypass.gate.decision import condition_keys
from daypass.gate.decision.request_facts import ConditionKeys, ObjectName, RequestFacts
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import CopySource, ResolvedRequest

NO_CONDITION_KEYS: ConditionKeys = {}


class Permission(msgspec.Struct, frozen=True):
    """An action on a resource with its condition keys; `account` owns the resource."""

    action: str
    resource: str
    account: str
    keys: Mapping[str, str | tuple[str, ...]]
    unread_tags: ObjectName | None = None
    """The object whose existing tags policies may ask about and that were not read; else None."""


def target_permission(
    action: str,
    request: ResolvedRequest,
    facts: RequestFacts,
    keys: ConditionKeys = NO_CONDITION_KEYS,
) -> Permission:
    """Return the permission for an action on the request's object, or its bucket without a key."""
    bucket, key = facts.bucket, request.target.key
    assert bucket is not None  # noqa: S101 - the gate has found it before it asks
    if key is None:
        return bucket_permission(action, bucket, facts, keys)
    return object_permission(
        action, bucket, ObjectName(bucket.name, key, request.version_id), facts, keys
    )


def bucket_permission(
    action: str, bucket: Bucket, facts: RequestFacts, keys: ConditionKeys = NO_CONDITION_KEYS
) -> Permission:
    """Return the permission for an action on a bucket."""
    all_keys = {**condition_keys.bucket_keys(bucket), **facts.signature_keys, **keys}
    return Permission(f"s3:{action}", bucket.arn, bucket.owner, all_keys)


def object_permission(
    action: str,
    bucket: Bucket,
    name: ObjectName,
    facts: RequestFacts,
    keys: ConditionKeys = NO_CONDITION_KEYS,
) -> Permission:
    """Return the permission for an action on an object, with tags if the action has them."""
    all_keys = {**condition_keys.bucket_keys(bucket), **facts.signature_keys, **keys}
    unread_tags = None
    if condition_keys.has_existing_tag_keys(action):
        tags = facts.tags.get(name)
        unread_tags = name if tags is None else None
        all_keys |= (
            condition_keys.existing_tag_keys(tags) if tags is not None else NO_CONDITION_KEYS
        )
    if "Version" in action and name.version_id is not None:
        all_keys["s3:versionid"] = name.version_id
    return Permission(
        f"s3:{action}", f"{bucket.arn}/{name.key}", bucket.owner, all_keys, unread_tags
    )


def source_permissions(request: ResolvedRequest, facts: RequestFacts) -> tuple[Permission, ...]:
    """Return the permission to read a copy's source; empty for a request without one.

    It has the source's version, and none of the keys of the write.
    """
    source, bucket = request.source, facts.source_bucket
    if source is None:
        return ()
    if bucket is None:
        raise S3Error(
            "NoSuchBucket",
            "The specified bucket does not exist",
            details={"BucketName": source.bucket},
        )
    action = "GetObject" if source.version_id is None else "GetObjectVersion"
    return (object_permission(action, bucket, source_object_name(source), facts),)


def source_object_name(source: CopySource) -> ObjectName:
    """Return the name of the object that a copy reads."""
    return ObjectName(source.bucket, source.key, source.version_id)


def listing_permissions(request: ResolvedRequest, facts: RequestFacts) -> tuple[Permission, ...]:
    """Return the permissions that a caller needs to be told that an object does not exist."""
    version = request.source.version_id if request.source else request.version_id
    action = "ListBucket" if version is None else "ListBucketVersions"
    buckets = (facts.bucket, facts.source_bucket)
    return tuple(
        bucket_permission(action, bucket, facts) for bucket in buckets if bucket is not None
    )
