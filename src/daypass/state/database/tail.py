"""The tail of the commits: what was committed after a position, read in one consistent snapshot.

The log names the records of each commit; their newest bodies are read with it. Where the log does
not lead to the position, because it was trimmed or a backup was put back, all records have to be
loaded again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core.domain.record import Record
from daypass.state.database import loading
from daypass.state.database.loading import DamagedDatabase, RecordKey
from daypass.state.schema.tables import commits, head, log, partitions, records
from daypass.state.snapshot.directory import CommitPosition


@dataclass(slots=True)
class Tail:
    """The records and revisions that were committed after a position."""

    position: CommitPosition
    mark: int
    records: dict[RecordKey, Record | None] = field(default_factory=dict)
    """Every record that was touched, as it is now; None for one that was deleted."""
    revisions: dict[str, int] = field(default_factory=dict)
    """The revision of every partition that was touched."""


def read_tail(connection: Connection, since: CommitPosition) -> Tail | None:
    """Return what was committed after `since`; None if all records have to be loaded again.

    Raises `DamagedDatabase` for a record with a wrong checksum.
    """
    commit_id = sa.select(commits.c.id).where(commits.c.seq == since.seq).scalar_subquery()
    row = connection.execute(
        sa.select(head.c.seq, head.c.mark, head.c.log_from, commit_id.label("id"))
    ).one()
    # A commit that was trimmed, or was made before commits had ids, has none.
    if (row.id or "") != since.id or row.seq < since.seq or since.seq < row.log_from:
        return None
    if row.seq == since.seq:
        return Tail(since, row.mark)
    newest = connection.scalar(sa.select(commits.c.id).where(commits.c.seq == row.seq))
    tail = Tail(CommitPosition(row.seq, newest or ""), row.mark)
    tail.records.update(_touched_records(connection, since.seq))
    # By the log, since a search for higher revisions would read the row of every account.
    moved = sa.select(partitions.c.name, partitions.c.revision).join(
        log, log.c.partition == partitions.c.name
    )
    rows = connection.execute(moved.where(log.c.seq > since.seq).distinct())
    tail.revisions.update((name, revision) for name, revision in rows)
    return tail


def _touched_records(connection: Connection, seq: int) -> Iterator[tuple[RecordKey, Record | None]]:
    """Yield every record that the log names after a commit, as it is now."""
    columns = ("partition", "kind", "key")
    same = sa.and_(*(log.c[column] == records.c[column] for column in columns))
    written = (records.c[column] for column in ("seq", "body", "checksum"))
    touched = sa.select(*(log.c[column] for column in columns), *written)
    joined = touched.select_from(log.outerjoin(records, same)).where(log.c.seq > seq).distinct()
    for row in connection.execute(joined):
        partition, kind, key, last, body, _ = tuple(row)
        place = (partition, kind, key)
        if last is None:
            yield place, None
        elif loading.is_record_intact(*row):
            yield place, loading.decode_record(place, body)
        else:
            why = {loading.record_name(*place): "its checksum does not match its content"}
            raise DamagedDatabase(loading.damage_message(why), tuple(why))
