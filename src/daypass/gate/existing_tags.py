"""Tags that an object has at the store: read before a decision, but only where a policy of the caller asks about them."""

from daypass.core.domain.user import User
from daypass.core.sigv4.sign import encoded
from daypass.gate import answers, documents, limits
from daypass.gate.errors import S3Error
from daypass.gate.resolved import Resolved
from daypass.gate.target import Target
from daypass.gate.upstream import Outgoing, Store, unavailable
from daypass.services.kit.caller import Caller
from daypass.state.directory import Directory

_WORD = "s3:existingobjecttag/"
ASKED_BY = frozenset(
    [
        "GetObject",
        "HeadObject",
        "GetObjectAttributes",
        "GetObjectAcl",
        "PutObjectAcl",
        "GetObjectTagging",
        "PutObjectTagging",
        "DeleteObjectTagging",
        "GetObjectAnnotation",
        "PutObjectAnnotation",
        "DeleteObjectAnnotation",
        "ListObjectAnnotations",
        "UpdateObjectEncryption",
        "CopyObject",
        "UploadPartCopy",
        "SelectObjectContent",
    ]
)


def matter_to(caller: Caller, directory: Directory, resolved: Resolved) -> bool:
    """Say whether some policy of the caller, or of a bucket, mentions an object's existing tags."""
    record = caller.record
    targets = (resolved.target, resolved.source) if resolved.source else (resolved.target,)
    buckets = [directory.buckets.get(target.bucket) for target in targets]
    if any(_WORD in bucket.policy.lower() for bucket in buckets if bucket is not None):
        return True
    session = caller.session.policies if caller.session is not None else None
    if any(_WORD in text.lower() for text in session or () if not text.startswith("arn:")):
        return True
    if record is None:
        return False
    cache = directory.account(record.account).cache
    key = f"existing tags {record.unique_id}"
    if key not in cache:
        cache[key] = _mentioned(caller, directory)
    return bool(cache[key])


def _mentioned(caller: Caller, directory: Directory) -> bool:
    record = caller.record
    if record is None:
        return False
    account = directory.account(record.account)
    groups = [account.group(each) for each in record.groups] if isinstance(record, User) else []
    holders = [record, *(group for group in groups if group is not None)]
    arns = [arn for holder in holders for arn in holder.attached]
    arns += [record.boundary] if record.boundary else []
    texts = [policy.document for holder in holders for policy in holder.inline]
    texts += [policy.document for arn in arns if (policy := directory.policy(arn))]
    return any(_WORD in text.lower() for text in texts)


async def read(
    store: Store, bucket: str, key: str, version_id: str | None
) -> tuple[tuple[str, str], ...]:
    """Return an object's tags; none for an object that is not there or a store that has no tags.

    Raises `S3Error` ServiceUnavailable where the store does not say: a Deny must not vanish because it is slow.
    """
    version = f"&versionId={encoded(version_id)}" if version_id is not None else ""
    answer = await store.send(Outgoing("GET", Target(bucket, key).path, f"tagging={version}"))
    try:
        if answer.status in {404, 405, 501}:
            return ()
        if answer.status != 200:  # noqa: PLR2004 - anything else is no answer
            raise unavailable()
        return documents.tagging(await answers.whole(answer, limits.XML_BYTES_MAX))
    except S3Error:
        raise unavailable() from None
    finally:
        answer.close()
