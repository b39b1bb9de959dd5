"""Loading all records into a directory, with detection of records that the disk has damaged.

A record with a wrong checksum is damaged, and so is a partition that lacks a record or has one too
many. Each is named; the operator can accept it by that name, which removes it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec
import sqlalchemy as sa
from msgspec.structs import force_setattr
from sqlalchemy.engine import Connection

from daypass.core.domain.partition import Partition
from daypass.core.domain.record import Record
from daypass.core.faults import Fault
from daypass.state.database import sqlite_file
from daypass.state.schema import record_checksums
from daypass.state.schema.tables import commits, head, partitions, records
from daypass.state.snapshot.directory import CommitPosition, Directory
from daypass.state.snapshot.kinds import KINDS, partition_of

_decoders = {kind: msgspec.msgpack.Decoder(decode_record) for kind, decode_record in KINDS.items()}
RecordKey = tuple[str, str, str]
"""Partition, kind and key of a record."""
HEAD = "head"
ROWS_AT_ONCE = 1000
"""How many rows are fetched from the driver together; ours."""
NAMES_IN_MESSAGE_MAX = 20
"""How many damaged records one message names."""


class DamagedDatabase(Fault):
    """The database holds data that cannot be read; it is neither changed nor served."""

    def __init__(self, message: str, names: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.names = tuple(names)
        """What an operator can accept as damaged, by name."""


@dataclass(slots=True)
class LoadedRecords:
    """The rows that were read: intact records, the revisions, and the names of damaged records."""

    seq: int = 0
    last: str = ""
    """The id of the last commit."""
    mark: int = 0
    records: list[Record] = field(default_factory=list)
    revisions: dict[str, int] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    """The reason by name: `partition/kind/key` of a record, the name of a partition, or `head`."""

    def make_directory(self, base: Iterable[Record]) -> Directory:
        """Return the directory of these records and `base`; raises `DamagedDatabase` for damage."""
        if self.damaged:
            raise DamagedDatabase(damage_message(self.damaged), tuple(self.damaged))
        position = CommitPosition(self.seq, self.last)
        directory = Directory.of_records(chain(base, self.records), self.revisions, position)
        _check_membership(directory)
        return directory


class _Accounts(dict[str, tuple[str, Partition]]):
    """Accounts of records, each with its only copy of the text and the kind of its partition."""

    __slots__ = ()

    def __missing__(self, account: str) -> tuple[str, Partition]:
        found = self[account] = account, partition_of(account)
        return found


def load_records(connection: Connection) -> LoadedRecords:
    """Read all records in one transaction; raises `DamagedDatabase` for one of a newer version."""
    try:
        with sqlite_file.strict_text(connection):
            return _load(connection)
    except sa.exc.OperationalError:
        # Mostly a text that is not UTF-8, which is read again so that its record can be named; any
        # other error comes again.
        return _load(connection)


def _load(connection: Connection) -> LoadedRecords:
    loaded = LoadedRecords()
    checksums: dict[str, int] = defaultdict(int)
    damaged_partitions: set[str] = set()
    accounts = _Accounts()
    texts: dict[str, str] = {}
    columns = ("partition", "kind", "key", "seq", "body", "checksum")
    rows = connection.execute(sa.select(*(records.c[name] for name in columns)))
    # A start comes here with all records: what differs by account is looked at once per account.
    each_row = chain.from_iterable(rows.partitions(ROWS_AT_ONCE))
    for partition, kind, key, seq, body, checksum in each_row:
        if not is_record_intact(partition, kind, key, seq, body, checksum):
            name = record_name(partition, kind, key)
            loaded.damaged[name] = "its checksum does not match its content"
            damaged_partitions.add(str(partition))
            continue
        checksums[partition] ^= int.from_bytes(checksum)
        record = _decode_body((partition, kind, key), body)
        # One text for all records of an account, which is a tenth of the memory. A record is frozen
        # to everybody who has it; this one nobody has yet.
        account, allowed = accounts[record.account]
        if allowed not in record.partitions:
            raise _misplaced((partition, kind, key))
        force_setattr(record, "account", account)
        for name in record.shared:
            text = getattr(record, name)
            force_setattr(record, name, texts.setdefault(text, text))
        loaded.records.append(record)
    _load_partitions(connection, loaded, checksums, damaged_partitions)
    _load_head(connection, loaded)
    return loaded


def _load_partitions(
    connection: Connection,
    loaded: LoadedRecords,
    checksums: Mapping[str, int],
    damaged_partitions: set[str],
) -> None:
    """Read the revisions, and compare the checksum of each partition with those of its records.

    `checksums` are the exclusive or of the checksums of each partition's records.
    """
    rows = connection.execute(
        sa.select(partitions.c.name, partitions.c.revision, partitions.c.checksum)
    )
    for name, revision, checksum in rows:
        if not isinstance(revision, int):
            loaded.damaged[printable_text(name)] = "its revision cannot be read"
            continue
        loaded.revisions[name] = revision
        right = record_checksums.of_partition_total(name, revision, checksums.get(name, 0))
        if checksum != right and name not in damaged_partitions:
            loaded.damaged[printable_text(name)] = "it lacks a record, or has one too many"
    for name in set(checksums) - set(loaded.revisions):
        loaded.damaged.setdefault(printable_text(name), "it has records and no revision")


def _load_head(connection: Connection, loaded: LoadedRecords) -> None:
    """Read the number of the last commit, and compare it with the newest commit and revision."""
    row = connection.execute(sa.select(head.c.seq, head.c.mark)).first()
    newest = connection.execute(
        sa.select(commits.c.seq, commits.c.id).order_by(commits.c.seq.desc()).limit(1)
    ).first()
    highest = max([0, *loaded.revisions.values()])
    if row is None or not all(isinstance(each, int) for each in row):
        loaded.damaged[HEAD] = "the number of the last commit cannot be read"
        return
    loaded.seq, loaded.mark = row
    loaded.last = str(newest.id) if newest is not None else ""
    if loaded.seq < highest or (newest is not None and newest.seq != loaded.seq):
        loaded.damaged[HEAD] = f"its commit {loaded.seq} is not the last one"


def is_record_intact(
    partition: object, kind: object, key: object, seq: object, body: object, checksum: object
) -> bool:
    """Return whether a row of these columns has the right types and checksum."""
    return (
        isinstance(partition, str)
        and isinstance(kind, str)
        and isinstance(key, str)
        and isinstance(seq, int)
        and isinstance(body, bytes)
        and checksum == record_checksums.of_record(partition, kind, key, seq, body)
    )


def decode_record(place: RecordKey, body: bytes) -> Record:
    """Return the record of an intact body.

    Raises `DamagedDatabase` for a kind, a form or a partition of it that only a newer version
    writes.
    """
    record = _decode_body(place, body)
    if partition_of(record.account) not in record.partitions:
        raise _misplaced(place)
    return record


def _decode_body(place: RecordKey, body: bytes) -> Record:
    """Return the record of an intact body, whatever partition it is in."""
    decoder = _decoders.get(place[1])
    if decoder is None:
        name = record_name(*place)
        raise DamagedDatabase(f"the record {name} is of a kind that this version does not know")
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        name = record_name(*place)
        raise DamagedDatabase(f"the record {name} cannot be read: {error}") from error


def _misplaced(place: RecordKey) -> DamagedDatabase:
    return DamagedDatabase(
        f"the record {record_name(*place)} is in a partition that cannot hold its kind in this"
        " version"
    )


def record_name(partition: object, kind: object, key: object) -> str:
    """Return the name of a record as an operator gives it: `partition/kind/key`."""
    return "/".join(map(printable_text, (partition, kind, key)))


def printable_text(text: object) -> str:
    """Return a database value as printable text, with other characters as Unicode escapes.

    A damaged value may hold any character.
    """
    return "".join(
        each if each.isprintable() and each != "\\" else f"\\u{ord(each):04x}" for each in str(text)
    )


def damage_message(damaged: Mapping[str, str]) -> str:
    """Return one line that lists what is damaged, and why."""
    listed = "; ".join(
        f"{name}: {why}" for name, why in list(damaged.items())[:NAMES_IN_MESSAGE_MAX]
    )
    more = len(damaged) - NAMES_IN_MESSAGE_MAX
    return f"the database is damaged: {listed}" + (f"; and {more} more" if more > 0 else "")


def _check_membership(directory: Directory) -> None:
    """Raise `DamagedDatabase` for an account whose organization does not list it.

    No policy of the organization would apply to such an account any more.
    """
    for account in directory.accounts:
        if account.organization and directory.control_policies_of(account.account) is None:
            raise DamagedDatabase(
                f"account {account.account} is in organization {account.organization},"
                " which does not have it"
            )
