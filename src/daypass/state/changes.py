"""What an operation wants changed: records put and removed, tickets taken, all together or not at all."""

from dataclasses import dataclass, field

from daypass.core.domain.record import Record
from daypass.core.faults import Fault


@dataclass(frozen=True, slots=True)
class Put:
    """Keep a record, in place of the one with the same account, kind and key."""

    record: Record


@dataclass(frozen=True, slots=True)
class Remove:
    """Forget a record."""

    record: Record


@dataclass(frozen=True, slots=True)
class Ticket:
    """A right to do something once: whoever commits it first has it.

    Where a ticket may be taken again it is only with a higher `state`, such as a later step of a device's codes. `expires` is
    epoch seconds; a ticket without is kept for good.
    """

    kind: str
    key: str
    expires: int | None
    state: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class TakeTicket:
    """Take a ticket, or be refused with a fault if somebody took it before."""

    ticket: Ticket
    refused: Fault


@dataclass(slots=True)
class Changes:
    """What one run of an operation staged, and what it read: none of that may have moved when this is committed."""

    records: list[Put | Remove] = field(default_factory=list)
    tickets: list[TakeTicket] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)
    """The revision of each partition that was read, 0 for one that did not exist; `state.snapshot.tracking_directory` fills it."""
    read_all: dict[str, int] = field(default_factory=dict)
    """The directory's revision where every partition was read whose name begins so: all of them with an empty beginning."""
    event: bytes = b""
    """What the audit log is told if this is committed, as JSON; it becomes durable together with the change."""
    trim_to: int = 0
    """Commits and their log up to this number are forgotten, but for those that an audit log still waits for."""
    sweep_tickets: bool = False
    """Whether tickets that have expired are forgotten."""

    def __bool__(self) -> bool:
        """Say whether there is anything to commit."""
        return bool(self.records or self.tickets or self.trim_to or self.sweep_tickets)
