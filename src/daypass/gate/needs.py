"""What a request needs to be allowed: each action, on each resource, with its own condition keys.

Source: service authorization reference, Amazon S3; S3 user guide, "Required permissions for Amazon S3 API operations".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from daypass.core.domain.bucket import Bucket
from daypass.gate import keys
from daypass.gate.documents import Entry
from daypass.gate.errors import S3Error
from daypass.gate.keys import ACL, CREATES, EVENT_HOLD, RETENTION
from daypass.gate.known import Facts, Keys
from daypass.gate.resolved import Resolved
from daypass.gate.table import Level

_WRITES = CREATES | {"CompleteMultipartUpload"}
ASK_THE_BODY = frozenset(
    [
        "CreateBucket",
        "DeleteObjects",
        "PutObjectLegalHold",
        "PutObjectRetention",
        "PutObjectTagging",
        "UpdateObjectEncryption",
    ]
)
"""Operations that are decided by what their document says; all others are before it is read."""


@dataclass(frozen=True, slots=True)
class Need:
    """One question for the engine; `account` owns the resource."""

    action: str
    resource: str
    account: str
    keys: Mapping[str, str | tuple[str, ...]]


def needs(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return everything that must be allowed, in the order in which a refusal is reported."""
    if request.row.level is Level.SERVICE:
        return (Need("s3:ListAllMyBuckets", "arn:aws:s3:::*", "", facts.common),)
    bucket = facts.bucket
    assert bucket is not None  # noqa: S101 - the gate has found it before it asks
    resource = bucket.arn if request.target.key is None else f"{bucket.arn}/{request.target.key}"
    main = _action(request)
    given = {**keys.of_bucket(bucket), **facts.common, **keys.of_request(request, main, facts)}
    found = [Need(f"s3:{main}", resource, bucket.owner, given)]
    if request.row.name == "GetObjectAttributes":
        read = "GetObjectVersion" if request.version_id is not None else "GetObject"
        found.insert(0, Need(f"s3:{read}", resource, bucket.owner, given))
    extras = _extras(request, bucket)
    found += [Need(f"s3:{action}", resource, bucket.owner, given) for action in extras]
    return (*found, *_of_source(request, facts))


def deletion(entry: Entry, request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what one entry of a DeleteObjects needs."""
    bucket = facts.bucket
    assert bucket is not None  # noqa: S101 - the gate has found it before it asks
    resource = f"{bucket.arn}/{entry.key}"
    given: Keys = {**keys.of_bucket(bucket), **facts.common}
    if entry.version_id is not None:
        given["s3:versionid"] = entry.version_id
    if entry.etag is not None:
        given["s3:if-match"] = entry.etag
    action = "DeleteObject" if entry.version_id is None else "DeleteObjectVersion"
    actions = [action]
    if entry.etag not in {None, "*"}:
        actions.append("GetObject")
    if _bypasses(request):
        actions.append("BypassGovernanceRetention")
    return tuple(Need(f"s3:{each}", resource, bucket.owner, given) for each in actions)


def _action(request: Resolved) -> str:
    if request.version_id is not None and request.row.versioned:
        return request.row.versioned
    return request.row.action


def _bypasses(request: Resolved) -> bool:
    return request.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"


def _extras(request: Resolved, bucket: Bucket) -> list[str]:
    name, headers, found = request.row.name, request.headers, []
    if name in CREATES:
        if any(header in headers for header in ACL):
            found.append("PutObjectAcl")
        if headers.get("x-amz-tagging") and keys.writes_tags(request):
            found.append("PutObjectTagging")
        if any(
            name == "x-amz-object-lock-mode" or name.startswith((RETENTION, EVENT_HOLD))
            for name in headers
        ):
            found.append("PutObjectRetention")
        if "x-amz-object-lock-legal-hold" in headers:
            found.append("PutObjectLegalHold")
    if name in _WRITES | {"DeleteObject"} and headers.get("if-match", "*") != "*":
        # Otherwise a write would tell what an object holds to somebody who may not read it.
        found.append("GetObject")
    if name in {"DeleteObject", "PutObjectRetention"} and _bypasses(request):
        found.append("BypassGovernanceRetention")
    if name == "CreateBucket":
        found += _of_new_bucket(headers)
        found += ["TagResource"] if bucket.tags else []
    return found


def _of_new_bucket(headers: Mapping[str, str]) -> list[str]:
    found = []
    if any(header in headers for header in ACL):
        found.append("PutBucketAcl")
    if headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        found += ["PutBucketObjectLockConfiguration", "PutBucketVersioning"]
    if "x-amz-object-ownership" in headers:
        found.append("PutBucketOwnershipControls")
    return found


def _of_source(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what a copy needs of its source: none of the write keys, its own version."""
    source, bucket = request.source, facts.source_bucket
    if source is None:
        return ()
    if bucket is None:
        raise S3Error(
            "NoSuchBucket",
            "The specified bucket does not exist",
            details={"BucketName": source.bucket},
        )
    given: Keys = {**keys.of_bucket(bucket), **facts.common}
    action = "GetObject"
    if source.version_id is not None:
        action, given["s3:versionid"] = "GetObjectVersion", source.version_id
    for key, value in facts.source_tags:
        given[f"s3:existingobjecttag/{key.lower()}"] = value
    return (Need(f"s3:{action}", f"{bucket.arn}/{source.key}", bucket.owner, given),)


def copied_tags(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what a CopyObject needs if the source has tags and they are copied along."""
    if request.row.name != "CopyObject" or keys.writes_tags(request):
        return ()
    return _carried_along(request, facts, "Tagging")


def copied_annotations(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what a CopyObject needs to carry its source's annotations along."""
    directive = request.headers.get("x-amz-object-annotation-directive", "COPY")
    if request.row.name != "CopyObject" or directive.upper() == "EXCLUDE":
        return ()
    return _carried_along(request, facts, "Annotation")


def _carried_along(request: Resolved, facts: Facts, what: str) -> tuple[Need, ...]:
    bucket, source, into = facts.source_bucket, request.source, facts.bucket
    if source is None or bucket is None or into is None:
        return ()
    version = "" if source.version_id is None else "Version"
    read = {**keys.of_bucket(bucket), **facts.common}
    if source.version_id is not None:
        read["s3:versionid"] = source.version_id
    wrote = {**keys.of_bucket(into), **facts.common}
    return (
        Need(f"s3:GetObject{version}{what}", f"{bucket.arn}/{source.key}", bucket.owner, read),
        Need(f"s3:PutObject{what}", f"{into.arn}/{request.target.key}", into.owner, wrote),
    )
