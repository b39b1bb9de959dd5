"""Answers calls: runs a call, finds the facts it needs, commits its changes, records and counts it.

Every door hands its calls in here. A call is awaited only while its changes or its record become
durable, while a fact is looked up, and between the steps of a long run.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Generic

import msgspec

from daypass.core import faults
from daypass.core.domain.organizations.organization import PREFIX
from daypass.core.domain.partition import GLOBAL
from daypass.core.faults import Fault
from daypass.core.sources import Clock
from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import Unrecorded
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.call import NONE, Call, ErrorAnswer, Needs, Outcome, Params, R, Staged
from daypass.server.authority.error_codes import ErrorCodes
from daypass.server.authority.event_of_call import event_of_call
from daypass.server.authority.facts import CaughtUp, FactFinder
from daypass.server.authority.guesses import GuessCounter
from daypass.server.authority.run import CallRunner
from daypass.server.authority.settle import Proposal, Settler
from daypass.server.health.metrics import Metrics
from daypass.server.other_workers import OtherWorkers
from daypass.services.kit.context import Context
from daypass.services.kit.external_facts import FactNeeded
from daypass.state.changes import Changes
from daypass.state.last_uses import LastUse, LastUses
from daypass.wire.errors import WireFault
from daypass.wire.paginate import AnswerSteps

UNKNOWN_ERROR = "The request processing has failed because of an unknown error."


class Begun(msgspec.Struct, Generic[R]):
    """A call after its first step."""

    call: Call[R]
    steps: AnswerSteps
    result: Outcome[R] | Staged[R] | Needs | None
    """The result of the run; None while it has further steps."""


class Answerer:
    """Answers the calls of every door."""

    def __init__(  # noqa: PLR0913 - its parts, from the composition root
        self,
        runner: CallRunner,
        settler: Settler,
        recorder: Recorder,
        *,
        facts: FactFinder,
        guesses: GuessCounter,
        error_codes: ErrorCodes,
        metrics: Metrics,
        usage: LastUses,
        others: OtherWorkers,
        monotonic: Clock,
    ) -> None:
        self._runner = runner
        self._settler = settler
        self._recorder = recorder
        self._facts = facts
        self._guesses = guesses
        self._error_codes = error_codes
        self._metrics = metrics
        self._usage = usage
        self._others = others
        self._monotonic = monotonic

    async def answer(self, call: Call[R]) -> Outcome[R]:
        """Return the outcome of a call; its changes are durable and its audit record is written."""
        return await self.finish(self.begin(call))

    def begin(self, call: Call[R]) -> "Begun[R]":
        """Take the first step of a call, which for most calls is the only one."""
        steps = self._runner.run(call)
        return Begun(call, steps, self._advance(call, steps))

    async def finish(self, begun: "Begun[R]") -> Outcome[R]:
        """Return the outcome of a call that has begun; as `answer` does."""
        call = begun.call
        result = begun.result or await self._advance_to_end(call, begun.steps)
        result = await self._run_with_facts(call, result)
        if isinstance(result, Staged):
            result = await self._settle(result)
        return await self._record(call, result)

    def record_then(
        self, call: Call[R], outcome: Outcome[R], send: Callable[[Outcome[R]], None]
    ) -> None:
        """Write the audit record of a call that made no change, then pass its outcome on."""
        self._recorder.record_then(
            outcome.event, lambda fault: send(self._recorded(call, outcome, fault))
        )

    # Running.

    async def _run_with_facts(
        self, call: Call[R], result: Outcome[R] | Staged[R] | Needs
    ) -> Outcome[R] | Staged[R]:
        """Run a call again after each fact that it needed was found."""
        while isinstance(result, Needs):
            fact = result.fact
            if len(call.known_facts) >= limits.FACTS_PER_CALL_MAX:
                name = type(fact).__name__
                return self._fail(call, f"{name} is one fact more than a call may need")
            call.facts_end = call.facts_end or self._monotonic() + limits.FACT_SECONDS_MAX
            try:
                call.known_facts[fact] = await self._facts.find(fact, end=call.facts_end)
            except Exception as error:  # noqa: BLE001 - any failure: no change was committed
                return self._fail_by_exception(call, error)
            result = await self.run_once(call)
        return result

    async def run_once(self, call: Call[R]) -> Outcome[R] | Staged[R] | Needs:
        """Run a call once on the current snapshot; other requests run between two of its steps."""
        begun = self.begin(call)
        return begun.result or await self._advance_to_end(call, begun.steps)

    async def _advance_to_end(
        self, call: Call[R], steps: AnswerSteps
    ) -> Outcome[R] | Staged[R] | Needs:
        """Take the other steps of a run, one in each turn of the event loop."""
        result = None
        while result is None:
            await asyncio.sleep(0)
            result = self._advance(call, steps)
        return result

    def _advance(self, call: Call[R], steps: AnswerSteps) -> Outcome[R] | Staged[R] | Needs | None:
        """Take one step of a run; return its result, None while there are further steps."""
        try:
            next(steps)
        except StopIteration as end:
            return self._finish_run(call, end.value)
        except FactNeeded as need:
            return Needs(need.fact)
        except WireFault as fault:
            return self._refuse(call, fault.code, fault.message, status=fault.status)
        except Fault as fault:
            if self._may_be_outdated(call, fault):
                return Needs(CaughtUp(self._others))
            return self.refuse(call, fault)
        except Exception as error:  # noqa: BLE001 - a bug is answered, its text never sent
            return self._fail_by_exception(call, error)
        return None

    def _may_be_outdated(self, call: Call[R], fault: Fault) -> bool:
        """Say whether a refusal was decided without commits that other workers have applied.

        Such a call is run once more after this worker has caught up.
        """
        is_first = call.runs == 1
        return is_first and self._others.is_behind and not isinstance(fault, faults.Throttled)

    def _finish_run(self, call: Call[R], answer: Params) -> Outcome[R] | Staged[R]:
        """Return the outcome of a run without changes, or what to commit of a run with changes.

        The answer is serialized before the commit, so that `ok` in the event is final.
        """
        context, implementation, directory = call.context, call.implementation, call.directory
        assert directory is not None  # noqa: S101 - every run has one
        assert context is not None  # noqa: S101 - only an authorized run has an answer
        assert implementation is not None  # noqa: S101 - the same
        try:
            response = call.codec.serialize(answer, call.id)
        except Exception as error:  # noqa: BLE001 - a bug is answered, its text never sent
            return self._fail_by_exception(call, error)
        has_credentials = bool(implementation.issues)
        if context.changes or has_credentials:
            call.recorded_answer = answer
        event = event_of_call(call, "ok", "")
        if context.changes:
            # After serializing: an answer may be a generator, which reads the snapshot only then.
            return Staged(call, directory.with_read_set(context.changes), response, event)
        self._count_success(call, context, event)
        if event.principal and call.guess is None:
            call.codec.keep(call.params)
        return Outcome(response, event, has_credentials=has_credentials)

    # Committing.

    async def _settle(self, staged: Staged[R]) -> Outcome[R]:
        """Commit staged changes, and run the call again each time another commit came first."""
        call = staged.call

        async def propose() -> Proposal[Outcome[R] | Staged[R]]:
            return _make_proposal(await self._run_with_facts(call, await self.run_once(call)))

        try:
            result = await self._settler.settle(
                propose, _lock_names(staged), first=_make_proposal(staged)
            )
        except Fault as fault:
            return self.refuse(call, fault)
        if isinstance(result, Outcome):
            return result
        assert call.context is not None  # noqa: S101 - set by the run that staged the changes
        self._count_success(call, call.context, result.event)
        return Outcome(result.response, result.event, is_recorded=True)

    async def _record(self, call: Call[R], outcome: Outcome[R]) -> Outcome[R]:
        """Return the outcome once its audit record is written.

        The record of a change was committed with it. If the record cannot be written, a response
        that holds a credential is replaced by a refusal.
        """
        if outcome.is_recorded:
            return outcome
        try:
            await self._recorder.record(outcome.event)
        except Unrecorded as fault:
            return self._recorded(call, outcome, fault)
        return outcome

    def _recorded(self, call: Call[R], outcome: Outcome[R], fault: Unrecorded | None) -> Outcome[R]:
        """Return an outcome whose audit record is written, or could not be for that `fault`."""
        if fault is not None and outcome.has_credentials:
            # A credential without an audit record is never sent.
            error = ErrorAnswer(None, "ServiceUnavailable", fault.message, 503)
            outcome.response = call.codec.serialize_error(error, call.id)
        return outcome

    # Counting.

    def _count_success(self, call: Call[R], context: Context, event: Event) -> None:
        self._metrics.count_answer(event.service, event.operation, event.outcome)
        self._note_uses(call, context)
        if call.guess is not None:
            self._guesses.forget(call.guess.subject)

    def _note_uses(self, call: Call[R], context: Context) -> None:
        operation = call.operation
        assert operation is not None  # noqa: S101 - a call without one fails
        use = LastUse(context.now, operation.service.action_prefix, call.region)
        if context.caller.session is None and context.caller.access_key_id:
            self._usage.record(context.caller.access_key_id, use)
        for role_id in context.used_ids:
            self._usage.record(role_id, use)

    # Refusing.

    def refuse(self, call: Call[R], fault: Fault) -> Outcome[R]:
        """Return the refusal of a call, with the error code of the called service."""
        operation = call.operation
        outcome = self._refuse(
            call,
            self._error_codes.code(fault, operation.service if operation else None),
            fault.message,
            operator=fault.operator,
            details=self._error_codes.details(fault, operation),
            reasons=fault.reasons if isinstance(fault, faults.Denied) else "",
        )
        self._take_back_guess(call, fault)
        return outcome

    def _take_back_guess(self, call: Call[R], fault: Fault) -> None:
        """Subtract the call's guess from the count, unless its code was compared, right or not."""
        guess, context = call.guess, call.context
        was_right = context is not None and bool(context.changes.tickets)
        if guess is not None and not was_right and not isinstance(fault, faults.WrongCode):
            self._guesses.take_back(guess)

    def _fail_by_exception(self, call: Call[R], error: Exception) -> Outcome[R]:
        """Return the outcome of a bug; the audit record names the exception, the response not."""
        return self._fail(call, f"{type(error).__name__} at {_raise_location(error)}")

    def _fail(self, call: Call[R], operator: str) -> Outcome[R]:
        """Return the outcome of an internal failure; `operator` is its text in the audit record."""
        service = call.operation.service if call.operation else None
        code = self._error_codes.internal_failure(service)
        # A guess stays counted: its code may have been compared.
        return self._refuse(call, code, UNKNOWN_ERROR, status=500, operator=operator)

    def _refuse(
        self,
        call: Call[R],
        code: str,
        message: str,
        *,
        status: int | None = None,
        operator: str = "",
        details: Mapping[str, str] = NONE,
        reasons: str = "",
    ) -> Outcome[R]:
        service = call.operation.service if call.operation else None
        error = ErrorAnswer(service, code, message, status, details)
        event = event_of_call(call, code, operator or message, reasons)
        self._metrics.count_answer(event.service, event.operation, event.outcome)
        return Outcome(call.codec.serialize_error(error, call.id), event)


def _make_proposal(result: Outcome[R] | Staged[R]) -> Proposal[Outcome[R] | Staged[R]]:
    changes = result.changes if isinstance(result, Staged) else Changes()
    return Proposal(changes, result.event, result)


def _lock_names(staged: Staged[R]) -> list[str]:
    """Return the names of the partitions whose writers queue with this call, in sorted order.

    They are the proof's partitions, whose policies allow the change, and of the changed ones the
    organizations and the partition that all accounts share.
    """
    changed = {change.record.account for change in staged.changes.records}
    proof = staged.call.proof
    proved = proof.partitions if proof else frozenset()
    return sorted(proved | {name for name in changed if name == GLOBAL or name.startswith(PREFIX)})


def _raise_location(error: Exception) -> str:
    """Return the file and line where an exception was raised, as `server/app.py:12`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/daypass/')[2]}:{trace.tb_lineno}"
