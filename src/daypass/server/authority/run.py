"""One run of a call: identify, prove, read, authorize, operate. A later run of the same call begins at *authorize*.

Nothing here waits or acts: a run reads a snapshot, stages changes, and says between two long steps that others may have the event
loop. What is outside the snapshot it names, and is run again when that is known.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any

from daypass.core import faults
from daypass.core.keyring import KeyRing
from daypass.core.organizations.settings import Settings
from daypass.core.policy.language.principal import PrincipalKind
from daypass.core.sessions.forbidden_calls import reason_forbidden
from daypass.core.sources import Clock, Entropy
from daypass.core.steady_time import Moment
from daypass.server.authority.call import Call, R
from daypass.server.authority.facts import Attempt
from daypass.server.authority.guesses import Guesses
from daypass.server.authority.prove import Prover
from daypass.server.authority.rates import Rates
from daypass.services.kit import operation as kit
from daypass.services.kit.caller import ANONYMOUS, Caller
from daypass.services.kit.context import Context
from daypass.services.kit.effective_policies import prepared
from daypass.services.kit.question import Circumstances
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.recording import Recording
from daypass.state.usage import Usage
from daypass.wire.errors import WireFault
from daypass.wire.operation_model import OperationModel
from daypass.wire.paginate import Steps


class Runner:
    """Runs calls on the snapshot of the moment."""

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        operations: Mapping[str, Mapping[str, kit.Operation]],
        *,
        prover: Prover,
        snapshot: Callable[[], Directory],
        keyring: Callable[[], KeyRing],
        usage: Usage,
        clock: Callable[[], Moment],
        monotonic: Clock,
        entropy: Entropy,
        rates: Rates,
        guesses: Guesses,
        settings: Settings,
    ) -> None:
        self._operations = operations
        self._prover = prover
        self._snapshot = snapshot
        self._keyring = keyring
        self._usage = usage
        self._clock = clock
        self._monotonic = monotonic
        self._entropy = entropy
        self._rates = rates
        self._guesses = guesses
        self._settings = settings

    def run(self, call: Call[R]) -> Steps:
        """Return the operation's answer; what it changes is staged in the call's context.

        Raises `WireFault` and `Fault` for what is refused, `Needed` for a fact that the run waits for.
        """
        moment = self._clock()
        call.begin(moment)
        if call.proof is None:
            directory = yield from self._prove(call, moment)
        else:
            directory = call.directory = Recording(self._snapshot())
            call.caller = call.proof.again(directory, moment) or ANONYMOUS
        caller, wire, built = call.caller, call.operation, call.built
        assert caller is not None  # noqa: S101 - a proof was made
        assert wire is not None  # noqa: S101 - of the caller of an operation
        if not call.is_counted:
            self._rates.check(call.subject, self._monotonic())
            call.is_counted = True
        if built is None:
            raise _unbuilt(wire)
        yield from prepared(caller, directory)
        if not call.is_read:
            self._read(call, wire, built)
        context = call.context = self._context(call, directory, caller)
        if built.codes and any(name in call.params for name in built.codes):
            steady = int(moment.steady)
            call.guess = context.fact(Attempt(call.subject, self._guesses, steady))
        _authorize(call, context, caller)
        if "Tags" in call.params:
            yield from directory.prepare_tag_policy(caller.account)
        found = built.handler(context, call.params)
        # What goes over many things says between two of them that others may have the event loop.
        answer: dict[str, Any] = (yield from found) if isinstance(found, Generator) else found or {}
        if wire.paginator is None:
            return answer
        keys = context.keyring.mac_keys("page marker")
        return (yield from wire.paged(answer, call.params, account=caller.account, keys=keys))

    def _prove(self, call: Call[R], moment: Moment) -> Generator[None, None, Recording]:
        """Find out what is asked and who calls; return the snapshot that the proof stands on."""
        if call.operation is None:
            claimed = call.claimed = self._prover.claimed(call.request)
            call.operation = yield from call.language.identify(claimed.service if claimed else None)
        wire = call.operation
        built = call.built = self._operations.get(wire.service.name, {}).get(wire.name)
        if built is None and wire.auth != "v4":
            raise _unbuilt(wire)
        directory = call.directory = Recording(self._snapshot())
        proof = call.proof = self._prover.prove(
            built.scheme if built else kit.SIGV4,
            call.request,
            call.claimed,
            directory=directory,
            service=wire.service,
            moment=moment,
            known=call.known,
        )
        call.caller = proof.caller or ANONYMOUS
        return directory

    def _read(self, call: Call[R], wire: OperationModel, built: kit.Operation) -> None:
        """Read the parameters; raises `Violation` for what the model does not take, and for what would be ignored."""
        params = call.params = call.language.parse()
        wire.validate(params)
        if built.unread:
            built.check_read(params)
        call.is_read = True

    def _context(self, call: Call[R], directory: Directory, caller: Caller) -> Context:
        peer, moment = call.peer, call.moment
        return Context(
            directory=directory,
            caller=caller,
            circumstances=Circumstances(
                now=int(moment.wall),
                lead=moment.lead,
                source_ip=peer.source,
                secure=peer.is_secure,
                region=call.region,
                user_agent=peer.agent,
                referer=peer.referer,
            ),
            entropy=self._entropy,
            keyring=self._keyring(),
            usage=self._usage,
            settings=self._settings,
            request_id=call.id,
            known=call.known,
        )


def _authorize(call: Call[R], context: Context, caller: Caller) -> None:
    """Raise `Denied` unless the caller may do what is asked to everything that the call acts on."""
    wire, built = call.operation, call.built
    assert wire is not None  # noqa: S101 - a run is of an operation
    assert built is not None  # noqa: S101 - that is built
    reason = reason_forbidden(
        caller.session,
        is_root=caller.principal.kind is PrincipalKind.ROOT,
        service=wire.service.name,
        operation=wire.name,
    )
    if reason:
        raise faults.Denied(reason)
    if built.on is None:
        return
    located = built.on(context, call.params)
    targets = (located,) if isinstance(located, kit.Target) else tuple(located)
    call.resource = targets[0].arn
    own = f"{wire.service.action_prefix}:{wire.name}"
    for target in targets:
        context.authorize(
            target.action or own,
            on=target.arn,
            account=target.account,
            keys=target.keys,
            policy=target.policy,
            policy_owner=target.policy_owner,
        )


def _unbuilt(wire: OperationModel) -> WireFault:
    return WireFault(
        "NotImplemented",
        f"{wire.service.name}:{wire.name} is not implemented yet.",
        status=501,
    )
