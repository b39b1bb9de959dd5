"""The operator's door to AWS's API: a command's call runs the operation that a request would run.

The caller is root of the account that owns the instance, as in a session of `daypass root`, and the
audit record names the operator. Rules of the network do not concern it: it comes by the control
socket. Only the services of IAM Identity Center are called so; for all others there is `daypass
root`.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from daypass.core import arn
from daypass.core.faults import Invalid
from daypass.core.identity_center.ids import UUID_BYTES, new_uuid
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.core.sessions.token import Origin, Session, SessionKind
from daypass.core.time.steady_time import Moment
from daypass.server import clock
from daypass.server.app import Authority
from daypass.server.authority.call import (
    Call,
    ErrorAnswer,
    Outcome,
    Params,
    Peer,
    Staged,
)
from daypass.server.operator.control_socket import ControlAnswer
from daypass.server.operator.identity_center_messages import CallOperation
from daypass.services.kit.caller import Caller
from daypass.services.kit.operation import DeclaredOperation
from daypass.services.kit.proof import Proof
from daypass.services.registry import SERVICES
from daypass.state.snapshot.directory import Directory
from daypass.wire.message import HttpRequest
from daypass.wire.operation_model import OperationCall, OperationModel

CALLED_SERVICES = frozenset(each.name for each in SERVICES if each.is_called_by_commands)
"""The services whose operations the operator calls by the control socket."""
_HEADERS = ((b"content-type", b"application/x-amz-json-1.1"),)
_SESSION_SECONDS = 60
"""How long the caller's session lasts, which no call outlives; ours."""


class OperatorProof(Proof, frozen=True):
    """The proof that a call comes from the operator: it came by the control socket."""

    # The operator is whoever reaches the socket, whatever the directory says.
    def refresh_caller(self, directory: Directory, moment: Moment) -> Caller | None:  # noqa: ARG002
        """Return root of the account; raises `Invalid` if there is no such open account."""
        assert self.caller is not None  # noqa: S101 - made with one
        if not directory.account(self.caller.account).is_open:
            raise Invalid(f"there is no open account {self.caller.account}")
        return self.caller


class OperatorCodec:
    """Reads a command's call and writes its answer, in the protocol of the called service."""

    is_known = False
    recorded_parameters: dict[str, object] | None = None

    def __init__(self, call: OperationCall) -> None:
        self._call = call

    def find_known(self, _signed_for: str | None) -> OperationModel:
        """Return the called operation, which the message names."""
        return self._call.operation

    def identify(self, _signed_for: str | None) -> Generator[None, None, OperationModel]:
        """Return the called operation, which the message names."""
        yield from ()
        return self._call.operation

    def keep(self, params: Params) -> None:
        """Do no more: a command's parameters are read once."""

    def parse(self) -> Params:
        """Return the operation's parameters as a request's body would give them."""
        return self._call.parse()

    def serialize(self, answer: dict[str, Any], request_id: str) -> ControlAnswer:
        """Return the answer as the body of a response has it."""
        body = self._call.operation.serialize(answer, request_id).body
        return ControlAnswer(result=msgspec.json.decode(body) if body else {})

    def serialize_error(self, error: ErrorAnswer, request_id: str) -> ControlAnswer:  # noqa: ARG002
        """Return the refusal: AWS's code and message."""
        return ControlAnswer(error=error.message, code=error.code)


class OperationCaller:
    """Calls operations for the operator's commands."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def answer(self, message: CallOperation) -> ControlAnswer:
        """Return the operation's answer, once its changes are durable and recorded.

        A call that only reads leaves no line: whoever reaches the socket may read the data. Raises
        `Invalid` for an operation that commands do not call.
        """
        result = await self._authority.answerer.run_once(self._make_call(message))
        if isinstance(result, Outcome) and (message.is_dry_run or result.event.outcome == "ok"):
            return result.response
        if isinstance(result, Staged) and message.is_dry_run:
            return result.response
        # What changes anything, or is refused, is begun anew, to be settled and recorded.
        outcome = await self._authority.answerer.answer(self._make_call(message))
        return outcome.response

    def _make_call(self, message: CallOperation) -> Call[ControlAnswer]:
        model, implementation = self._find(message)
        body = msgspec.json.encode(message.parameters)
        request = HttpRequest("POST", b"/", b"", _HEADERS, body)
        call: Call[ControlAnswer] = Call(
            OperatorCodec(OperationCall(model, request, {})),
            request,
            Peer("", is_secure=True),
            new_uuid(clock.entropy(UUID_BYTES)),
            operator=message.by,
        )
        call.operation, call.implementation = model, implementation
        call.proof = _proof(message, now=int(clock.wall()))
        # The operator is not slowed down by the calls of the account's root.
        call.is_rate_counted = True
        return call

    def _find(self, message: CallOperation) -> tuple[OperationModel, DeclaredOperation]:
        """Return the operation that a message names, as it is described and as it is built."""
        implementation = None
        if message.service in CALLED_SERVICES:
            operations = self._authority.runner.operations.get(message.service, {})
            implementation = operations.get(message.operation)
        if implementation is None or implementation.issues:
            raise Invalid(f"commands do not call {message.service}:{message.operation}")
        model = self._authority.catalog.services[message.service].operations[message.operation]
        return model, implementation


def _proof(message: CallOperation, *, now: int) -> OperatorProof:
    """Return the proof of a call, whose caller has a session with the operator's name."""
    account = message.account
    session = Session(
        kind=SessionKind.ROOT,
        origin=Origin.OPERATOR,
        account=account,
        principal_id="",
        session_name=message.by,
        issued=now,
        expires=now + _SESSION_SECONDS,
        secret="",
    )
    principal = Principal(kind=PrincipalKind.ROOT, arn=arn.root(account), account=account)
    return OperatorProof(
        caller=Caller(principal, "", None, session),
        region=message.region,
        credential_id="",
        partitions=frozenset({account}),
    )
