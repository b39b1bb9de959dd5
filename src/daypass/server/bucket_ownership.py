"""The owners of the store's buckets: the changes that a start or the operator makes to them.

Not here: what S3's operations change (`gate`).
"""

from collections.abc import Iterable

from daypass.core.audit_records.texts import escape_text
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.server.audit.event import Event
from daypass.state.changes import Changes, Put, Remove
from daypass.state.snapshot.directory import Directory


def startup_event(operation: str, names: Iterable[str], *, account: str = "", now: float) -> Event:
    """Return the audit event of a change that the server makes by itself when it starts."""
    detail = {"by": "daypass up", "what": escape_text(", ".join(names))}
    return Event(
        time=now,
        request="",
        service="daypass",
        operation=operation,
        account=account,
        detail=detail,
    )


def release_unfinished_buckets(directory: Directory) -> Changes:
    """Return the changes that release the bucket names of interrupted CreateBucket requests.

    The store may have created such a bucket; then it has no owner here until it is adopted.
    """
    return Changes([Remove(bucket) for bucket in directory.of(Bucket) if bucket.pending])


def adopt_buckets(
    directory: Directory, names: Iterable[str], *, account: str, region: str, now: int
) -> Changes:
    """Return the changes that make an account the owner of existing buckets of the store.

    Names that have an owner already are left out.
    """
    ownerless = [name for name in names if directory.of(Bucket).get(name) is None]
    records = [
        Bucket(account=GLOBAL, name=name, owner=account, region=region, created=now)
        for name in ownerless
    ]
    return Changes([Put(record) for record in records])
