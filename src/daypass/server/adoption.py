"""Whose the store's buckets are: what a start and an operator change of that, beside every API."""

from collections.abc import Iterable

from daypass.core.audit_records.texts import clean
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.server.audit.event import Event
from daypass.state.changes import Changes, Put, Remove
from daypass.state.snapshot.directory import Directory


def startup_event(operation: str, names: Iterable[str], *, account: str = "", now: float) -> Event:
    """Return what the audit log is told of a change that a start makes by itself."""
    detail = {"by": "daypass up", "what": clean(", ".join(names))}
    return Event(
        time=now,
        request="",
        service="daypass",
        operation=operation,
        account=account,
        detail=detail,
    )


def abandoned(directory: Directory) -> Changes:
    """Return the changes that release names which were reserved when a server stopped in the middle of a CreateBucket.

    Whether the store made such a bucket nobody knows: if it did, it has no owner here until it is adopted.
    """
    return Changes([Remove(bucket) for bucket in directory.of(Bucket) if bucket.pending])


def adoption(
    directory: Directory, names: Iterable[str], *, account: str, region: str, now: int
) -> Changes:
    """Return the changes that make an account the owner of buckets that the store already has."""
    fresh = [name for name in names if directory.of(Bucket).get(name) is None]
    records = [
        Bucket(account=GLOBAL, name=name, owner=account, region=region, created=now)
        for name in fresh
    ]
    return Changes([Put(record) for record in records])
