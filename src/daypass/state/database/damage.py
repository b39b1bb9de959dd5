"""Removal of damaged records, each accepted by an operator by name, so that the server can go on.

A removed record is kept in the table `damaged`, and the removal's event is part of the same
transaction.
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
"""SQLite's own number of a row; a damaged key cannot be used to find the row."""


def accept_damage(
    connection: Connection,
    names: Sequence[str],
    base: Iterable[Record],
    *,
    event: bytes,
    now: int,
    boot: str,
) -> None:
    """Remove the damaged records with these names in one commit with its event.

    Raises `Unusable` for a name that is not damaged, `DamagedDatabase` if more is damaged than
    was accepted or if the rest makes no valid directory; the caller then has to roll back the
    transaction.
    """
    found = loading.load_records(connection).damaged
    for name in names:
        if name not in found:
            raise Unusable(f"`{name}` is not damaged", "leave out that --accept-damage")
    others = {name: why for name, why in found.items() if name not in names}
    if others:
        raise DamagedDatabase(loading.damage_message(others), tuple(others))
    # The index may have another key than the damaged row.
    connection.exec_driver_sql("REINDEX")
    seq = _highest_commit_number(connection) + 1
    touched = _move_to_damaged(connection, set(names), seq)
    _repair_partitions(connection, touched, seq)
    commit_id = boot + record_checksums.of_commit(seq, boot, FIRST_NODE, now, event)
    connection.execute(
        sa.insert(commits).values(seq=seq, id=commit_id, node=FIRST_NODE, at=now, event=event)
    )
    connection.execute(sa.update(head).values(seq=seq, log_from=seq))
    loading.load_records(connection).make_directory(base)


def _highest_commit_number(connection: Connection) -> int:
    """Return the highest commit number found in any table, which no later commit may have."""
    columns = (head.c.seq, commits.c.seq, partitions.c.revision, records.c.seq)
    numbers = (connection.scalar(sa.select(sa.func.max(column))) for column in columns)
    return max(number for number in numbers if isinstance(number, int))


def _move_to_damaged(connection: Connection, names: set[str], seq: int) -> set[str]:
    """Move accepted records into `damaged`; return the partition names in their rows."""
    place = (records.c.partition, records.c.kind, records.c.key)
    touched = set()
    for row, partition, kind, key, body in connection.execute(
        sa.select(_ROW, *place, records.c.body)
    ).all():
        name = loading.record_name(partition, kind, key)
        if name not in names:
            continue
        content = body if isinstance(body, bytes) else str(body).encode(errors="surrogateescape")
        connection.execute(sa.insert(damaged).values(name=name, seq=seq, body=content))
        connection.execute(sa.delete(records).where(row == _ROW))
        touched.add(partition)
    return touched


def _repair_partitions(connection: Connection, touched: set[str], seq: int) -> None:
    """Give each touched or wrong partition the right checksum, and a new revision, `seq`."""
    checksums: dict[str, list[bytes]] = {}
    for name, checksum in connection.execute(sa.select(records.c.partition, records.c.checksum)):
        checksums.setdefault(name, []).append(checksum)
    rows = connection.execute(
        sa.select(_ROW, partitions.c.name, partitions.c.revision, partitions.c.checksum)
    ).all()
    for row, name, revision, checksum in rows:
        found = checksums.pop(name, [])
        is_right = isinstance(revision, int) and checksum == record_checksums.of_partition(
            name, revision, found
        )
        if is_right and name not in touched:
            continue
        values = {"revision": seq, "checksum": record_checksums.of_partition(name, seq, found)}
        connection.execute(sa.update(partitions).where(row == _ROW).values(**values))
    for name, found in checksums.items():
        checksum = record_checksums.of_partition(name, seq, found)
        connection.execute(sa.insert(partitions).values(name=name, revision=seq, checksum=checksum))
