"""May this caller do this, here, now: the question with its context keys, the decision, and the refusal.

The gate asks through the same function as every operation.
"""

from collections.abc import Callable
from typing import NamedTuple

from daypass.core import authorization_messages
from daypass.core.faults import Denied
from daypass.core.keyring import KeyRing
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.model import AuthorizationRequest, Decision, EffectivePolicies
from daypass.core.policy.decision.refusal_message import refusal_message
from daypass.core.policy.decision.refusal_record import RefusalRecord, record_refusal
from daypass.core.sources import Entropy
from daypass.services.kit.caller import Caller
from daypass.services.kit.context_keys import context
from daypass.services.kit.effective_policies import in_force, is_managed
from daypass.services.kit.question import Circumstances, Question
from daypass.state.snapshot.directory import Directory


def asked(
    question: Question, caller: Caller, directory: Directory, circumstances: Circumstances
) -> AuthorizationRequest:
    """Return a question as the engine takes it, with every condition key."""
    return AuthorizationRequest(
        principal=caller.principal,
        action=question.action,
        resource=question.resource,
        resource_account=question.account,
        context=context(question, caller, directory, circumstances),
    )


class Answer(NamedTuple):
    """What was asked of the engine, with which policies, and what it decided."""

    request: AuthorizationRequest
    policies: EffectivePolicies
    decision: Decision


class Decided(NamedTuple):
    """One decision as the audit record tells it."""

    action: str
    resource: str
    decision: Decision

    def __str__(self) -> str:
        """Say it in a line: `Allowed sts:AssumeRole by role trust policy statement 0`."""
        decision = self.decision
        words = f"{decision.outcome.value} {self.action}"
        if not decision.layer:
            return words
        statement = decision.rule.statement if decision.rule else None
        where = f" statement {statement.syntax.sid or statement.index}" if statement else ""
        return f"{words} by {decision.layer}{where}"


def answer(
    question: Question, caller: Caller, directory: Directory, circumstances: Circumstances
) -> Answer:
    """Decide whether the caller may."""
    request = asked(question, caller, directory, circumstances)
    policies = in_force(question, caller, directory)
    return Answer(request, policies, decide(request, policies))


ENCODED = "EncodedAuthorizationMessage"
"""The element of a refusal that leads to its reasons."""

Seal = Callable[[RefusalRecord, str], str]
"""Seals a refusal for an account."""


def sealing(keyring: KeyRing, entropy: Entropy) -> Seal:
    """Return what seals refusals under a key ring."""
    return lambda refusal, account: authorization_messages.encode_message(
        refusal, account=account, ring=keyring, nonce=entropy(_NONCE_BYTES)
    )


_NONCE_BYTES = 12


def denied(
    question: Question,
    answer: Answer,
    caller: Caller,
    directory: Directory,
    circumstances: Circumstances,
    seal: Seal,
) -> Denied:
    """Return the refusal in AWS's words, with the operator's view beside it.

    The question and the decision go to the log, sealed for the caller's account. Where that account owns the resource, or both
    are in one organization, the caller gets them too: `sts:DecodeAuthorizationMessage` works out the reasons. Nothing is
    explained here, so that a refusal costs little and the same whatever the policies say.
    """
    request, policies, decision = answer
    message = record_refusal(
        request,
        decision,
        policies,
        time=circumstances.now,
        principal_id=caller.user_id,
        organization=_organization(caller.account, directory),
        owners_organization=_organization(question.account, directory),
        policy_owner=question.policy_owner,
        texts=_session_documents(caller),
        tags=question.tags,
    )
    reasons = seal(message, caller.account)
    is_ours = are_together(caller.account, question.account, directory)
    return Denied(
        refusal_message(request, decision, is_ours=is_ours),
        operator=f"{decision.outcome.value}: {decision.layer}",
        details={ENCODED: reasons} if is_ours else {},
        reasons=reasons,
    )


def _organization(account: str, directory: Directory) -> str:
    above = directory.control_policies_of(account)
    return above.organization if above else ""


def _session_documents(caller: Caller) -> tuple[str, ...]:
    """Return the session policies that came with the session itself."""
    policies = caller.session.policies if caller.session is not None else None
    return tuple(text for text in policies or () if not is_managed(text))


def are_together(one: str, other: str, directory: Directory) -> bool:
    """Say whether two accounts are the same, or in one organization."""
    if one == other:
        # An anonymous caller is of no account.
        return bool(one)
    organization = directory.organization_of(one)
    return organization is not None and organization.control_policies_of(other) is not None
