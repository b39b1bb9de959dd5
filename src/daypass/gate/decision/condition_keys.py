"""The condition keys of S3, and where their values come from; an operation's stand in its row.

A key that the request supplies nothing for is absent. Values are the resolved ones, which are also
what is forwarded; no header, parameter or body that is merely named like a key becomes one. Source:
service authorization reference, "Actions, resources, and condition keys for Amazon S3".
"""

from collections.abc import Mapping

from daypass.core.domain.bucket import Bucket
from daypass.core.timestamps import parse_iso8601
from daypass.gate.decision.object_facts import Keys, ObjectTags
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.arguments import PAGED
from daypass.gate.request.resolved import Resolved

ACL = (
    "x-amz-acl",
    "x-amz-grant-read",
    "x-amz-grant-write",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
    "x-amz-grant-full-control",
)
_DAY = 24 * 60 * 60
_DAYS_OF_A_YEAR = 365
RETENTION = "x-amz-object-lock-retain-until-date"
EVENT_HOLD = "x-amz-object-lock-event-hold"


def of_bucket(bucket: Bucket) -> Keys:
    """Return the keys of everything in a bucket; its tags count only while attribute-based control is on."""
    keys: Keys = {"s3:resourceaccount": bucket.owner, "aws:resourceaccount": bucket.owner}
    if bucket.abac:
        for tag in bucket.tags:
            keys[f"aws:resourcetag/{tag.key.lower()}"] = tag.value
            keys[f"s3:buckettag/{tag.key.lower()}"] = tag.value
    return keys


_WITH_EXISTING_TAGS = frozenset(
    {
        *("GetObject", "GetObjectAttributes", "GetObjectAcl", "PutObjectAcl"),
        *("GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"),
        *("GetObjectAnnotation", "PutObjectAnnotation", "DeleteObjectAnnotation"),
        *("ListObjectAnnotations", "UpdateObjectEncryption"),
    }
)


def may_ask_for_tags(action: str) -> bool:
    """Say whether policies about an action, or about its form for versions, may ask for the object's existing tags."""
    return action.replace("ObjectVersion", "Object", 1) in _WITH_EXISTING_TAGS


def of_tags(tags: ObjectTags) -> Keys:
    """Return the keys of the tags that an object has."""
    return {f"{EXISTING_TAG}/{key.lower()}": value for key, value in tags.pairs}


EXISTING_TAG = "s3:existingobjecttag"


def of_headers(headers: Mapping[str, str], *names: str) -> Keys:
    """Return the keys that have the names of headers, for those that are there."""
    return {f"s3:{name}": headers[name] for name in names if name in headers}


def of_arguments(request: Resolved, *names: str) -> Keys:
    """Return the keys that have the names of the query's arguments, for those that are there."""
    arguments = request.arguments
    return {
        f"s3:{name}": str(int(arguments[name])) if name in PAGED else arguments[name]
        for name in names
        if name in arguments
    }


def of_new_tags(pairs: tuple[tuple[str, str], ...]) -> Keys:
    """Return the keys of tags that a bucket is to have."""
    tags: Keys = {f"aws:requesttag/{key.lower()}": value for key, value in pairs}
    return tags | of_tag_keys(tuple(key for key, _ in pairs))


def of_tag_keys(names: tuple[str, ...]) -> Keys:
    """Return the key that lists which tags of a bucket are to come or go; none for no tags."""
    return {"aws:tagkeys": names} if names else {}


def of_lock(
    *,
    now: int,
    mode: str | None = None,
    until: str | None = None,
    hold: str | None = None,
    event: str | None = None,
    days: str | None = None,
    years: str | None = None,
) -> Keys:
    """Return the keys of an object lock; raises `S3Error` for a date or a duration that is none."""
    said = {
        "s3:object-lock-mode": mode,
        "s3:object-lock-retain-until-date": until,
        "s3:object-lock-legal-hold": hold,
        "s3:object-lock-event-hold": event,
    }
    keys: Keys = {key: value for key, value in said.items() if value}
    if until:
        keys["s3:object-lock-remaining-retention-days"] = str(_remaining(until, now))
    if days or years:
        # How many days a year of a hold has is not documented; 365 is what retention periods count.
        whole = _count(days) if days else _count(years) * _DAYS_OF_A_YEAR
        keys["s3:object-lock-event-hold-duration-days"] = str(whole)
    return keys


def _remaining(until: str, now: int) -> int:
    """Return the days until an instant, a begun one counted whole."""
    try:
        return max(0, -((now - parse_iso8601(until)) // _DAY))
    except ValueError:
        raise S3Error(
            "InvalidArgument",
            "The retain until date must be provided in ISO 8601 format",
            details={"ArgumentName": RETENTION, "ArgumentValue": until[:80]},
        ) from None


def _count(text: str | None) -> int:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 8):  # noqa: PLR2004 - digits of a lifetime
        raise S3Error("InvalidArgument", "The duration of an event hold is a number.")
    return int(text)


def of_object_tags(tags: tuple[tuple[str, str], ...]) -> Keys:
    """Return the keys of tags that a request gives an object."""
    keys: Keys = {f"s3:requestobjecttag/{key.lower()}": value for key, value in tags}
    if tags:
        keys["s3:requestobjecttagkeys"] = tuple(key for key, _ in tags)
    return keys
