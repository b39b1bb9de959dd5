"""The changes that an operation stages: records to put or remove, tickets to take, all or none."""

from dataclasses import dataclass

import msgspec

from daypass.core.domain.record import Record
from daypass.core.faults import Fault


@dataclass(frozen=True, slots=True)
class Put:
    """Write a record, replacing the record with the same account, kind and key."""

    record: Record


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a record."""

    record: Record


@dataclass(frozen=True, slots=True)
class Ticket:
    """A right to do something once, such as using a one-time code: for the first commit to take it.

    A ticket can be taken again only with a higher `state`, such as a later step of a device's
    codes. `expires` is in epoch seconds; a ticket without an expiry is kept forever.
    """

    kind: str
    key: str
    expires: int | None
    state: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class TakeTicket:
    """Take a ticket; if another commit has taken it, no change of the set is made.

    `refused` is the fault that the caller gets then.
    """

    ticket: Ticket
    refused: Fault


class Changes(msgspec.Struct):
    """The changes that one run of an operation stages, and the revisions of all that the run read.

    They are committed only if none of the partitions that were read has changed meanwhile.
    """

    records: list[Put | Remove] = []
    tickets: list[TakeTicket] = []
    read: dict[str, int] = {}
    """The revision of each partition that was read, 0 for a partition that did not exist.

    `state.snapshot.tracking_directory` fills it.
    """
    read_all: dict[str, int] = {}
    """The directory's revision by prefix, where all partitions with names of that prefix were read.

    The empty prefix stands for all partitions.
    """
    event: bytes = b""
    """The event for the audit log, as JSON; durable in the same transaction as the changes."""
    trim_to: int = 0
    """Delete commits and their log up to this number, unless an audit log still waits for them."""
    sweep_tickets: bool = False
    """Whether to delete expired tickets."""

    def __bool__(self) -> bool:
        """Return whether there is anything to commit."""
        return bool(self.records or self.tickets or self.trim_to or self.sweep_tickets)
