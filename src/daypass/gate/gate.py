"""The gate, put together: a store, rules, and what it shares with the authority."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from daypass.core.keyring import KeyRing
from daypass.core.steady_time import Moment
from daypass.gate import room
from daypass.gate.admission import Admission
from daypass.gate.resolved import Rules
from daypass.gate.room import Room
from daypass.gate.store.upstream import Store
from daypass.state.changes import Changes
from daypass.state.directory import Directory
from daypass.state.usage import Usage


@dataclass(frozen=True, slots=True)
class Seen:
    """What the audit log is told of one request, without any secret."""

    request: str
    operation: str
    account: str
    principal: str
    key: str
    source: str
    agent: str
    resource: str
    outcome: str
    message: str
    reasons: str
    revision: int
    region: str = ""
    principal_id: str = ""
    session: Mapping[str, str | int] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    decisions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """A change of a bucket's record that the gate makes for a request: what the audit log is told with it."""

    change: str
    """`reserved`, `confirmed`, `released`, `changed` or `forgotten`."""
    bucket: str
    request: str
    operation: str
    account: str
    principal: str
    key: str
    source: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store may have; what was not tried is not there."""

    trailers: bool = False
    """Takes a checksum behind the body, and keeps it."""
    chunked_bodies: bool = True
    """Stores a body in chunks without its framing; needed of a store without TLS, and so taken for granted until tried."""
    annotations: bool = False
    preconditions: frozenset[str] = frozenset()
    """Writing operations on which it honours `If-Match` and `If-None-Match`."""
    dot_segments: bool = False
    """Keeps keys apart that differ by segments of dots."""
    bound_uploads: bool = False
    """Takes the id of a multipart upload for its own bucket and key alone."""
    exact_deletions: bool = False
    """Deletes the keys that a DeleteObjects names, blanks around them and all."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate in front of one store."""

    store: Store
    rules: Rules
    snapshot: Callable[[], Directory]
    keyring: Callable[[], KeyRing]
    usage: Usage
    moment: Callable[[], Moment]
    """This moment by the wall clock and by the time that never goes back."""
    monotonic: Callable[[], float]
    """Seconds of a clock that nobody sets."""
    entropy: Callable[[int], bytes]
    settle: Callable[[Callable[[Directory], Changes], Deed], Awaitable[None]]
    """Commits changes together with what is told of them, if what they were made from is still so; else they are made anew.

    Raises a fault.
    """
    admission: Admission
    capabilities: Capabilities
    """What the store was found to have, as far as it was tried."""
    record: Callable[[Sequence[Seen]], Awaitable[None]]
    """Writes audit records; returns when all are written, raises a fault if they cannot be."""
    files: Room = field(default_factory=room.for_files)
    documents: Room = field(default_factory=room.for_documents)

    def clock(self) -> float:
        """Return what the wall clock says, in seconds since 1970: signatures, links and forms are judged by it."""
        return self.moment().wall

    def steady(self) -> int:
        """Return the time that never goes back, in whole seconds since 1970: sessions and decisions are judged by it."""
        return int(self.moment().steady)
