"""Condition keys of S3, made from a bucket's record, headers, arguments and tags.

Which keys an operation has is in its row. A key without a value is absent. Values are the resolved
ones, which are also forwarded; a header, parameter or body that merely has the name of a key does
not set it. Source: service authorization reference, "Actions, resources, and condition keys for
Amazon S3".
"""

from collections.abc import Mapping

from daypass.core.domain.bucket import Bucket
from daypass.core.time.timestamps import parse_iso8601
from daypass.gate.decision.request_facts import ConditionKeys, ObjectTags
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.query_arguments import PAGE_SIZES
from daypass.gate.request.resolved_request import ResolvedRequest

ACL_HEADERS = (
    "x-amz-acl",
    "x-amz-grant-read",
    "x-amz-grant-write",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
    "x-amz-grant-full-control",
)
_ONE_DAY = 24 * 60 * 60
_DAYS_OF_A_YEAR = 365
RETENTION_HEADER = "x-amz-object-lock-retain-until-date"
EVENT_HOLD_HEADER = "x-amz-object-lock-event-hold"


def bucket_keys(bucket: Bucket) -> ConditionKeys:
    """Return the condition keys of a bucket and its objects; tags only while ABAC is enabled."""
    keys: ConditionKeys = {"s3:resourceaccount": bucket.owner, "aws:resourceaccount": bucket.owner}
    if bucket.abac:
        for tag in bucket.tags:
            keys[f"aws:resourcetag/{tag.key.lower()}"] = tag.value
            keys[f"s3:buckettag/{tag.key.lower()}"] = tag.value
    return keys


_EXISTING_TAG_ACTIONS = frozenset(
    {
        *("GetObject", "GetObjectAttributes", "GetObjectAcl", "PutObjectAcl"),
        *("GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"),
        *("GetObjectAnnotation", "PutObjectAnnotation", "DeleteObjectAnnotation"),
        *("ListObjectAnnotations", "UpdateObjectEncryption"),
    }
)


def has_existing_tag_keys(action: str) -> bool:
    """Say whether an action, or its form for versions, has keys of existing tags."""
    return action.replace("ObjectVersion", "Object", 1) in _EXISTING_TAG_ACTIONS


def existing_tag_keys(tags: ObjectTags) -> ConditionKeys:
    """Return the condition keys of an object's existing tags."""
    return {f"{EXISTING_TAG_KEY}/{key.lower()}": value for key, value in tags.pairs}


EXISTING_TAG_KEY = "s3:existingobjecttag"


def header_keys(headers: Mapping[str, str], *names: str) -> ConditionKeys:
    """Return the condition keys that are named after headers, for the headers that are present."""
    return {f"s3:{name}": headers[name] for name in names if name in headers}


def argument_keys(request: ResolvedRequest, *names: str) -> ConditionKeys:
    """Return the condition keys that are named after query arguments, for those present."""
    arguments = request.arguments
    return {
        f"s3:{name}": str(int(arguments[name])) if name in PAGE_SIZES else arguments[name]
        for name in names
        if name in arguments
    }


def new_bucket_tag_keys(pairs: tuple[tuple[str, str], ...]) -> ConditionKeys:
    """Return the condition keys of tags that a request sets on a bucket."""
    tags: ConditionKeys = {f"aws:requesttag/{key.lower()}": value for key, value in pairs}
    return tags | changed_tag_keys(tuple(key for key, _ in pairs))


def changed_tag_keys(names: tuple[str, ...]) -> ConditionKeys:
    """Return the condition key that lists the bucket tags to set or remove; empty for no tags."""
    return {"aws:tagkeys": names} if names else {}


def object_lock_keys(
    *,
    now: int,
    mode: str | None = None,
    until: str | None = None,
    hold: str | None = None,
    event: str | None = None,
    days: str | None = None,
    years: str | None = None,
) -> ConditionKeys:
    """Return the condition keys of an object lock; raises `S3Error` for invalid values."""
    values = {
        "s3:object-lock-mode": mode,
        "s3:object-lock-retain-until-date": until,
        "s3:object-lock-legal-hold": hold,
        "s3:object-lock-event-hold": event,
    }
    keys: ConditionKeys = {key: value for key, value in values.items() if value}
    if until:
        keys["s3:object-lock-remaining-retention-days"] = str(_remaining_days(until, now))
    if days or years:
        # How many days a year of a hold has is not documented; 365 is what retention periods count.
        day_count = _duration(days) if days else _duration(years) * _DAYS_OF_A_YEAR
        keys["s3:object-lock-event-hold-duration-days"] = str(day_count)
    return keys


def _remaining_days(until: str, now: int) -> int:
    """Return the days until a time, rounded up."""
    try:
        return max(0, -((now - parse_iso8601(until)) // _ONE_DAY))
    except ValueError:
        raise S3Error(
            "InvalidArgument",
            "The retain until date must be provided in ISO 8601 format",
            details={"ArgumentName": RETENTION_HEADER, "ArgumentValue": until[:80]},
        ) from None


def _duration(text: str | None) -> int:
    # Digits of a lifetime.
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 8):  # noqa: PLR2004
        raise S3Error("InvalidArgument", "The duration of an event hold is a number.")
    return int(text)


def new_object_tag_keys(tags: tuple[tuple[str, str], ...]) -> ConditionKeys:
    """Return the condition keys of tags that a request sets on an object."""
    keys: ConditionKeys = {f"s3:requestobjecttag/{key.lower()}": value for key, value in tags}
    if tags:
        keys["s3:requestobjecttagkeys"] = tuple(key for key, _ in tags)
    return keys
