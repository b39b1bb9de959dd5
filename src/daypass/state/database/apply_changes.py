"""Writing one set of changes: tickets, records, their log and checksums, and deletions."""

from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core.domain.record import Record
from daypass.core.faults import Fault
from daypass.state.changes import Changes, Put, TakeTicket
from daypass.state.schema import record_checksums
from daypass.state.schema.tables import log, partitions, records, tickets
from daypass.state.side_tables import leftovers
from daypass.state.snapshot.directory import Directory
from daypass.state.store import InconsistentStore, Stale

_encoder = msgspec.msgpack.Encoder()


@dataclass(slots=True)
class CommitTime:
    """When a transaction happens."""

    mark: int
    """The time by which tickets expire; no clock lowers it."""
    at: int
    """The time by the wall clock."""


def take_tickets(
    connection: Connection, directory: Directory, changes: Changes, time: CommitTime
) -> Stale | Fault | None:
    """Take the tickets of a set of changes; return why the set cannot be committed, None if it can.

    `Stale` if a partition that was read has changed in `directory`, the directory of the last
    commit; the fault of a ticket that was taken before.
    """
    if directory.makes_stale(changes):
        return Stale()
    for take in changes.tickets:
        if not _take_ticket(connection, take, time.mark):
            return take.refused
    return None


def _take_ticket(connection: Connection, take: TakeTicket, mark: int) -> bool:
    """Take a ticket that is absent, expired or in a lower state; return whether it could be."""
    ticket = take.ticket
    same = (tickets.c.kind == ticket.kind) & (tickets.c.key == ticket.key)
    connection.execute(sa.delete(tickets).where(same & (tickets.c.expires <= mark)))
    values = {"state": ticket.state, "body": ticket.body, "expires": ticket.expires}
    if connection.scalar(sa.select(tickets.c.state).where(same)) is None:
        connection.execute(sa.insert(tickets).values(kind=ticket.kind, key=ticket.key, **values))
        return True
    later = same & (tickets.c.state < ticket.state)
    return bool(connection.execute(sa.update(tickets).where(later).values(**values)).rowcount)


def delete_leftovers(connection: Connection, changes: Changes, seq: int, mark: int) -> None:
    """Delete what a set of changes says can be deleted; its own commit `seq` stays."""
    if changes.trim_to:
        leftovers.trim_commits(connection, changes.trim_to, seq)
    if changes.sweep_tickets:
        leftovers.delete_expired_tickets(connection, mark)


def _partition_row(connection: Connection, name: str) -> tuple[int, bytes] | None:
    found = connection.execute(
        sa.select(partitions.c.revision, partitions.c.checksum).where(partitions.c.name == name)
    ).first()
    return None if found is None else (found[0], found[1])


def write_records(connection: Connection, directory: Directory, changes: Changes, seq: int) -> None:
    """Write records, their log, and the revision and checksum of each of their partitions.

    Raises `InconsistentStore` if a partition has another revision than in `directory`, that of
    the commit before.
    """
    grouped: dict[str, dict[tuple[str, str], Record | None]] = {}
    for change in changes.records:
        record = change.record
        # Of two changes of one record the last one counts.
        places = grouped.setdefault(record.account, {})
        places[record.kind, record.key] = record if isinstance(change, Put) else None
    for name, places in grouped.items():
        before = _partition_row(connection, name)
        revision, checksum = before or (0, record_checksums.of_partition(name, 0, ()))
        if revision != directory.partition(name).revision:
            raise InconsistentStore
        for (kind, key), put in places.items():
            for each in _write_record(connection, (name, kind, key), put, seq):
                checksum = record_checksums.toggle_record(checksum, each)
        values = {
            "revision": seq,
            "checksum": record_checksums.change_revision(checksum, name, revision, seq),
        }
        if before is None:
            connection.execute(sa.insert(partitions).values(name=name, **values))
        else:
            same = (partitions.c.name == name) & (partitions.c.revision == revision)
            done = connection.execute(sa.update(partitions).where(same).values(**values))
            if done.rowcount != 1:
                raise InconsistentStore


def _write_record(
    connection: Connection, place: tuple[str, str, str], record: Record | None, seq: int
) -> list[bytes]:
    """Write or delete one record; return the checksums that its partition gains or loses."""
    partition, kind, key = place
    primary_key = {"partition": partition, "kind": kind, "key": key}
    where = sa.and_(*(records.c[column] == value for column, value in primary_key.items()))
    before = connection.scalar(sa.select(records.c.checksum).where(where))
    toggled = [] if before is None else [before]
    connection.execute(sa.delete(records).where(where))
    if record is not None:
        body = _encoder.encode(record)
        checksum = record_checksums.of_record(partition, kind, key, seq, body)
        toggled.append(checksum)
        connection.execute(
            sa.insert(records).values(**primary_key, seq=seq, body=body, checksum=checksum)
        )
    connection.execute(sa.insert(log).values(seq=seq, **primary_key))
    return toggled
