"""Who had to allow a request: both accounts, every level of an organization, every narrowing."""

from typing import NamedTuple

from daypass.core.policy.decision.model import Layer
from daypass.core.policy.explanation.explain import Explanation, LayerEvaluation

_LAYERS_WITH_LEVELS = frozenset({Layer.SCP, Layer.SCOPE_DOWN})
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
    """Return the levels of SCPs and scope-down policies that do not allow a request, in order.

    Of SCPs the root's is the first, of scope-down policies the first narrowing's.
    """
    return [
        each
        for each in explanation.evaluations
        if each.layer in _LAYERS_WITH_LEVELS and each.verdict.allow is None
    ]
