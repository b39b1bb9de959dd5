"""Who had to allow a request: both accounts, and every level of an organization."""

from typing import NamedTuple

from daypass.core.policy.decision.model import Layer
from daypass.core.policy.explanation.explain import Explanation, LayerEvaluation

_OWNERS_LAYERS = frozenset({Layer.RCP, Layer.RESOURCE, Layer.TRUST, Layer.ENDPOINT})
"""The policies that the account of the resource or of the network has; the others limit a caller.
"""


class AccountSide(NamedTuple):
    """One of two accounts that must allow a request, and whether its policies do."""

    account: str
    is_callers: bool
    allows: bool


def account_sides(explanation: Explanation) -> tuple[AccountSide, ...]:
    """Return the caller's and the resource's account; empty if one account is enough.

    One is enough in the same account, for a caller without an account, and for an action that no
    policy can take away. Where a document cannot be read, its side is not known to allow.
    """
    request = explanation.request
    caller = request.principal.account
    if not explanation.evaluations or not caller or caller == request.resource_account:
        return ()
    refusing = {*explanation.unmet_layers}
    for each in explanation.evaluations:
        if each.verdict.deny is not None or each.policies.is_unreadable:
            refusing.add(each.layer)
    return (
        AccountSide(caller, is_callers=True, allows=refusing <= _OWNERS_LAYERS),
        AccountSide(
            request.resource_account, is_callers=False, allows=refusing.isdisjoint(_OWNERS_LAYERS)
        ),
    )


def silent_levels(explanation: Explanation) -> list[LayerEvaluation]:
    """Return the levels of SCPs at which no statement allows a request, the root's first."""
    return [
        each
        for each in explanation.evaluations
        if each.layer is Layer.SCP and each.verdict.allow is None
    ]
