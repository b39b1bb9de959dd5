"""What a request needs to be allowed: each action, on each resource, with its own condition keys.

A key that the request supplies nothing for is absent. Values are the resolved ones, which are also what is forwarded; no header,
parameter or body that is merely named like a key becomes one. Source: service authorization reference, Amazon S3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from daypass.core.domain.bucket import Bucket
from daypass.gate import documents
from daypass.gate.documents import Entry
from daypass.gate.errors import S3Error
from daypass.gate.resolved import Resolved
from daypass.gate.table import Level

Keys = dict[str, str | tuple[str, ...]]
_ACL = (
    "x-amz-acl",
    "x-amz-grant-read",
    "x-amz-grant-write",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
    "x-amz-grant-full-control",
)
_LISTS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})
_CREATES = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
_WRITES = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload", "CompleteMultipartUpload"})
_PUT_KEYS = (
    "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm", "x-amz-storage-class",
    "x-amz-website-redirect-location",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Need:
    """One question for the engine; `account` owns the resource."""

    action: str
    resource: str
    account: str
    keys: Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a request besides its resolution."""

    common: Mapping[str, str | tuple[str, ...]]
    """Keys of every action: how it was signed, over what."""
    bucket: Bucket | None = None
    source_bucket: Bucket | None = None
    body: bytes = b""
    existing_tags: tuple[tuple[str, str], ...] = ()
    source_tags: tuple[tuple[str, str], ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


def needs(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return everything that must be allowed, in the order in which a refusal is reported."""
    if request.row.level is Level.SERVICE:
        return (Need("s3:ListAllMyBuckets", "*", "", facts.common),)
    bucket = facts.bucket
    assert bucket is not None  # noqa: S101 - the gate has found it before it asks
    resource = bucket.arn if request.target.key is None else f"{bucket.arn}/{request.target.key}"
    main = _action(request)
    keys = {**_bucket_keys(bucket), **facts.common, **_keys(request, main, facts)}
    found = [Need(f"s3:{main}", resource, bucket.owner, keys)]
    if request.row.name == "GetObjectAttributes":
        read = "GetObjectVersion" if request.version_id is not None else "GetObject"
        found.insert(0, Need(f"s3:{read}", resource, bucket.owner, keys))
    extras = _extras(request)
    found += [Need(f"s3:{action}", resource, bucket.owner, keys) for action in extras]
    return (*found, *_of_source(request, facts))


def deletion(entry: Entry, request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what one entry of a DeleteObjects needs."""
    bucket = facts.bucket
    assert bucket is not None  # noqa: S101 - the gate has found it before it asks
    resource = f"{bucket.arn}/{entry.key}"
    keys: Keys = {**_bucket_keys(bucket), **facts.common}
    if entry.version_id is not None:
        keys["s3:versionid"] = entry.version_id
    if entry.etag is not None:
        keys["s3:if-match"] = entry.etag
    action = "DeleteObject" if entry.version_id is None else "DeleteObjectVersion"
    actions = [action]
    if entry.etag not in {None, "*"}:
        actions.append("GetObject")
    if _bypasses(request):
        actions.append("BypassGovernanceRetention")
    return tuple(Need(f"s3:{each}", resource, bucket.owner, keys) for each in actions)


def _action(request: Resolved) -> str:
    if request.version_id is not None and request.row.versioned:
        return request.row.versioned
    return request.row.action


def _bucket_keys(bucket: Bucket) -> Keys:
    keys: Keys = {"s3:resourceaccount": bucket.owner, "aws:resourceaccount": bucket.owner}
    if bucket.abac:
        for tag in bucket.tags:
            keys[f"aws:resourcetag/{tag.key.lower()}"] = tag.value
            keys[f"s3:buckettag/{tag.key.lower()}"] = tag.value
    return keys


def _keys(request: Resolved, action: str, facts: Facts) -> Keys:
    name, headers, keys = request.row.name, request.headers, Keys()
    if name in _LISTS:
        for argument in ("prefix", "delimiter", "max-keys"):
            if argument in request.arguments:
                keys[f"s3:{argument}"] = request.arguments[argument]
    if "Version" in action and request.version_id is not None:
        keys["s3:versionid"] = request.version_id
    if name in _CREATES | {"CreateBucket", "PutObjectAcl", "PutBucketAcl"}:
        keys |= {f"s3:{header}": headers[header] for header in _ACL if header in headers}
    if action == "PutObject":
        keys |= _put_keys(request)
    if (
        name in {"PutObjectTagging", "PutBucketTagging"}
        and facts.body
        and name == "PutObjectTagging"
    ):
        keys |= _tag_keys(documents.tagging(facts.body))
    if name == "DeleteObject" and "if-match" in headers:
        keys["s3:if-match"] = headers["if-match"]
    if name == "CreateBucket" and facts.extra.get("location"):
        keys["s3:locationconstraint"] = facts.extra["location"]
    for key, value in facts.existing_tags:
        keys[f"s3:existingobjecttag/{key.lower()}"] = value
    return keys


def _put_keys(request: Resolved) -> Keys:
    name, headers, keys = request.row.name, request.headers, Keys()
    keys["s3:objectcreationoperation"] = (
        "true" if name in {"PutObject", "CopyObject", "CompleteMultipartUpload"} else "false"
    )
    if name in _CREATES:
        keys |= {f"s3:{header}": headers[header] for header in _PUT_KEYS if header in headers}
        keys |= _lock_keys(headers)
        if headers.get("x-amz-tagging") and _writes_tags(request):
            keys |= _tag_keys(tags_of_header(headers["x-amz-tagging"]))
    if name in _WRITES - {"CreateMultipartUpload"}:
        keys |= {
            f"s3:{header}": headers[header]
            for header in ("if-match", "if-none-match")
            if header in headers
        }
    if request.source is not None:
        keys["s3:x-amz-copy-source"] = f"{request.source.bucket}/{request.source.key}"
    if name == "CopyObject":
        for header in ("x-amz-metadata-directive", "x-amz-object-annotation-directive"):
            if header in headers:
                keys[f"s3:{header}"] = headers[header]
    return keys


def _lock_keys(headers: Mapping[str, str]) -> Keys:
    names = {
        "x-amz-object-lock-mode": "s3:object-lock-mode",
        "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
        "x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
    }
    return {key: headers[header] for header, key in names.items() if header in headers}


def _tag_keys(tags: tuple[tuple[str, str], ...]) -> Keys:
    keys: Keys = {f"s3:requestobjecttag/{key.lower()}": value for key, value in tags}
    if tags:
        keys["s3:requestobjecttagkeys"] = tuple(key for key, _ in tags)
    return keys


def tags_of_header(text: str) -> tuple[tuple[str, str], ...]:
    """Read `x-amz-tagging`, which is a form: there `+` is a space."""
    pairs = []
    for piece in text.split("&"):
        key, _, value = piece.partition("=")
        pairs.append((unquote_plus(key), unquote_plus(value)))
    return documents.unique(tuple(pairs))


def _writes_tags(request: Resolved) -> bool:
    return (
        request.row.name != "CopyObject"
        or request.headers.get("x-amz-tagging-directive", "").upper() == "REPLACE"
    )


def _bypasses(request: Resolved) -> bool:
    return request.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"


def _extras(request: Resolved) -> list[str]:
    name, headers, found = request.row.name, request.headers, []
    if name in _CREATES:
        if any(header in headers for header in _ACL):
            found.append("PutObjectAcl")
        if headers.get("x-amz-tagging") and _writes_tags(request):
            found.append("PutObjectTagging")
        if "x-amz-object-lock-mode" in headers or "x-amz-object-lock-retain-until-date" in headers:
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
    return found


def _of_new_bucket(headers: Mapping[str, str]) -> list[str]:
    found = []
    if any(header in headers for header in _ACL):
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
    keys: Keys = {**_bucket_keys(bucket), **facts.common}
    action = "GetObject"
    if source.version_id is not None:
        action, keys["s3:versionid"] = "GetObjectVersion", source.version_id
    for key, value in facts.source_tags:
        keys[f"s3:existingobjecttag/{key.lower()}"] = value
    return (Need(f"s3:{action}", f"{bucket.arn}/{source.key}", bucket.owner, keys),)


def copied_tags(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what a CopyObject needs if the source has tags and they are copied along."""
    bucket, source, into = facts.source_bucket, request.source, facts.bucket
    if (
        request.row.name != "CopyObject"
        or source is None
        or bucket is None
        or into is None
        or _writes_tags(request)
    ):
        return ()
    read = "GetObjectTagging" if source.version_id is None else "GetObjectVersionTagging"
    keys = {**_bucket_keys(bucket), **facts.common}
    wrote = {**_bucket_keys(into), **facts.common}
    return (
        Need(f"s3:{read}", f"{bucket.arn}/{source.key}", bucket.owner, keys),
        Need("s3:PutObjectTagging", f"{into.arn}/{request.target.key}", into.owner, wrote),
    )
