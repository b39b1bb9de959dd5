"""A call and what becomes of it, whatever door it comes by and whatever it is written in.

A door says in its own language what is asked and writes down what is answered. Between the two it knows neither who calls nor
whether that is allowed, and it commits and records nothing.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from daypass.core.guesses import Guess
from daypass.core.steady_time import Moment
from daypass.server.audit.event import Event
from daypass.server.authority.prove import Claimed
from daypass.services.kit.caller import Caller
from daypass.services.kit.context import Context
from daypass.services.kit.fact import Fact, Found
from daypass.services.kit.operation import Operation
from daypass.services.kit.proof import Proof
from daypass.state.changes import Changes
from daypass.state.snapshot.recording import Recording
from daypass.wire.message import HttpRequest
from daypass.wire.operation_model import OperationModel, ServiceModel

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Params = dict[str, Any]
NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a caller is told of a call that is refused, in the codes of the service that was asked."""

    service: ServiceModel | None
    """None: the call was refused before anybody knew what it asks."""
    code: str
    message: str
    status: int | None = None
    """The status that goes with it, None for the code's own."""
    details: Mapping[str, str] = field(default_factory=lambda: NONE)


class Language(Protocol[R_co]):
    """What one request says, and how its door writes an answer. The caller is not proved yet when `identify` is called."""

    def identify(self, signed_for: str | None) -> Generator[None, None, OperationModel]:
        """Return the operation that is asked for; `signed_for` is the service that the request claims to call, None without a claim.

        Raises `WireFault` where there is none.
        """

    def parse(self) -> Params:
        """Return the operation's input, not validated; raises `WireFault` or a `Fault` for one that cannot be read."""

    def serialize(self, answer: dict[str, Any], request_id: str) -> R_co:
        """Return an answer as it is sent."""

    def refuse(self, refusal: Refusal, request_id: str) -> R_co:
        """Return a refusal as it is sent."""


class Peer(msgspec.Struct, frozen=True):
    """Whoever sent a call, as the connection shows it and as it describes itself, without proof."""

    source: str
    """The address; empty where it is not known."""
    is_secure: bool
    agent: str = ""
    referer: str = ""


@dataclass(slots=True)
class Call(Generic[R]):
    """One call: what it says, and what is known of it so far. The audit record is made from it."""

    language: Language[R]
    request: HttpRequest
    """What the ways to prove a caller read."""
    peer: Peer
    id: str
    """The request id that the caller is given, the same for every run."""
    moment: Moment = field(init=False)
    """When its latest run began."""

    claimed: Claimed | None = None
    """What the request says of its caller."""
    operation: OperationModel | None = None
    built: Operation | None = None
    proof: Proof | None = None
    caller: Caller | None = None
    """Who calls, by the latest run."""
    is_counted: bool = False
    """Whether it counts towards the rate of its caller."""
    params: Params = field(default_factory=dict)
    is_read: bool = False
    """Whether its parameters were read and are good."""
    known: dict[Fact[Any], Found] = field(default_factory=dict)
    """What was found out for it beside the snapshot."""
    facts_end: float = 0.0
    """Until when all of that has to be found out, by the monotonic clock; 0 while it needs no fact."""
    guess: Guess | None = None
    """The guess at a one-time code that it is."""
    runs: int = 0

    # Of its latest run.
    directory: Recording | None = None
    """The snapshot, and what the run has read of it."""
    context: Context | None = None
    resource: str = ""
    issued: Mapping[str, Any] = field(default_factory=lambda: NONE)
    """The answer, if it issues a credential or changes something."""

    def begin(self, moment: Moment) -> None:
        """Forget the last run, and begin another one."""
        self.moment = moment
        self.runs += 1
        self.directory, self.context, self.resource, self.issued = None, None, "", NONE

    @property
    def region(self) -> str:
        """Return the region that the call was made to, as far as it is known."""
        if self.proof is not None:
            return self.proof.region
        return self.claimed.region if self.claimed else ""

    @property
    def credential_id(self) -> str:
        """Return the id of the credential that the call claims, or was proved with."""
        if self.proof is not None:
            return self.proof.credential_id
        return self.claimed.credential_id if self.claimed else ""

    @property
    def subject(self) -> str:
        """Return who is counted as the caller, by any name.

        A role's sessions share its allowance, and a user's sessions share the user's guesses. A caller whom nobody proved is counted by its
        address.
        """
        caller = self.caller
        if caller is None:
            return self.peer.source
        return caller.record.unique_id if caller.record else caller.account or self.peer.source


@dataclass(slots=True)
class Outcome(Generic[R]):
    """A call that has its answer."""

    response: R
    event: Event
    issues: bool = False
    """Whether the answer holds a credential: it may not leave unrecorded."""
    is_recorded: bool = False
    """Whether the event was committed together with a change."""


@dataclass(slots=True)
class Staged(Generic[R]):
    """A call that has its answer, as it is sent, and its event, if its changes can be committed."""

    call: Call[R]
    changes: Changes
    response: R
    event: Event


@dataclass(frozen=True, slots=True)
class Needs:
    """A call that goes on when a fact is known."""

    fact: Fact[Any]
