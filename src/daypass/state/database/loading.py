"""Reading everything that is known into a directory, and finding what the disk has spoilt of it.

A record whose checksum is not right is damaged, and so is a partition that lacks a record or has one too many. Each is named; the
operator may accept it by that name, which takes it out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core.domain.record import Record
from daypass.core.faults import Fault
from daypass.state.changes import Put
from daypass.state.schema import record_checksums
from daypass.state.schema.tables import commits, head, partitions, records
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.kinds import KINDS, partition_of

_decoders = {kind: msgspec.msgpack.Decoder(decode_record) for kind, decode_record in KINDS.items()}
HEAD = "head"
NAMES_IN_MESSAGE_MAX = 20
"""How many damaged records one message names."""


class DamagedDatabase(Fault):
    """The database holds something that cannot be read: it is not changed, and not served."""

    def __init__(self, message: str, names: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.names = tuple(names)
        """What can be accepted as damaged, by the names that the operator gives."""


@dataclass(slots=True)
class LoadedRecords:
    """What was read: every sound record, the revisions, and the names of what is damaged."""

    seq: int = 0
    last: str = ""
    """The id of the last commit."""
    mark: int = 0
    records: list[Record] = field(default_factory=list)
    revisions: dict[str, int] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    """Why, by name: `partition/kind/key` for a record, the partition's name for one that lacks a record, or `head`."""

    def directory(self, base: Iterable[Record]) -> Directory:
        """Return the directory of what was read, over `base`; raises `DamagedDatabase` where something is."""
        if self.damaged:
            raise DamagedDatabase(damage_message(self.damaged), tuple(self.damaged))
        known = [Put(decode_record) for decode_record in (*base, *self.records)]
        directory = Directory().changed(known, self.seq, self.last).with_revisions(self.revisions)
        _check_membership(directory)
        return directory


def load_records(connection: Connection) -> LoadedRecords:
    """Read everything in one transaction; raises `DamagedDatabase` for a record that a newer version wrote."""
    found = LoadedRecords()
    sums: dict[str, list[bytes]] = {}
    spoilt: set[str] = set()
    columns = ("partition", "kind", "key", "seq", "body", "checksum")
    for row in connection.execute(sa.select(*(records.c[name] for name in columns))):
        partition, kind, key, _, body, checksum = tuple(row)
        name = record_name(partition, kind, key)
        if not is_record_intact(row):
            found.damaged[name] = "its checksum is not that of what it holds"
            spoilt.add(str(partition))
            continue
        sums.setdefault(partition, []).append(checksum)
        found.records.append(decode_record(kind, body, name))
    _load_partitions(connection, found, sums, spoilt)
    _load_head(connection, found)
    return found


def _load_partitions(
    connection: Connection, found: LoadedRecords, sums: Mapping[str, list[bytes]], spoilt: set[str]
) -> None:
    rows = connection.execute(
        sa.select(partitions.c.name, partitions.c.revision, partitions.c.checksum)
    )
    for name, revision, checksum in rows:
        if not isinstance(revision, int):
            found.damaged[printable_text(name)] = "its revision cannot be read"
            continue
        found.revisions[name] = revision
        right = record_checksums.of_partition(name, revision, sums.get(name, ()))
        if checksum != right and name not in spoilt:
            found.damaged[printable_text(name)] = "it lacks a record, or has one too many"
    for name in set(sums) - set(found.revisions):
        found.damaged.setdefault(printable_text(name), "it has records and no revision")


def _load_head(connection: Connection, found: LoadedRecords) -> None:
    row = connection.execute(sa.select(head.c.seq, head.c.mark)).first()
    newest = connection.execute(
        sa.select(commits.c.seq, commits.c.id).order_by(commits.c.seq.desc()).limit(1)
    ).first()
    highest = max([0, *found.revisions.values()])
    if row is None or not all(isinstance(each, int) for each in row):
        found.damaged[HEAD] = "the number of the last commit cannot be read"
        return
    found.seq, found.mark = row
    found.last = str(newest.id) if newest is not None else ""
    if found.seq < highest or (newest is not None and newest.seq != found.seq):
        found.damaged[HEAD] = f"its commit {found.seq} is not the last one"


def is_record_intact(row: Iterable[Any]) -> bool:
    """Say whether a row of place, commit, body and checksum is what was written."""
    partition, kind, key, seq, body, checksum = tuple(row)
    texts = all(isinstance(each, str) for each in (partition, kind, key))
    if not (texts and isinstance(seq, int) and isinstance(body, bytes)):
        return False
    return bool(checksum == record_checksums.of_record(partition, kind, key, seq, body))


def decode_record(kind: str, body: bytes, name: str) -> Record:
    """Return the record of a body that is whole.

    Raises `DamagedDatabase` for a kind, a form of it, or a place for it that a newer version wrote.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        raise DamagedDatabase(f"the record {name} is of a kind that this version does not know")
    try:
        made = decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedDatabase(f"the record {name} cannot be read: {error}") from error
    if partition_of(made.account) not in made.partitions:
        raise DamagedDatabase(f"the record {name} is in a partition where this version keeps none of its kind")  # fmt: skip
    return made


def record_name(partition: object, kind: object, key: object) -> str:
    """Return the name by which an operator calls a record."""
    return "/".join(map(printable_text, (partition, kind, key)))


def printable_text(text: object) -> str:
    """Return what a database holds as printable text, whatever a flipped bit made of it."""
    return "".join(
        each if each.isprintable() and each != "\\" else f"\\u{ord(each):04x}" for each in str(text)
    )


def damage_message(damaged: Mapping[str, str]) -> str:
    """Say in one line what is damaged."""
    listed = "; ".join(
        f"{name}: {why}" for name, why in list(damaged.items())[:NAMES_IN_MESSAGE_MAX]
    )
    more = len(damaged) - NAMES_IN_MESSAGE_MAX
    return f"the database is damaged: {listed}" + (f"; and {more} more" if more > 0 else "")


def _check_membership(directory: Directory) -> None:
    """Raise `DamagedDatabase` for an account whose organization does not have it: no policy would stand above it any more."""
    for account in directory.accounts:
        if account.organization and directory.control_policies_of(account.account) is None:
            raise DamagedDatabase(
                f"account {account.account} is in organization {account.organization},"
                " which does not have it"
            )
