"""One run of a call: identify, prove, parse, authorize, operate; a later run begins at *authorize*.

A run neither waits nor commits: it reads a snapshot, stages changes, and yields between two long
steps so that other requests get the event loop. A run that needs a fact from outside the snapshot
raises `FactNeeded`, and the call is run again once the fact is found.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from daypass.core.faults import Unauthenticated
from daypass.core.keyring import KeyRing
from daypass.core.organizations.settings import OrganizationSettings
from daypass.core.policy.language.principal import PrincipalKind
from daypass.core.sessions.forbidden_calls import forbidden_call
from daypass.core.sources import Clock, Entropy
from daypass.core.time.steady_time import Moment
from daypass.server.authority.call import Call, R
from daypass.server.authority.facts import CountedGuess
from daypass.server.authority.guesses import GuessCounter
from daypass.server.authority.prove import Prover
from daypass.server.authority.rates import RateLimiter
from daypass.services.kit import operation as kit
from daypass.services.kit.authorization_question import AuthorizationQuestion, Circumstances
from daypass.services.kit.caller import ANONYMOUS, Caller
from daypass.services.kit.context import Context
from daypass.services.kit.effective_policies import are_compiled, compile_in_steps
from daypass.state.last_uses import LastUses
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory
from daypass.wire.errors import WireFault
from daypass.wire.operation_model import OperationModel
from daypass.wire.paginate import AnswerSteps


class CallRunner:
    """Runs calls, each run on the current snapshot."""

    def __init__(  # noqa: PLR0913 - its parts, from the composition root
        self,
        operations: Mapping[str, Mapping[str, kit.DeclaredOperation]],
        *,
        prover: Prover,
        snapshot: Callable[[], Directory],
        keyring: Callable[[], KeyRing],
        usage: LastUses,
        clock: Callable[[], Moment],
        monotonic: Clock,
        entropy: Entropy,
        rates: RateLimiter,
        guesses: GuessCounter,
        settings: OrganizationSettings,
    ) -> None:
        self.operations = operations
        """Every implemented operation, by service and by AWS's name of it."""
        self._prover = prover
        self._snapshot = snapshot
        self._keyring = keyring
        self._usage = usage
        self._clock = clock
        self._monotonic = monotonic
        self._entropy = entropy
        self._rates = rates
        self._guesses = guesses
        self.settings = settings
        """The operator's settings for organizations and their instances."""

    def run(self, call: Call[R]) -> AnswerSteps:
        """Return the operation's answer; its changes are staged in `call.context`.

        A generator, which yields between two long steps. Raises `WireFault` or a `Fault` if the
        call is refused, and `FactNeeded` if the run needs a fact that is not known yet.
        """
        moment = self._clock()
        call.begin_run(moment)
        if call.proof is None:
            if call.operation is None:
                # Known calls take no generator.
                call.operation = self._find_known(call) or (yield from self._identify(call))
            directory = self._prove(call, call.operation, moment)
        else:
            directory = call.directory = TrackingDirectory(self._snapshot())
            call.caller = call.proof.refresh_caller(directory, moment) or ANONYMOUS
        caller, model, implementation = call.caller, call.operation, call.implementation
        assert caller is not None  # noqa: S101 - set together with the proof
        assert model is not None  # noqa: S101 - set before the proof
        if not call.is_rate_counted:
            self._rates.count_call(call.subject, self._monotonic())
            call.is_rate_counted = True
        if implementation is None:
            raise _not_implemented(model)
        if not are_compiled(caller, directory):
            yield from compile_in_steps(caller, directory)
        if not call.is_parsed:
            self._parse(call, model, implementation)
        context = call.context = self._context(call, directory, caller)
        if implementation.codes and any(name in call.params for name in implementation.codes):
            steady = int(moment.steady)
            call.guess = context.fact(CountedGuess(call.subject, self._guesses, steady))
        _authorize(call, context, caller)
        if "Tags" in call.params:
            yield from directory.prepare_tag_policy(caller.account)
        result = implementation.handler(context, call.params)
        # A handler that reads many records is a generator, which yields between two of them.
        answer: dict[str, Any]
        if type(result) is dict:
            # Nearly always; asking whether it is a generator takes a function of `abc`.
            answer = result
        else:
            answer = (yield from result) if isinstance(result, Generator) else result or {}
        if model.paginator is None:
            return answer
        keys = context.keyring.mac_keys("page marker")
        owner = caller.person.person.id if caller.person is not None else caller.account
        return (yield from model.page_answer(answer, call.params, owner=owner, keys=keys))

    def _find_known(self, call: Call[R]) -> OperationModel | None:
        """Return the operation of a call that is known, and set its claim; None for other calls.

        A claim that cannot be read is left to `_identify`.
        """
        try:
            call.claim = self._prover.read_claim(call.request)
        except Unauthenticated:
            return None
        return call.codec.find_known(call.signed_for)

    def _identify(self, call: Call[R]) -> Generator[None, None, OperationModel]:
        """Return the operation of a call; raises `Unauthenticated` for an unreadable claim.

        Then the operation is set nevertheless, if the request names one, for the refusal is written
        in the protocol of the called service.
        """
        try:
            call.claim = call.claim or self._prover.read_claim(call.request)
        except Unauthenticated:
            with suppress(WireFault):
                call.operation = yield from call.codec.identify(None)
            raise
        return (yield from call.codec.identify(call.signed_for))

    def _prove(self, call: Call[R], model: OperationModel, moment: Moment) -> TrackingDirectory:
        """Set the call's proof and caller; return the snapshot of the proof."""
        implementation = self.operations.get(model.service.name, {}).get(model.name)
        call.implementation = implementation
        if implementation is None and model.auth != "v4":
            raise _not_implemented(model)
        directory = call.directory = TrackingDirectory(self._snapshot())
        proof = call.proof = self._prover.prove(
            implementation.scheme if implementation else kit.SIGV4,
            call.request,
            call.claim,
            directory=directory,
            service=model.service,
            moment=moment,
            known=call.known_facts,
        )
        call.caller = proof.caller or ANONYMOUS
        return directory

    def _parse(
        self, call: Call[R], model: OperationModel, implementation: kit.DeclaredOperation
    ) -> None:
        """Parse and validate the parameters.

        Raises `Violation` for parameters that the model does not allow, or that would be ignored.
        """
        params = call.params = call.codec.parse()
        if not call.codec.is_known:
            model.validate(params)
            if implementation.unread:
                implementation.check_unread_parameters(params)
        if implementation.credential:
            # The caller was proved by it. What is not there is neither logged nor part of a page
            # marker, which outlives a token.
            params.pop(implementation.credential, None)
        call.is_parsed = True

    def _context(self, call: Call[R], directory: Directory, caller: Caller) -> Context:
        peer, moment = call.peer, call.moment
        circumstances = Circumstances(
            int(moment.wall),
            peer.address,
            peer.is_secure,
            call.region,
            peer.user_agent,
            peer.referer,
            moment.lead,
            bool(call.operator),
        )
        # By position: by name takes longer, in each call.
        return Context(
            directory,
            caller,
            circumstances,
            self._entropy,
            self._keyring(),
            self._usage,
            self.settings,
            call.id,
            call.known_facts,
        )


def _authorize(call: Call[R], context: Context, caller: Caller) -> None:
    """Raise `Denied` unless the caller may perform the operation on every target of the call."""
    model, implementation = call.operation, call.implementation
    assert model is not None  # noqa: S101 - identified before
    assert implementation is not None  # noqa: S101 - checked before
    forbidden = forbidden_call(
        caller.session,
        is_root=caller.principal.kind is PrincipalKind.ROOT,
        service=model.service.name,
        operation=model.name,
    )
    if forbidden is not None:
        raise forbidden
    if implementation.on is None:
        return
    located = implementation.on(context, call.params)
    targets = (located,) if isinstance(located, kit.ResourceTarget) else tuple(located)
    call.resource = targets[0].arn
    operation_action = f"{model.service.action_prefix}:{model.name}"
    if implementation.names_each_refusal:
        context.authorize_each(_questions(targets, operation_action, caller.account))
        return
    for target in targets:
        context.authorize(
            target.action or operation_action,
            on=target.arn,
            account=target.account,
            keys=target.keys,
            policy=target.policy,
            policy_owner=target.policy_owner,
        )


def _questions(
    targets: Sequence[kit.ResourceTarget], action: str, account: str
) -> list[AuthorizationQuestion]:
    """Return the question about each target; `account` owns those that name no other owner."""
    return [
        AuthorizationQuestion(
            action=each.action or action,
            resource=each.arn,
            account=account if each.account is None else each.account,
            keys=each.keys,
            resource_policy=each.policy,
            policy_owner=each.policy_owner,
        )
        for each in targets
    ]


def _not_implemented(model: OperationModel) -> WireFault:
    return WireFault(
        "NotImplemented",
        f"{model.service.name}:{model.name} is not implemented yet.",
        status=501,
    )
