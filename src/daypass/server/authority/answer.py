"""From a call to its outcome: run it, find out what it needs, have its changes committed, have it recorded, count it.

Every door hands its calls in here. There is no `await` between a call and its answer but for what must be durable or known first,
and between the steps of a long run.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from daypass.core import faults
from daypass.core.domain.organizations.organization import PREFIX
from daypass.core.domain.partition import GLOBAL
from daypass.core.faults import Fault
from daypass.core.sources import Clock
from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import Unrecorded
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.call import NONE, Call, Needs, Outcome, R, Refusal, Staged
from daypass.server.authority.error_codes import Refusals
from daypass.server.authority.event_of_call import event_of_call
from daypass.server.authority.facts import Facts, Fresh
from daypass.server.authority.guesses import Guesses
from daypass.server.authority.run import Runner
from daypass.server.authority.settle import Proposal, Settler
from daypass.server.health.metrics import Metrics
from daypass.server.others import Others
from daypass.services.kit.context import Context
from daypass.services.kit.fact import Needed
from daypass.state.changes import Changes
from daypass.state.usage import LastUse, Usage
from daypass.wire.errors import WireFault

UNKNOWN_ERROR = "The request processing has failed because of an unknown error."


class Answerer:
    """Answers calls."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        runner: Runner,
        settler: Settler,
        recorder: Recorder,
        *,
        facts: Facts,
        guesses: Guesses,
        refusals: Refusals,
        metrics: Metrics,
        usage: Usage,
        others: Others,
        monotonic: Clock,
    ) -> None:
        self._runner = runner
        self._settler = settler
        self._recorder = recorder
        self._facts = facts
        self._guesses = guesses
        self._refusals = refusals
        self._metrics = metrics
        self._usage = usage
        self._others = others
        self._monotonic = monotonic

    async def answer(self, call: Call[R]) -> Outcome[R]:
        """Return the outcome of a call: its changes are durable, and its audit record is written."""
        found = await self._handled(call)
        if isinstance(found, Staged):
            found = await self._settled(found)
        return await self._recorded(call, found)

    # Running.

    async def _handled(self, call: Call[R]) -> Outcome[R] | Staged[R]:
        """Run a call, as often as it needs a fact that is not known yet."""
        found = await self.attempt(call)
        while isinstance(found, Needs):
            if len(call.known) >= limits.FACTS_PER_CALL_MAX:
                name = type(found.fact).__name__
                return self._failed(call, f"{name} is one fact more than a call may need")
            call.facts_end = call.facts_end or self._monotonic() + limits.FACT_SECONDS_MAX
            try:
                call.known[found.fact] = await self._facts.find(found.fact, end=call.facts_end)
            except Exception as error:  # noqa: BLE001 - whatever it was, nobody has acted on it
                return self._broken(call, error)
            found = await self.attempt(call)
        return found

    async def attempt(self, call: Call[R]) -> Outcome[R] | Staged[R] | Needs:
        """Run a call once, from where its last run left off; others may have the event loop between two steps."""
        steps = self._runner.run(call)
        try:
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    answer: dict[str, Any] = end.value
                    break
                await asyncio.sleep(0)
        except Needed as need:
            return Needs(need.fact)
        except WireFault as fault:
            return self._refused(call, fault.code, fault.message, status=fault.status)
        except Fault as fault:
            if self._may_be_outdated(call, fault):
                return Needs(Fresh(self._others))
            return self.refuse(call, fault)
        except Exception as error:  # noqa: BLE001 - the last door: a bug is answered, never shown
            return self._broken(call, error)
        return self._answered(call, answer)

    def _may_be_outdated(self, call: Call[R], fault: Fault) -> bool:
        """Say whether others know more than what a call is refused by: then it is refused only if that holds by what they know."""
        is_first = call.runs == 1
        return is_first and self._others.is_behind and not isinstance(fault, faults.Throttled)

    def _answered(self, call: Call[R], answer: dict[str, Any]) -> Outcome[R] | Staged[R]:
        """Serialize an answer before anything is committed, so that `ok` in its event is final."""
        context, built, directory = call.context, call.built, call.directory
        assert directory is not None  # noqa: S101 - every run has one
        assert context is not None  # noqa: S101 - only a run that was authorized answers
        assert built is not None  # noqa: S101 - of an operation that is built
        try:
            response = call.language.serialize(answer, call.id)
        except Exception as error:  # noqa: BLE001 - the same last door
            return self._broken(call, error)
        issues = bool(built.issues)
        if context.changes or issues:
            call.issued = answer
        event = event_of_call(call, "ok", "")
        if context.changes:
            # Bound when the answer is in bytes: an answer that is made while it is written reads too.
            return Staged(call, directory.bound(context.changes), response, event)
        self._succeeded(call, context, event)
        return Outcome(response, event, issues=issues)

    # Committing.

    async def _settled(self, staged: Staged[R]) -> Outcome[R]:
        """Have what was staged committed, or what the call comes to when it is run again because somebody else was first."""
        call = staged.call

        async def propose() -> Proposal[Outcome[R] | Staged[R]]:
            return _proposal(await self._handled(call))

        try:
            found = await self._settler.settle(propose, _turns(staged), first=_proposal(staged))
        except Fault as fault:
            return self.refuse(call, fault)
        if isinstance(found, Outcome):
            return found
        assert call.context is not None  # noqa: S101 - what is staged was run
        self._succeeded(call, call.context, found.event)
        return Outcome(found.response, found.event, is_recorded=True)

    async def _recorded(self, call: Call[R], outcome: Outcome[R]) -> Outcome[R]:
        """Return the outcome once its audit record is written; the record of a change was committed with it."""
        if outcome.is_recorded:
            return outcome
        try:
            await self._recorder.record(outcome.event)
        except Unrecorded as fault:
            if outcome.issues:
                # What cannot be told may not happen: the credential or the answer stays here.
                refusal = Refusal(None, "ServiceUnavailable", fault.message, 503)
                outcome.response = call.language.refuse(refusal, call.id)
        return outcome

    # Counting.

    def _succeeded(self, call: Call[R], context: Context, event: Event) -> None:
        self._metrics.count_answer(event.service, event.operation, event.outcome)
        self._note_uses(call, context)
        if call.guess is not None:
            self._guesses.forget(call.guess.subject)

    def _note_uses(self, call: Call[R], context: Context) -> None:
        operation = call.operation
        assert operation is not None  # noqa: S101 - a call that succeeded asked for one
        use = LastUse(context.now, operation.service.action_prefix, call.region)
        if context.caller.session is None and context.caller.access_key_id:
            self._usage.note(context.caller.access_key_id, use)
        for thing in context.used:
            self._usage.note(thing, use)

    # Refusing.

    def refuse(self, call: Call[R], fault: Fault) -> Outcome[R]:
        """Return the refusal of a call, in the words of the service that was asked."""
        operation = call.operation
        refused = self._refused(
            call,
            self._refusals.code(fault, operation.service if operation else None),
            fault.message,
            operator=fault.operator,
            details=self._refusals.details(fault, operation),
            reasons=fault.reasons if isinstance(fault, faults.Denied) else "",
        )
        self._judge(call, fault)
        return refused

    def _judge(self, call: Call[R], fault: Fault) -> None:
        """Count a guess no more whose code nobody looked at; one that was looked at stays counted, right or wrong."""
        guess, context = call.guess, call.context
        was_right = context is not None and bool(context.changes.tickets)
        if guess is not None and not was_right and not isinstance(fault, faults.WrongCode):
            self._guesses.take_back(guess)

    def _broken(self, call: Call[R], error: Exception) -> Outcome[R]:
        """Answer a failure of our own: its name goes to the operator, nothing of it to the caller."""
        return self._failed(call, f"{type(error).__name__} at {_place(error)}")

    def _failed(self, call: Call[R], told: str) -> Outcome[R]:
        """Answer a failure of our own, of which the operator is told in these words."""
        code = self._refusals.failure(call.operation.service if call.operation else None)
        # A guess stays counted: nobody knows whether its code was looked at.
        return self._refused(call, code, UNKNOWN_ERROR, status=500, operator=told)

    def _refused(
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
        refusal = Refusal(service, code, message, status, details)
        event = event_of_call(call, code, operator or message, reasons)
        self._metrics.count_answer(event.service, event.operation, event.outcome)
        return Outcome(call.language.refuse(refusal, call.id), event)


def _proposal(found: Outcome[R] | Staged[R]) -> Proposal[Outcome[R] | Staged[R]]:
    changes = found.changes if isinstance(found, Staged) else Changes()
    return Proposal(changes, found.event, found)


def _turns(staged: Staged[R]) -> list[str]:
    """Return whose turn it has to be, in one order for all: what the proof stands on, whose policies allow the change.

    It is an organization's as well, and what all share, if something of it changes.
    """
    written = {change.record.account for change in staged.changes.records}
    proof = staged.call.proof
    own = proof.partitions if proof else frozenset()
    return sorted(own | {name for name in written if name == GLOBAL or name.startswith(PREFIX)})


def _place(error: Exception) -> str:
    """Return the file and line where an exception was raised, for the operator."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/daypass/')[2]}:{trace.tb_lineno}"
