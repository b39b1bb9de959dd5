"""Writing a batch of commits: the head, records, their log and checksums, partitions and events.

However many commits a batch has, each table is written by one statement. A commit of one change
takes five: the head, which is moved on and says what the change replaces; the record; its log; its
partition; and the commit with its event. Each further change is one statement more, which reads
what it replaces.
"""

from typing import Any

import msgspec
from sqlalchemy.engine import Connection

from daypass.state.database.commit_batch import CommitBatch
from daypass.state.database.commit_statements import CommitStatements, Values
from daypass.state.database.loading import RecordKey
from daypass.state.schema import record_checksums
from daypass.state.store import InconsistentStore

_encoder = msgspec.msgpack.Encoder()
_NO_PLACE = (None, None, None)


def write_batch(
    connection: Connection, statements: CommitStatements, batch: CommitBatch, mark: int
) -> int | None:
    """Write a batch if the last commit is still the one before it; otherwise write nothing.

    Returns the newest time that is stored then, `mark` or a later one; None if nothing was
    written. Raises `InconsistentStore` if a partition has another revision than the batch's
    directory says.
    """
    new = batch.new_records()
    first = next(iter(new), _NO_PLACE)
    head = _advance_head(connection, statements, batch, mark, _place_values(first))
    if head is None:
        return None
    mark, *found = head
    partitions: dict[str, tuple[bytes | None, bytes]] = {}
    put: list[Values] = []
    removed: list[Values] = []
    for place, (seq, record) in new.items():
        values, name = _place_values(place), place[0]
        if place is not first:
            _, *found = statements.read_before.execute(connection, values).one()
        stored, toggled = found
        before, checksum = partitions.get(name) or (stored, _checksum_before(stored, name))
        if toggled is not None:
            checksum = record_checksums.toggle_record(checksum, toggled)
        if record is None:
            removed.append(values)
        else:
            body = _encoder.encode(record)
            own = record_checksums.of_record(*place, seq, body)
            checksum = record_checksums.toggle_record(checksum, own)
            put.append({**values, "seq": seq, "body": body, "checksum": own})
        partitions[name] = (before, checksum)
    log = [{"seq": seq, **_place_values(place)} for seq, place in batch.log()]
    statements.remove_record.execute_all(connection, removed)
    statements.put_record.execute_all(connection, put)
    statements.put_log.execute_all(connection, log)
    _write_partitions(connection, statements, batch, partitions)
    _write_commits(connection, statements, batch)
    return int(mark)


def _advance_head(
    connection: Connection,
    statements: CommitStatements,
    batch: CommitBatch,
    mark: int,
    first: Values,
) -> Any:
    """Move the head to the batch's last commit, if it still is at the one before the batch.

    Returns the newest mark, and the checksums that `first`, the place of a record, and its
    partition have had until now; None if the head is elsewhere.
    """
    known, last = batch.before.position, batch.directory.position
    values = {"known": known.seq, "known_id": known.id, "seq": last.seq, "mark": mark, **first}
    done = statements.advance.execute(connection, values)
    if statements.returns_rows:
        return done.one_or_none()
    return statements.read_before.execute(connection, values).one() if done.rowcount else None


def _checksum_before(stored: bytes | None, name: str) -> bytes:
    """Return a partition's checksum; of one that is not stored yet, that without a record."""
    return record_checksums.of_partition(name, 0, ()) if stored is None else stored


def _write_partitions(
    connection: Connection,
    statements: CommitStatements,
    batch: CommitBatch,
    partitions: dict[str, tuple[bytes | None, bytes]],
) -> None:
    """Write the revision and checksum of each touched partition.

    `partitions` has the stored checksum, None if there is none, and the one with the new records
    by name.
    """
    put: list[Values] = []
    changed: list[Values] = []
    for name, (stored, checksum) in partitions.items():
        before = batch.before.partition(name).revision
        revision = batch.directory.partition(name).revision
        if stored is None and before:
            raise InconsistentStore
        values = {
            "partition": name,
            "before": before,
            "revision": revision,
            "checksum": record_checksums.change_revision(checksum, name, before, revision),
        }
        (put if stored is None else changed).append(values)
    statements.put_partition.execute_all(connection, put)
    if statements.change_partition.execute_all(connection, changed) != len(changed):
        raise InconsistentStore


def _write_commits(
    connection: Connection, statements: CommitStatements, batch: CommitBatch
) -> None:
    """Write each commit with its event."""
    own = {"node": batch.node, "at": batch.at}
    rows = [{"seq": seq, "id": key, "event": each.event, **own} for seq, key, each in batch.applied]
    statements.put_commit.execute_all(connection, rows)


def _place_values(place: RecordKey | tuple[None, None, None]) -> Values:
    partition, kind, key = place
    return {"partition": partition, "kind": kind, "key": key}
