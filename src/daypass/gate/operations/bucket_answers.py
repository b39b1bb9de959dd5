"""How operations are answered from the record of a bucket, and how they change it.

Whatever changes a record is allowed once more by the policies as they are at its commit.
"""

import dataclasses
from collections.abc import Callable

from daypass.core.domain.bucket import Bucket
from daypass.gate.authority import Deed
from daypass.gate.buckets import bucket_records
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import Facts
from daypass.gate.operations import required_permissions
from daypass.gate.protocol.reply import Reply
from daypass.gate.request_context import Asked
from daypass.state.changes import Changes, Put
from daypass.state.snapshot.directory import Directory

Document = Callable[[Bucket, Directory], bytes]
"""What a record says, as an answer."""
Change = Callable[[Bucket, Asked, Facts], Bucket]
"""From a record to the record in its place; the request is asked on the snapshot of the record."""


async def show(
    document: Document, asked: Asked, _authorizer: Authorizer, facts: Facts, reply: Reply
) -> None:
    """Answer with what the record of the bucket says."""
    await reply.document(200, document(bucket_of(facts), asked.directory))


async def accept(
    check: Callable[[bytes], None],
    _asked: Asked,
    _authorizer: Authorizer,
    facts: Facts,
    reply: Reply,
) -> None:
    """Accept a setting that buckets have anyhow; `check` raises `S3Error` for any other."""
    check(facts.body)
    await reply.document(200, b"")


async def change(
    how: Change,
    asked: Asked,
    _authorizer: Authorizer,
    facts: Facts,
    reply: Reply,
    *,
    status: int = 204,
) -> None:
    """Change the record of the bucket, and answer without a document."""
    bucket = bucket_of(facts)
    await committed(
        asked, bucket, "changed", lambda now: _changed(asked, facts, bucket.name, how, now)
    )
    await reply.document(status, b"")


def bucket_of(facts: Facts) -> Bucket:
    """Return the record of a request's bucket."""
    assert facts.bucket is not None  # noqa: S101 - a bucket that is not known was refused
    return facts.bucket


def require(asked: Asked, facts: Facts) -> None:
    """Raise `S3Error` AccessDenied for what is not allowed on the snapshot of `asked`."""
    asked.authorizer().require(required_permissions.permissions(asked.resolved, facts))


async def committed(
    asked: Asked, bucket: Bucket, what: str, change: Callable[[Directory], Changes]
) -> None:
    """Have a change of a bucket's record committed, with what the audit log is told of it."""
    caller = asked.caller
    deed = Deed(
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


def _changed(asked: Asked, facts: Facts, name: str, how: Change, directory: Directory) -> Changes:
    """Return the change of a bucket as it is now, allowed by the policies as they are now."""
    bucket = bucket_records.find(directory, name)
    now = asked.as_of(directory)
    require(now, dataclasses.replace(facts, bucket=bucket))
    return Changes([Put(how(bucket, now, facts))])
