"""What an operation gets: a snapshot to read, a caller, a clock, entropy, and a place to stage changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from daypass.core.domain.record import Record
from daypass.core.faults import Denied, Fault
from daypass.core.keyring import KeyRing
from daypass.core.organizations.settings import OrganizationLimits
from daypass.core.policy.decision.policy_sets import PolicySet
from daypass.core.sources import Entropy
from daypass.services.kit import access
from daypass.services.kit.access import Decided
from daypass.services.kit.caller import Caller
from daypass.services.kit.fact import Fact, Known, look_up
from daypass.services.kit.question import NO_KEYS, Circumstances, Keys, Question
from daypass.state.changes import Changes, Put, Remove, TakeTicket, Ticket
from daypass.state.last_uses import LastUses
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory

T = TypeVar("T")
_NONE: Known = MappingProxyType({})


@dataclass(slots=True)
class Context:
    """One run of an operation. It may run again on a newer snapshot, so nothing here acts at once."""

    directory: Directory
    """What is known. What a run reads of it, and all that its decisions stand on, is still so when its changes are committed."""
    caller: Caller
    circumstances: Circumstances
    entropy: Entropy
    keyring: KeyRing
    usage: LastUses
    settings: OrganizationLimits = field(default_factory=OrganizationLimits)
    request_id: str = ""
    known: Known = field(default_factory=lambda: _NONE)
    """What was found out for this call beside the snapshot."""
    changes: Changes = field(default_factory=Changes)
    decisions: list[Decided] = field(default_factory=list)
    """What was decided, in order, for the audit record."""
    used: list[str] = field(default_factory=list)
    """Ids of roles whose last use this request becomes, once it has succeeded."""

    @property
    def now(self) -> int:
        """Return the time of the request by the wall clock, in seconds since 1970."""
        return self.circumstances.now

    @property
    def lead(self) -> int:
        """Return by how many seconds steady time, which never goes back, is ahead of the wall clock."""
        return self.circumstances.lead

    @property
    def account(self) -> AccountView:
        """Return the caller's account."""
        return self.directory.account(self.caller.account)

    def fact(self, fact: Fact[T]) -> T:
        """Return a fact that is not in the snapshot; raises the fault that it ended with.

        Where it is not known yet the run ends here, and begins again when it is.
        """
        return look_up(fact, self.known)

    def put(self, record: Record) -> None:
        """Stage a record to be kept."""
        self.changes.records.append(Put(record))

    def remove(self, record: Record) -> None:
        """Stage a record to be forgotten."""
        self.changes.records.append(Remove(record))

    def take(self, ticket: Ticket, *, refused: Fault) -> None:
        """Stage a ticket to be taken; if somebody has taken it before, the caller gets `refused`."""
        self.changes.tickets.append(TakeTicket(ticket, refused))

    def authorize(
        self,
        action: str,
        *,
        on: str,
        account: str | None = None,
        keys: Keys = NO_KEYS,
        policy: PolicySet | None = None,
        policy_owner: str = "",
    ) -> None:
        """Raise `Denied` in AWS's words unless the caller may do this; `account` owns the resource, default the caller's."""
        question = Question(
            action=action,
            resource=on,
            account=self.caller.account if account is None else account,
            keys=keys,
            resource_policy=policy,
            policy_owner=policy_owner,
        )
        self.authorize_all((question,))

    def authorize_all(self, questions: Iterable[Question]) -> None:
        """Raise `Denied` for the first question that is not answered with yes."""
        for question in questions:
            answer = self._answer(question)
            if not answer.decision.allowed:
                raise self._refused(question, answer)

    def authorize_silently(self, questions: Iterable[Question]) -> None:
        """Raise `Denied` for the first question that is not answered with yes: without a reason, which the log alone has."""
        for question in questions:
            answer = self._answer(question)
            if not answer.decision.allowed:
                raise self._refused(question, answer, is_silent=True)

    def _answer(self, question: Question) -> access.Answer:
        """Return the answer, and keep the decision for the audit log."""
        answer = access.answer(question, self.caller, self.directory, self.circumstances)
        self.decisions.append(Decided(question.action, question.resource, answer.decision))
        return answer

    def note_use(self, thing: str) -> None:
        """Say that a role or a key was used for this request; it is written down in a batch, later."""
        self.used.append(thing)

    def _refused(
        self, question: Question, answer: access.Answer, *, is_silent: bool = False
    ) -> Denied:
        seal = access.sealing(self.keyring, self.entropy)
        refused = access.denied(
            question, answer, self.caller, self.directory, self.circumstances, seal
        )
        if not is_silent:
            return refused
        words = (
            f"User: {self.caller.principal.arn} is not authorized to perform: {question.action}"
            f" on resource: {question.resource}"
        )
        return Denied(words, operator=refused.operator, reasons=refused.reasons)
