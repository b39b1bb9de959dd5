"""Answering operations from a bucket's record, and committing changes to the record.

`answer_change` authorizes a change again by the policies as of its commit; callers of
`commit_change` do so in the change that they pass.
"""

from collections.abc import Callable

from msgspec.structs import replace

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
"""From a bucket's record to the document of an answer."""
RecordChange = Callable[[Bucket, RequestContext, RequestFacts], Bucket]
"""From a bucket's record to its replacement; the context is on the snapshot of the record."""


async def answer_document(
    document: RecordDocument,
    ctx: RequestContext,
    _authorizer: Authorizer,
    facts: RequestFacts,
    reply: S3Reply,
) -> None:
    """Answer with what `document` returns for the bucket's record and the directory."""
    await reply.send_document(200, document(bucket_record(facts), ctx.directory))


async def answer_accepted(
    check: Callable[[bytes], None],
    _ctx: RequestContext,
    _authorizer: Authorizer,
    facts: RequestFacts,
    reply: S3Reply,
) -> None:
    """Accept a setting that all buckets have; `check` raises `S3Error` for another value."""
    check(facts.body)
    await reply.send_document(200, b"")


async def answer_change(
    change: RecordChange,
    ctx: RequestContext,
    _authorizer: Authorizer,
    facts: RequestFacts,
    reply: S3Reply,
    *,
    status: int = 204,
) -> None:
    """Commit a change to the bucket's record, and answer without a document."""
    bucket = bucket_record(facts)
    await commit_change(
        ctx,
        bucket,
        "changed",
        lambda now: _authorized_change(ctx, facts, bucket.name, change, now),
    )
    await reply.send_document(status, b"")


def bucket_record(facts: RequestFacts) -> Bucket:
    """Return the record of the request's bucket, which authorization has found already."""
    assert facts.bucket is not None  # noqa: S101 - a bucket that is not known was refused
    return facts.bucket


def require_permissions(ctx: RequestContext, facts: RequestFacts) -> None:
    """Raise `S3Error` AccessDenied for a permission that the snapshot does not allow."""
    ctx.authorizer().require(required_permissions.required_permissions(ctx.resolved, facts))


async def commit_change(
    ctx: RequestContext, bucket: Bucket, change_kind: str, change: Callable[[Directory], Changes]
) -> None:
    """Commit a change of a bucket's record, with its audit record."""
    caller = ctx.caller
    deed = BucketChange(
        change=change_kind,
        bucket=bucket.name,
        request=ctx.request_id,
        operation=ctx.resolved.row.name,
        account=caller.account,
        principal=caller.principal.arn,
        key=ctx.claim.credential_id if ctx.claim else "",
        source=ctx.client.address,
    )
    await ctx.gate.authority.settle(change, deed)


def _authorized_change(
    ctx: RequestContext, facts: RequestFacts, name: str, change: RecordChange, directory: Directory
) -> Changes:
    """Return the change to a bucket's current record, authorized by the current policies."""
    bucket = bucket_records.find_bucket(directory, name)
    now = ctx.as_of(directory)
    require_permissions(now, replace(facts, bucket=bucket))
    return Changes([Put(change(bucket, now, facts))])
