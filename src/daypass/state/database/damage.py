"""Going on without what the disk has spoilt, where an operator has accepted each piece of it by name.

What is taken out is kept beside, in `damaged`, and the audit log is told in the same transaction.
"""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core.domain.record import Record
from daypass.state.database import loading
from daypass.state.database.loading import DamagedDatabase
from daypass.state.schema import record_checksums
from daypass.state.schema.tables import commits, damaged, head, partitions, records
from daypass.state.side_tables.nodes import FIRST_NODE
from daypass.state.unusable import Unusable

_ROW: sa.ColumnClause[int] = sa.literal_column("rowid")
"""SQLite's own number of a row: a spoilt key finds none."""


def accept_damage(
    connection: Connection,
    names: Sequence[str],
    base: Iterable[Record],
    *,
    event: bytes,
    now: int,
    boot: str,
) -> None:
    """Take accepted damage out in one commit with its event.

    Raises `Unusable` for a name that is not damaged, `DamagedDatabase` if more is damaged than was accepted, or if what is left makes no
    directory; the caller's transaction is to be rolled back then.
    """
    found = loading.load_records(connection).damaged
    for name in names:
        if name not in found:
            raise Unusable(f"`{name}` is not damaged", "leave out that --accept-damage")
    others = {name: why for name, why in found.items() if name not in names}
    if others:
        raise DamagedDatabase(loading.damage_message(others), tuple(others))
    # The index may have another key than the spoilt row.
    connection.exec_driver_sql("REINDEX")
    seq = _highest_commit_number(connection) + 1
    touched = _move_to_damaged(connection, set(names), seq)
    _repair_partitions(connection, touched, seq)
    made = boot + record_checksums.of_commit(seq, boot, FIRST_NODE, now, event)
    connection.execute(
        sa.insert(commits).values(seq=seq, id=made, node=FIRST_NODE, at=now, event=event)
    )
    connection.execute(sa.update(head).values(seq=seq, log_from=seq))
    loading.load_records(connection).directory(base)


def _highest_commit_number(connection: Connection) -> int:
    """Return the highest number of a commit that anything tells of, which no later commit may have."""
    told = (head.c.seq, commits.c.seq, partitions.c.revision, records.c.seq)
    numbers = (connection.scalar(sa.select(sa.func.max(column))) for column in told)
    return max(number for number in numbers if isinstance(number, int))


def _move_to_damaged(connection: Connection, names: set[str], seq: int) -> set[str]:
    """Move accepted records into `damaged`; return the partitions that they said they were in."""
    place = (records.c.partition, records.c.kind, records.c.key)
    touched = set()
    for row, partition, kind, key, body in connection.execute(
        sa.select(_ROW, *place, records.c.body)
    ).all():
        name = loading.record_name(partition, kind, key)
        if name not in names:
            continue
        kept = body if isinstance(body, bytes) else str(body).encode(errors="surrogateescape")
        connection.execute(sa.insert(damaged).values(name=name, seq=seq, body=kept))
        connection.execute(sa.delete(records).where(row == _ROW))
        touched.add(partition)
    return touched


def _repair_partitions(connection: Connection, touched: set[str], seq: int) -> None:
    """Give every partition whose checksum is not right one that is, and a revision that nobody has read yet."""
    sums: dict[str, list[bytes]] = {}
    for name, checksum in connection.execute(sa.select(records.c.partition, records.c.checksum)):
        sums.setdefault(name, []).append(checksum)
    rows = connection.execute(
        sa.select(_ROW, partitions.c.name, partitions.c.revision, partitions.c.checksum)
    ).all()
    for row, name, revision, checksum in rows:
        found = sums.pop(name, [])
        is_right = isinstance(revision, int) and checksum == record_checksums.of_partition(name, revision, found)  # fmt: skip
        if is_right and name not in touched:
            continue
        values = {"revision": seq, "checksum": record_checksums.of_partition(name, seq, found)}
        connection.execute(sa.update(partitions).where(row == _ROW).values(**values))
    for name, found in sums.items():
        checksum = record_checksums.of_partition(name, seq, found)
        connection.execute(sa.insert(partitions).values(name=name, revision=seq, checksum=checksum))
