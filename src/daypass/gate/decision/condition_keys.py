"""The condition keys of each S3 action.

A key that the request supplies nothing for is absent. Values are the resolved ones, which are also what is forwarded; no header,
parameter or body that is merely named like a key becomes one. Source: service authorization reference, "Actions, resources, and
condition keys for Amazon S3".
"""

from collections.abc import Mapping

from daypass.core.domain.bucket import Bucket
from daypass.core.timestamps import from_iso8601
from daypass.gate.decision.object_facts import Facts, Keys, ObjectTags
from daypass.gate.protocol import documents
from daypass.gate.protocol.documents import Element
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.operations import PAGED
from daypass.gate.request.resolved import Resolved

ACL = (
    "x-amz-acl",
    "x-amz-grant-read",
    "x-amz-grant-write",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
    "x-amz-grant-full-control",
)
CREATES = frozenset({"PutObject", "PostObject", "CopyObject", "CreateMultipartUpload"})
"""Operations whose headers say what the object will be."""
_LISTS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})
_WHOLE = frozenset({"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload"})
"""Operations after which there is an object."""
_PUT = (
    "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm", "x-amz-storage-class",
    "x-amz-website-redirect-location",
)  # fmt: skip
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


def of_request(request: Resolved, action: str, facts: Facts) -> Keys:
    """Return the keys that a request gives its main action."""
    name, headers, keys = request.row.name, request.headers, Keys()
    if name in _LISTS:
        keys |= _of_arguments(request, "prefix", "delimiter", "max-keys")
    if name in CREATES | {"CreateBucket", "PutObjectAcl", "PutBucketAcl"}:
        keys |= _of_headers(headers, *ACL)
    if name == "PutObjectAcl":
        keys |= _of_headers(headers, "x-amz-storage-class")
    if action == "PutObject":
        keys |= _of_upload(request, facts)
    if name == "DeleteObject":
        keys |= _of_headers(headers, "if-match")
    if "Annotation" in name:
        keys |= _of_arguments(request, "annotation-prefix", "max-annotation-results")
        keys |= _of_headers(headers, "x-amz-object-if-match")
    if name == "CreateBucket" and facts.bucket is not None:
        keys |= _of_new_bucket(request, facts.bucket, facts)
    if facts.document is not None:
        keys |= _of_document(name, facts.document, facts)
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


def _of_headers(headers: Mapping[str, str], *names: str) -> Keys:
    return {f"s3:{name}": headers[name] for name in names if name in headers}


def _of_arguments(request: Resolved, *names: str) -> Keys:
    arguments = request.arguments
    return {
        f"s3:{name}": str(int(arguments[name])) if name in PAGED else arguments[name]
        for name in names
        if name in arguments
    }


def _of_upload(request: Resolved, facts: Facts) -> Keys:
    name, headers, keys = request.row.name, request.headers, Keys()
    keys["s3:objectcreationoperation"] = "true" if name in _WHOLE else "false"
    if name in CREATES:
        keys |= _of_headers(headers, *_PUT)
        keys |= _of_lock(
            mode=headers.get("x-amz-object-lock-mode"),
            until=headers.get(RETENTION),
            hold=headers.get("x-amz-object-lock-legal-hold"),
            event=headers.get(EVENT_HOLD),
            days=headers.get(f"{EVENT_HOLD}-duration-days"),
            years=headers.get(f"{EVENT_HOLD}-duration-years"),
            now=facts.now,
        )
        if headers.get("x-amz-tagging") and writes_tags(request):
            keys |= _of_tags(documents.tags_of_header(headers["x-amz-tagging"]))
    if name in _WHOLE:
        keys |= _of_headers(headers, "if-match", "if-none-match")
    if request.source is not None:
        keys["s3:x-amz-copy-source"] = f"{request.source.bucket}/{request.source.key}"
    if name == "CopyObject":
        keys |= _of_headers(
            headers, "x-amz-metadata-directive", "x-amz-object-annotation-directive"
        )
    return keys


def _of_new_bucket(request: Resolved, bucket: Bucket, facts: Facts) -> Keys:
    keys = _of_headers(request.headers, "x-amz-object-ownership")
    if facts.extra.get("location"):
        keys["s3:locationconstraint"] = facts.extra["location"]
    return keys | of_new_tags(tuple((tag.key, tag.value) for tag in bucket.tags))


def of_new_tags(pairs: tuple[tuple[str, str], ...]) -> Keys:
    """Return the keys of tags that a bucket is to have."""
    tags: Keys = {f"aws:requesttag/{key.lower()}": value for key, value in pairs}
    return tags | of_tag_keys(tuple(key for key, _ in pairs))


def of_tag_keys(names: tuple[str, ...]) -> Keys:
    """Return the key that lists which tags of a bucket are to come or go; none for no tags."""
    return {"aws:tagkeys": names} if names else {}


def _of_document(name: str, root: Element, facts: Facts) -> Keys:
    """Return what a request's document says of an object."""
    if name == "PutObjectTagging":
        return _of_tags(documents.of_object(documents.tags_of(root)))
    if name == "PutObjectLegalHold":
        return _of_lock(hold=root.one("Status"), now=facts.now)
    if name == "PutObjectRetention":
        durations = list(root.all("EventHoldDuration"))
        duration = durations[0] if durations else Element("")
        return _of_lock(
            mode=root.one("Mode"),
            until=root.one("RetainUntilDate"),
            event=root.one("EventHold"),
            days=duration.one("Days"),
            years=duration.one("Years"),
            now=facts.now,
        )
    if name == "UpdateObjectEncryption":
        return _of_encryption(root)
    return {}


def _of_encryption(root: Element) -> Keys:
    for wanted in root.all("SSE-KMS"):
        keys: Keys = {"s3:x-amz-server-side-encryption": "aws:kms"}
        key = wanted.one("KMSKeyArn")
        return keys | ({"s3:x-amz-server-side-encryption-aws-kms-key-id": key} if key else {})
    return {}


def _of_lock(
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
        return max(0, -((now - from_iso8601(until)) // _DAY))
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


def _of_tags(tags: tuple[tuple[str, str], ...]) -> Keys:
    keys: Keys = {f"s3:requestobjecttag/{key.lower()}": value for key, value in tags}
    if tags:
        keys["s3:requestobjecttagkeys"] = tuple(key for key, _ in tags)
    return keys


def writes_tags(request: Resolved) -> bool:
    """Say whether the tags of the request become the object's: a copy carries its source's along unless it replaces them."""
    return (
        request.row.name != "CopyObject"
        or request.headers.get("x-amz-tagging-directive") == "REPLACE"
    )
