"""What a request needs to be allowed: each action, on each resource, with its own condition keys.

Source: service authorization reference, Amazon S3; S3 user guide, "Required permissions for Amazon S3 API operations".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from daypass.core.domain.bucket import Bucket
from daypass.gate.decision import condition_keys
from daypass.gate.decision.condition_keys import ACL, CREATES, EVENT_HOLD, RETENTION
from daypass.gate.decision.object_facts import Facts, Keys, ObjectName
from daypass.gate.protocol import documents
from daypass.gate.protocol.documents import Entry
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved import Resolved, Source
from daypass.gate.request.table import ROWS, Level

NO_KEYS: Keys = {}
_WRITES = CREATES | {"CompleteMultipartUpload"}
ASK_THE_BODY = frozenset(
    [
        "CreateBucket",
        "DeleteObjects",
        "PutBucketTagging",
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
    unread: ObjectName | None = None
    """The object whose existing tags policies about the action may ask for, where they were not read."""


def needs(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return everything that must be allowed, in the order in which a refusal is reported."""
    if request.row.level is Level.SERVICE:
        return (Need("s3:ListAllMyBuckets", "arn:aws:s3:::*", "", facts.common),)
    bucket = facts.bucket
    assert bucket is not None  # noqa: S101 - the gate has found it before it asks
    if request.row.name in _LABELS and bucket.abac:
        return _of_labels(bucket, facts)
    main = _action(request)
    given = condition_keys.of_request(request, main, facts)
    actions = [main, *_extras(request, bucket)]
    if request.row.name == "GetObjectAttributes":
        actions.insert(0, "GetObject" if request.version_id is None else "GetObjectVersion")
    return (
        *(_on_target(action, request, bucket, facts, given) for action in actions),
        *_of_source(request, facts),
        *_of_role(bucket, facts),
    )


_LABELS = frozenset({"PutBucketTagging", "DeleteBucketTagging"})


def _of_labels(bucket: Bucket, facts: Facts) -> tuple[Need, ...]:
    """Return what new tags of a bucket need while they decide who may what in it.

    Whoever may only tag buckets would else label one into a grant of its own.
    """
    pairs = () if facts.document is None else documents.tags_of(facts.document)
    stays = {key for key, _ in pairs}
    going = [tag.key for tag in bucket.tags if tag.key not in stays]
    found = [] if facts.document is None else [("TagResource", condition_keys.of_new_tags(pairs))]
    found += [("UntagResource", condition_keys.of_tag_keys((key,))) for key in going]
    return tuple(
        _on_bucket(action, bucket, facts, given)
        for action, given in found or [("UntagResource", NO_KEYS)]
    )


def _on_target(
    action: str, request: Resolved, bucket: Bucket, facts: Facts, given: Keys = NO_KEYS
) -> Need:
    key = request.target.key
    if key is None:
        return _on_bucket(action, bucket, facts, given)
    return _on_object(
        action, bucket, ObjectName(bucket.name, key, request.version_id), facts, given
    )


def _on_bucket(action: str, bucket: Bucket, facts: Facts, given: Keys = NO_KEYS) -> Need:
    found = {**condition_keys.of_bucket(bucket), **facts.common, **given}
    return Need(f"s3:{action}", bucket.arn, bucket.owner, found)


def _on_object(
    action: str, bucket: Bucket, name: ObjectName, facts: Facts, given: Keys = NO_KEYS
) -> Need:
    """Return one question about an object: with the keys of its bucket, and of its tags where the action has them."""
    found = {**condition_keys.of_bucket(bucket), **facts.common, **given}
    unread = None
    if condition_keys.may_ask_for_tags(action):
        tags = facts.tags.get(name)
        unread = name if tags is None else None
        found |= condition_keys.of_tags(tags) if tags is not None else NO_KEYS
    if "Version" in action and name.version_id is not None:
        found["s3:versionid"] = name.version_id
    return Need(f"s3:{action}", f"{bucket.arn}/{name.key}", bucket.owner, found, unread)


def deletion(entry: Entry, request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what one entry of a DeleteObjects needs."""
    bucket = facts.bucket
    assert bucket is not None  # noqa: S101 - the gate has found it before it asks
    name = ObjectName(bucket.name, entry.key, entry.version_id)
    given: Keys = {} if entry.etag is None else {"s3:if-match": entry.etag}
    action = "DeleteObject" if entry.version_id is None else "DeleteObjectVersion"
    actions = [action]
    if entry.etag not in {None, "*"}:
        actions.append("GetObject")
    if _bypasses(request):
        actions.append("BypassGovernanceRetention")
    return tuple(_on_object(each, bucket, name, facts, given) for each in actions)


def deletions(entries: tuple[Entry, ...], request: Resolved, facts: Facts) -> Iterator[Need]:
    """Yield what all entries of a DeleteObjects need."""
    for entry in entries:
        yield from deletion(entry, request, facts)


def _action(request: Resolved) -> str:
    if request.version_id is not None and request.row.versioned:
        return request.row.versioned
    return request.row.action


def _bypasses(request: Resolved) -> bool:
    return "x-amz-bypass-governance-retention" in request.headers


def _extras(request: Resolved, bucket: Bucket) -> list[str]:
    name, headers, found = request.row.name, request.headers, []
    if name in CREATES:
        if any(header in headers for header in ACL):
            found.append("PutObjectAcl")
        if headers.get("x-amz-tagging") and condition_keys.writes_tags(request):
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
    if "x-amz-bucket-object-lock-enabled" in headers:
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
    action = "GetObject" if source.version_id is None else "GetObjectVersion"
    return (_on_object(action, bucket, _named(source), facts),)


_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/.+", re.ASCII)


def _of_role(bucket: Bucket, facts: Facts) -> tuple[Need, ...]:
    """Return what it needs to have S3 act as a role: whoever configures it passes the role to the service."""
    root = facts.document
    if root is None or root.name != "ReplicationConfiguration":
        return ()
    role = root.one("Role") or ""
    match = _ROLE.fullmatch(role)
    if match is None:
        raise S3Error("InvalidArgument", "Invalid Role ARN", details={"ArgumentName": "Role"})
    passed: Keys = {
        "iam:passedtoservice": "s3.amazonaws.com",
        "iam:associatedresourcearn": bucket.arn,
    }
    return (Need("iam:PassRole", role, match[1], {**facts.common, **passed}),)


def _named(source: Source) -> ObjectName:
    return ObjectName(source.bucket, source.key, source.version_id)


def copied_tags(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what a CopyObject needs if the source has tags and they are copied along."""
    if request.row.name != "CopyObject" or condition_keys.writes_tags(request):
        return ()
    return _carried_along(request, facts, "Tagging")


def copied_annotations(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what a CopyObject needs to carry its source's annotations along."""
    directive = request.headers.get("x-amz-object-annotation-directive", "COPY")
    if request.row.name != "CopyObject" or directive == "EXCLUDE":
        return ()
    return _carried_along(request, facts, "Annotation")


def _carried_along(request: Resolved, facts: Facts, what: str) -> tuple[Need, ...]:
    bucket, source, into = facts.source_bucket, request.source, facts.bucket
    if source is None or bucket is None or into is None:
        return ()
    version = "" if source.version_id is None else "Version"
    target = ObjectName(into.name, request.target.key or "")
    return (
        _on_object(f"GetObject{version}{what}", bucket, _named(source), facts),
        _on_object(f"PutObject{what}", into, target, facts),
    )


_RIGHTS = {
    "GetObjectTagging": ("x-amz-tagging-count",),
    "GetObjectRetention": ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"),
    "GetObjectLegalHold": ("x-amz-object-lock-legal-hold",),
}


def header_rights(request: Resolved, facts: Facts) -> Mapping[str, Need]:
    """Return the headers of an answer that need a right of their own, each with what it needs."""
    bucket = facts.bucket
    if request.row.name not in {"GetObject", "HeadObject"} or bucket is None:
        return {}
    found: dict[str, Need] = {}
    for name, headers in _RIGHTS.items():
        row = ROWS[name]
        action = row.action if request.version_id is None else row.versioned or row.action
        found |= dict.fromkeys(headers, _on_target(action, request, bucket, facts))
    return found


def listings(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return what somebody needs who may hear that an object is not there."""
    version = request.source.version_id if request.source else request.version_id
    action = "ListBucket" if version is None else "ListBucketVersions"
    buckets = (facts.bucket, facts.source_bucket)
    return tuple(_on_bucket(action, bucket, facts) for bucket in buckets if bucket is not None)


def all_about_objects(request: Resolved, facts: Facts) -> tuple[Need, ...]:
    """Return everything that may be asked about the objects of a request until it is answered."""
    if request.row.level is not Level.OBJECT:
        return ()
    return (
        *needs(request, facts),
        *copied_tags(request, facts),
        *copied_annotations(request, facts),
        *header_rights(request, facts).values(),
    )
