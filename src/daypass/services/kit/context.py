"""The context of one run of an operation: snapshot, caller, clock, entropy, staged changes."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import TypeVar

import msgspec

from daypass.core import quotas
from daypass.core.domain.record import Record
from daypass.core.faults import Denied, Fault
from daypass.core.keyring import KeyRing
from daypass.core.organizations.settings import OrganizationSettings
from daypass.core.policy.decision.policy_sets import PolicySet
from daypass.core.sources import Entropy
from daypass.services.kit import authorization
from daypass.services.kit.authorization import AuditedDecision
from daypass.services.kit.authorization_question import (
    NO_KEYS,
    AuthorizationQuestion,
    Circumstances,
    ContextKeys,
)
from daypass.services.kit.caller import Caller
from daypass.services.kit.external_facts import ExternalFact, KnownFacts, look_up_fact
from daypass.state.changes import Changes, Put, Remove, TakeTicket, Ticket
from daypass.state.last_uses import LastUses
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory

T = TypeVar("T")
_NO_FACTS: KnownFacts = MappingProxyType({})


class Context(msgspec.Struct):
    """What one run of an operation reads, and the changes that it stages.

    The operation may run again on a newer snapshot, so no method acts at once: changes are
    committed after the run.
    """

    directory: Directory
    """The snapshot of all records. The partitions that a run reads, and that its decisions stand
    on, have not changed when its changes are committed."""
    caller: Caller
    circumstances: Circumstances
    entropy: Entropy
    keyring: KeyRing
    usage: LastUses
    settings: OrganizationSettings = msgspec.field(default_factory=OrganizationSettings)
    request_id: str = ""
    known_facts: KnownFacts = _NO_FACTS
    """The external facts that were fetched for this call so far."""
    changes: Changes = msgspec.field(default_factory=Changes)
    decisions: list[AuditedDecision] = []
    """The decisions of the run in their order, for the audit record."""
    used_ids: list[str] = []
    """Unique ids of roles whose last use is this request, recorded once it has succeeded."""

    @property
    def now(self) -> int:
        """Return the time of the request by the wall clock, in seconds since 1970."""
        return self.circumstances.now

    @property
    def lead(self) -> int:
        """Return how many seconds steady time, which never goes back, is ahead of the clock."""
        return self.circumstances.lead

    @property
    def account(self) -> AccountView:
        """Return the view of the caller's account."""
        return self.directory.account(self.caller.account)

    def fact(self, fact: ExternalFact[T]) -> T:
        """Return a fact from outside the snapshot; raises the fault that its lookup ended with.

        If the fact has not been fetched, the run ends here with `FactNeeded`, and the operation
        runs again when it has.
        """
        return look_up_fact(fact, self.known_facts)

    def put(self, record: Record) -> None:
        """Stage a record to be written, in place of the one with the same key."""
        self.changes.records.append(Put(record))

    def remove(self, record: Record) -> None:
        """Stage a record to be deleted."""
        self.changes.records.append(Remove(record))

    def take(self, ticket: Ticket, *, refused: Fault) -> None:
        """Stage that a single-use ticket is taken.

        The call fails with `refused` if another commit took it before.
        """
        self.changes.tickets.append(TakeTicket(ticket, refused))

    def authorize(
        self,
        action: str,
        *,
        on: str,
        account: str | None = None,
        keys: ContextKeys = NO_KEYS,
        policy: PolicySet | None = None,
        policy_owner: str = "",
    ) -> None:
        """Raise `Denied` in AWS's words unless the caller may perform an action on a resource.

        `account` owns the resource; None is the caller's. `policy` is the resource's own policy,
        and `policy_owner` the account that wrote it, if that is another one.
        """
        question = AuthorizationQuestion(
            action=action,
            resource=on,
            account=self.caller.account if account is None else account,
            keys=keys,
            resource_policy=policy,
            policy_owner=policy_owner,
        )
        self.authorize_all((question,))

    def authorize_all(self, questions: Iterable[AuthorizationQuestion]) -> None:
        """Raise `Denied` for the first question that is not allowed."""
        for question in questions:
            result = self._decide(question)
            if not result.decision.allowed:
                raise self._denied_fault(question, result)

    def authorize_each(self, questions: Iterable[AuthorizationQuestion]) -> None:
        """Raise `Denied` if a question is not allowed, with a sentence for each that is not.

        AWS joins them by a comma. Of very many the message names the first ones.
        """
        decided = [(question, self._decide(question)) for question in questions]
        refused = [
            (question, result) for question, result in decided if not result.decision.allowed
        ]
        if not refused:
            return
        first = self._denied_fault(*refused[0])
        others = [
            authorization.denied_message(result, self.directory)
            for _, result in refused[1 : quotas.REFUSED_RESOURCES_MAX]
        ]
        raise Denied(
            ", ".join((first.message, *others)),
            operator=first.operator,
            details=first.details,
            reasons=first.reasons,
        )

    def authorize_silently(
        self, questions: Iterable[AuthorizationQuestion], *, caller: Caller | None = None
    ) -> None:
        """Raise `Denied`, without a reason, for the first question that is not allowed.

        The reason is in the audit log alone. `caller` is whom the questions are about, None for the
        caller of the operation.
        """
        for question in questions:
            result = self._decide(question, caller)
            if not result.decision.allowed:
                raise self._denied_fault(question, result, caller, is_silent=True)

    def _decide(
        self, question: AuthorizationQuestion, caller: Caller | None = None
    ) -> authorization.AuthorizationResult:
        """Return the decision about a question, which is also kept for the audit record."""
        answer = authorization.decide_question(
            question, caller or self.caller, self.directory, self.circumstances
        )
        self.decisions.append(AuditedDecision(question.action, question.resource, answer.decision))
        return answer

    def note_use(self, record_id: str) -> None:
        """Note that the request used a role or an access key.

        Last uses are stored in batches, later.
        """
        self.used_ids.append(record_id)

    def _denied_fault(
        self,
        question: AuthorizationQuestion,
        result: authorization.AuthorizationResult,
        caller: Caller | None = None,
        *,
        is_silent: bool = False,
    ) -> Denied:
        """Return the refusal of a question; a silent one does not tell the caller the reason."""
        caller = caller or self.caller
        seal = authorization.refusal_sealer(self.keyring, self.entropy)
        denied = authorization.denied_fault(
            question, result, caller, self.directory, self.circumstances, seal
        )
        if not is_silent:
            return denied
        words = (
            f"User: {caller.principal.arn} is not authorized to perform: {question.action}"
            f" on resource: {question.resource}"
        )
        return Denied(words, operator=denied.operator, reasons=denied.reasons)
