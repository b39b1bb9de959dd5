"""May this caller do this, here, now: the question with its context keys, the decision, and the refusal.

The gate asks through the same function as every operation.
"""

from collections.abc import Callable
from typing import Any

from daypass.core import messages
from daypass.core.faults import Denied
from daypass.core.keyring import KeyRing
from daypass.core.policy.combine import Decision, Request, decide
from daypass.core.policy.decoded import decoded
from daypass.core.policy.explain import explain
from daypass.core.policy.refusal import refusal
from daypass.services.kit.caller import Caller
from daypass.services.kit.in_force import in_force
from daypass.services.kit.keys import context
from daypass.services.kit.question import Circumstances, Question
from daypass.state.directory import Directory


def asked(
    question: Question, caller: Caller, directory: Directory, circumstances: Circumstances
) -> Request:
    """Return a question as the engine takes it, with every condition key."""
    return Request(
        principal=caller.principal,
        action=question.action,
        resource=question.resource,
        resource_account=question.account,
        context=context(question, caller, directory, circumstances),
    )


def ask(
    question: Question, caller: Caller, directory: Directory, circumstances: Circumstances
) -> tuple[Request, Decision]:
    """Decide whether the caller may, and return what was asked of the engine with its decision."""
    request = asked(question, caller, directory, circumstances)
    return request, decide(request, in_force(question, caller, directory))


ENCODED = "EncodedAuthorizationMessage"
"""The element of a refusal that holds why."""

Seal = Callable[[dict[str, Any], str], str]
"""Seals a message for an account."""


def sealing(keyring: KeyRing, entropy: Callable[[int], bytes]) -> Seal:
    """Return what seals messages under a key ring."""
    return lambda message, account: messages.encode(
        message, account=account, ring=keyring, nonce=entropy(_NONCE_BYTES)
    )


_NONCE_BYTES = 12


def denied(
    question: Question,
    caller: Caller,
    directory: Directory,
    circumstances: Circumstances,
    seal: Seal,
) -> Denied:
    """Return the refusal in AWS's words, with the operator's view beside it.

    The reasons go to the log, sealed for the caller's account. Where that account owns the resource, or both are in one
    organization, the caller gets them too: `sts:DecodeAuthorizationMessage` opens them.
    """
    request = asked(question, caller, directory, circumstances)
    explanation = explain(request, in_force(question, caller, directory))
    decision = explanation.decision
    above = directory.above(caller.account)
    message = decoded(
        explanation,
        principal_id=caller.user_id,
        organization=above.organization if above else "",
        time=circumstances.now,
    )
    reasons = seal(message, caller.account)
    is_ours = are_together(caller.account, question.account, directory)
    return Denied(
        refusal(request, decision, is_ours=is_ours),
        operator=f"{decision.outcome.value}: {decision.layer}",
        details={ENCODED: reasons} if is_ours else {},
        reasons=reasons,
    )


def are_together(one: str, other: str, directory: Directory) -> bool:
    """Say whether two accounts are the same, or in one organization."""
    if one == other:
        return True
    organization = directory.organization_of(one)
    return organization is not None and organization.above(other) is not None
