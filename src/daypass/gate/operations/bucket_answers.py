"""How operations are answered from the record of a bucket, and how they change it.

Whatever changes a record is allowed once more by the policies as they are at its commit.
"""

import dataclasses
from collections.abc import Callable

from daypass.core.domain.bucket import Bucket
from daypass.gate.authority import BucketChange
from daypass.gate.buckets import bucket_records
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.operations import required_permissions
from daypass.gate.protocol.reply import S3Reply
from daypass.gate.request_context import RequestContext
from daypass.state.changes import Changes, Put
from daypass.state.snapshot.directory import Directory

RecordDocument = Callable[[Bucket, Directory], bytes]
"""What a record says, as an answer."""
RecordChange = Callable[[Bucket, RequestContext, RequestFacts], Bucket]
"""From a record to the record in its place; the request is asked on the snapshot of the record."""


async def answer_document(
    document: RecordDocument,
    asked: RequestContext,
    _authorizer: Authorizer,
    facts: RequestFacts,
    reply: S3Reply,
) -> None:
    """Answer with what the record of the bucket says."""
    await reply.document(200, document(bucket_record(facts), asked.directory))


async def answer_accepted(
    check: Callable[[bytes], None],
    _asked: RequestContext,
    _authorizer: Authorizer,
    facts: RequestFacts,
    reply: S3Reply,
) -> None:
    """Accept a setting that buckets have anyhow; `check` raises `S3Error` for any other."""
    check(facts.body)
    await reply.document(200, b"")


async def answer_change(
    how: RecordChange,
    asked: RequestContext,
    _authorizer: Authorizer,
    facts: RequestFacts,
    reply: S3Reply,
    *,
    status: int = 204,
) -> None:
    """Change the record of the bucket, and answer without a document."""
    bucket = bucket_record(facts)
    await commit_change(
        asked,
        bucket,
        "changed",
        lambda now: _authorized_change(asked, facts, bucket.name, how, now),
    )
    await reply.document(status, b"")


def bucket_record(facts: RequestFacts) -> Bucket:
    """Return the record of a request's bucket."""
    assert facts.bucket is not None  # noqa: S101 - a bucket that is not known was refused
    return facts.bucket


def require_permissions(asked: RequestContext, facts: RequestFacts) -> None:
    """Raise `S3Error` AccessDenied for what is not allowed on the snapshot of `asked`."""
    asked.authorizer().require(required_permissions.required_permissions(asked.resolved, facts))


async def commit_change(
    asked: RequestContext, bucket: Bucket, what: str, change: Callable[[Directory], Changes]
) -> None:
    """Have a change of a bucket's record committed, with what the audit log is told of it."""
    caller = asked.caller
    deed = BucketChange(
        change=what,
        bucket=bucket.name,
        request=asked.request,
        operation=asked.resolved.row.name,
        account=caller.account,
        principal=caller.principal.arn,
        key=asked.claimed.credential_id if asked.claimed else "",
        source=asked.peer.address,
    )
    await asked.gate.authority.settle(change, deed)


def _authorized_change(
    asked: RequestContext, facts: RequestFacts, name: str, how: RecordChange, directory: Directory
) -> Changes:
    """Return the change of a bucket as it is now, allowed by the policies as they are now."""
    bucket = bucket_records.find_bucket(directory, name)
    now = asked.as_of(directory)
    require_permissions(now, dataclasses.replace(facts, bucket=bucket))
    return Changes([Put(how(bucket, now, facts))])
