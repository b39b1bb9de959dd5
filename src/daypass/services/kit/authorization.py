"""The authorization of one action on one resource: the engine's request, its decision, the refusal.

The gate authorizes through the same functions as every operation.
"""

from collections.abc import Callable
from functools import lru_cache

import msgspec

from daypass.core import authorization_messages
from daypass.core.faults import Denied
from daypass.core.keyring import KeyRing
from daypass.core.policy.decision.known_decisions import KnownDecisions
from daypass.core.policy.decision.model import (
    AuthorizationRequest,
    Decision,
    DecisionOutcome,
    EffectivePolicies,
    Layer,
)
from daypass.core.policy.decision.refusal_message import refusal_message
from daypass.core.policy.decision.refusal_record import RefusalRecord, record_refusal
from daypass.core.sources import Entropy
from daypass.services.kit.authorization_question import AuthorizationQuestion, Circumstances
from daypass.services.kit.caller import Caller
from daypass.services.kit.context_keys import RequestKeys
from daypass.services.kit.effective_policies import effective_policies, is_managed_policy_reference
from daypass.state.snapshot.directory import Directory


def authorization_request(
    question: AuthorizationQuestion,
    caller: Caller,
    directory: Directory,
    circumstances: Circumstances,
) -> AuthorizationRequest:
    """Return a question as the policy engine takes it, with every condition key of the request."""
    # By position: by name, a named tuple is made in twice the time.
    return AuthorizationRequest(
        caller.principal,
        question.action,
        question.resource,
        question.account,
        RequestKeys(question, caller, directory, circumstances),
    )


class AuthorizationResult(msgspec.Struct, frozen=True):
    """The engine's decision, with the request and the policies that it was made from."""

    request: AuthorizationRequest
    policies: EffectivePolicies
    decision: Decision


_OUTCOMES = {outcome: outcome.value for outcome in DecisionOutcome}
"""The word of each outcome; `Enum.value` is a function, in each call."""


class AuditedDecision(msgspec.Struct, frozen=True):
    """One decision as the audit record quotes it: action, resource and the engine's decision."""

    action: str
    resource: str
    decision: Decision

    def __str__(self) -> str:
        """Return a line such as `Allowed sts:AssumeRole by role trust policy statement 0`."""
        decision = self.decision
        statement = decision.rule.statement if decision.rule else None
        place = "" if statement is None else statement.syntax.sid or statement.index
        return _decision_line(decision.outcome, self.action, decision.layer, place)


@lru_cache(maxsize=1_024)
def _decision_line(outcome: DecisionOutcome, action: str, layer: Layer, place: str | int) -> str:
    """Return the line of a decision; `place` is its statement's Sid or index, empty without one."""
    words = f"{_OUTCOMES[outcome]} {action}"
    if not layer:
        return words
    where = "" if place == "" else f" statement {place}"
    return f"{words} by {layer}{where}"


def decide_question(
    question: AuthorizationQuestion,
    caller: Caller,
    directory: Directory,
    circumstances: Circumstances,
) -> AuthorizationResult:
    """Return the engine's decision whether the caller may perform the question's action.

    It stands on the policies in the directory as of this snapshot.
    """
    request = authorization_request(question, caller, directory, circumstances)
    policies = effective_policies(question, caller, directory)
    return AuthorizationResult(request, policies, _known_decisions.decide(request, policies))


_known_decisions = KnownDecisions()


ENCODED_MESSAGE = "EncodedAuthorizationMessage"
"""The element of a refusal that holds the encoded authorization message."""

RefusalSealer = Callable[[RefusalRecord, str], str]
"""Encrypts a refusal's record for an account, into an encoded authorization message."""


def refusal_sealer(keyring: KeyRing, entropy: Entropy) -> RefusalSealer:
    """Return a function that encrypts refusals under a key ring, each with a nonce of its own."""
    return lambda refusal, account: authorization_messages.encode_message(
        refusal, account=account, ring=keyring, nonce=entropy(_NONCE_BYTES)
    )


_NONCE_BYTES = 12


def denied_fault(
    question: AuthorizationQuestion,
    result: AuthorizationResult,
    caller: Caller,
    directory: Directory,
    circumstances: Circumstances,
    seal: RefusalSealer,
) -> Denied:
    """Return the `Denied` fault in AWS's words, with the operator's view beside it.

    The request and the decision go into the audit log, encrypted for the caller's account. If that
    account owns the resource, or both accounts are in one organization, the caller gets the
    encrypted message too, and `sts:DecodeAuthorizationMessage` works out the reasons. No reason is
    worked out here, so that a refusal costs little, and the same whatever the policies say.
    """
    request, policies, decision = result.request, result.policies, result.decision
    keys = request.context
    assert isinstance(keys, RequestKeys)  # noqa: S101 - made by `authorization_request`
    message = record_refusal(
        request._replace(context=keys.without_tags()),
        decision,
        policies,
        time=circumstances.now,
        principal_id=caller.user_id,
        organization=_organization_id(caller.account, directory),
        owners_organization=_organization_id(question.account, directory),
        policy_owner=question.policy_owner,
        texts=_session_documents(caller),
        tags=b"" if question.tags is None else question.tags.digest,
    )
    reasons = seal(message, caller.account)
    is_ours = are_in_one_organization(caller.account, question.account, directory)
    return Denied(
        refusal_message(request, decision, is_ours=is_ours),
        operator=f"{decision.outcome.value}: {decision.layer}",
        details={ENCODED_MESSAGE: reasons} if is_ours else {},
        reasons=reasons,
    )


def denied_message(result: AuthorizationResult, directory: Directory) -> str:
    """Return the sentence of a refusal, as `denied_fault` has it."""
    request = result.request
    is_ours = are_in_one_organization(
        request.principal.account, request.resource_account, directory
    )
    return refusal_message(request, result.decision, is_ours=is_ours)


def _organization_id(account: str, directory: Directory) -> str:
    """Return the id of an account's organization; empty outside organizations."""
    policies_above = directory.control_policies_of(account)
    return policies_above.organization if policies_above else ""


def _session_documents(caller: Caller) -> tuple[str, ...]:
    """Return the documents of the session and of its narrowings, without managed policies."""
    session = caller.session
    if session is None:
        return ()
    documents = [text for text in session.policies or () if not is_managed_policy_reference(text)]
    return (*documents, *session.scope_downs)


def are_in_one_organization(one: str, other: str, directory: Directory) -> bool:
    """Return whether two accounts are the same account, or members of one organization."""
    if one == other:
        # An anonymous caller has no account.
        return bool(one)
    organization = directory.organization_of(one)
    return organization is not None and organization.control_policies_of(other) is not None
