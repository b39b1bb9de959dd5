"""A call, its possible results (`Outcome`, `Staged`, `Needs`), and what a door supplies for it.

A door reads the request and writes the response in its own protocol (`CallCodec`). It neither
proves the caller nor authorizes, commits or records anything: the authority does, between the two.
"""

from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from daypass.core.guesses import RecordedGuess
from daypass.core.time.steady_time import Moment
from daypass.server.audit.event import Event
from daypass.server.authority.prove import CallerClaim
from daypass.services.kit.caller import Caller
from daypass.services.kit.context import Context
from daypass.services.kit.external_facts import ExternalFact, FactOutcome
from daypass.services.kit.operation import DeclaredOperation
from daypass.services.kit.proof import Proof
from daypass.state.changes import Changes
from daypass.state.snapshot.tracking_directory import TrackingDirectory
from daypass.wire.message import HttpRequest
from daypass.wire.operation_model import OperationModel, ServiceModel

R = TypeVar("R")
"""The type of a response in the door's protocol."""
R_co = TypeVar("R_co", covariant=True)
Params = dict[str, Any]
NONE: Mapping[str, Any] = MappingProxyType({})
_BEFORE_ANY_RUN = Moment(0, 0)


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The error that a caller gets for a refused call, in the codes of the called service."""

    service: ServiceModel | None
    """None: the call was refused before its service was known."""
    code: str
    message: str
    status: int | None = None
    """The HTTP status; None for the status that belongs to the code."""
    details: Mapping[str, str] = NONE


class CallCodec(Protocol[R_co]):
    """Reads one request and writes its response, in the protocol of a door."""

    def find_known(self, signed_for: str | None) -> OperationModel | None:
        """Return the called operation if the same call was answered before; else None.

        Takes what `identify` takes, which is called if this returns None.
        """

    def identify(self, signed_for: str | None) -> Generator[None, None, OperationModel]:
        """Return the called operation, before the caller is proved.

        `signed_for` is the service in the signature's scope; None for a request without a
        signature. Raises `WireFault` if the request names no operation.
        """

    @property
    def is_known(self) -> bool:
        """Return whether the same call was answered before: its parameters are valid."""

    @property
    def recorded_parameters(self) -> dict[str, object] | None:
        """Return the parameters of a known call as its audit record shows them; else None."""

    def keep(self, params: Params) -> None:
        """Note that the call was answered, with these parameters, for a caller who was proved."""

    def parse(self) -> Params:
        """Return the operation's parameters, not validated.

        Raises `WireFault` or a `Fault` if they cannot be read.
        """

    def serialize(self, answer: dict[str, Any], request_id: str) -> R_co:
        """Return the response for an operation's answer."""

    def serialize_error(self, error: ErrorAnswer, request_id: str) -> R_co:
        """Return the response for an error."""


class Peer(msgspec.Struct, frozen=True):
    """The sender of a call, as its connection and its headers describe it, without proof."""

    address: str
    """The IP address; empty if it is not known."""
    is_secure: bool
    user_agent: str = ""
    referer: str = ""


class Call(msgspec.Struct, Generic[R]):
    """One call and everything known of it so far; its audit event is made from these fields."""

    codec: CallCodec[R]
    request: HttpRequest
    """The request as the schemes that prove a caller read it."""
    peer: Peer
    id: str
    """The request id in the response, the same for every run."""
    operator: str = ""
    """Who makes the call by a command on the server's host; empty for a call over the network."""
    moment: Moment = _BEFORE_ANY_RUN
    """When the latest run began."""

    claim: CallerClaim | None = None
    """What the request claims about its caller; None if it claims no identity."""
    operation: OperationModel | None = None
    """The called operation, as AWS's model describes it."""
    implementation: DeclaredOperation | None = None
    """The called operation, as this server implements it; None if it does not."""
    proof: Proof | None = None
    caller: Caller | None = None
    """The proved caller, as the latest run has looked it up."""
    is_rate_counted: bool = False
    """Whether the call was counted towards its caller's rate."""
    params: Params = {}
    is_parsed: bool = False
    """Whether the parameters were parsed and are valid."""
    known_facts: dict[ExternalFact[Any], FactOutcome] = {}
    """The facts that were found for this call, beside the snapshot."""
    facts_end: float = 0.0
    """The deadline for finding all facts, by the monotonic clock; 0 while no fact was needed."""
    guess: RecordedGuess | None = None
    """The guess at a one-time code that this call makes, once it is counted."""
    runs: int = 0

    # Fields of the latest run.
    directory: TrackingDirectory | None = None
    """The snapshot that the run reads, with a record of what it has read."""
    context: Context | None = None
    resource: str = ""
    recorded_answer: Mapping[str, Any] = NONE
    """The answer, if it issues a credential or changes the state; else empty."""

    def begin_run(self, moment: Moment) -> None:
        """Clear the fields of the last run and begin another one at `moment`."""
        self.moment = moment
        self.runs += 1
        if self.runs > 1:
            self.directory, self.context, self.resource, self.recorded_answer = None, None, "", NONE

    @property
    def region(self) -> str:
        """Return the region that the call was made to; empty as long as it is not known."""
        if self.proof is not None:
            return self.proof.region
        return self.claim.region if self.claim else ""

    @property
    def signed_for(self) -> str | None:
        """Return the service that the request claims to be signed for; None for an unsigned one."""
        return self.claim.service if self.claim else None

    @property
    def credential_id(self) -> str:
        """Return the id of the credential that the call claims or was proved with, or empty."""
        if self.proof is not None:
            return self.proof.credential_id
        return self.claim.credential_id if self.claim else ""

    @property
    def subject(self) -> str:
        """Return the name under which the calls and the guesses of this caller are counted.

        A role's sessions share their role's, a user's sessions their user's, a person's portal
        sessions the person's. A caller who was not proved is counted by address.
        """
        caller = self.caller
        if caller is None:
            return self.peer.address
        if caller.person is not None:
            return caller.person.person.id
        return caller.record.unique_id if caller.record else caller.account or self.peer.address


class Outcome(msgspec.Struct, Generic[R]):
    """The final result of a call: its response and its audit event."""

    response: R
    event: Event
    has_credentials: bool = False
    """Whether the response holds a credential: it must not be sent unless its event is recorded."""
    is_recorded: bool = False
    """Whether the event was committed together with a change."""


class Staged(msgspec.Struct, Generic[R]):
    """The result of a run whose changes are not committed yet, with what is sent when they are."""

    call: Call[R]
    changes: Changes
    response: R
    event: Event


class Needs(msgspec.Struct, frozen=True):
    """The result of a run that cannot go on before a fact is found."""

    fact: ExternalFact[Any]
