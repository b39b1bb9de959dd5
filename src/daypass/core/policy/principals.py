"""Principal and NotPrincipal: whom a resource's policy names, and how strongly.

A direct grant names this very caller or everybody; an entity grant names the role or user behind it; an account grant
only lets the account's own policies decide. Comparison is exact: nothing inside a name is a wildcard. Source: IAM user guide,
"AWS JSON policy elements: Principal" and "NotPrincipal".
"""

import enum
import re

from daypass.core.policy import choices
from daypass.core.policy.model import Principals
from daypass.core.policy.principal import WITHOUT_ACCOUNT, Kind, Principal


class Grant(enum.IntEnum):
    """How a policy names a caller; the strongest counts."""

    ACCOUNT = 1
    ENTITY = 2
    DIRECT = 3


_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root", re.ASCII)
_FROM_A_PROVIDER = frozenset({Kind.WEB_IDENTITY, Kind.SAML})


def account_of(value: str) -> str:
    """Return the account that an entry stands for, by its digits or its root; empty for any other entry."""
    if _ACCOUNT.fullmatch(value):
        return value
    match = _ROOT.fullmatch(value)
    return match[1] if match else ""


class Names:
    """A Principal or NotPrincipal element, ready to be asked."""

    __slots__ = ("_accounts", "_aws", "_canonical", "_federated", "_services", "is_everybody")

    def __init__(self, principals: Principals) -> None:
        def of(kind: str) -> frozenset[str]:
            return frozenset(value for found, value in principals.entries if found == kind)

        self._aws = of("AWS") - {""}
        self._services = of("Service")
        self._federated = of("Federated")
        self._canonical = of("CanonicalUser")
        self._accounts = frozenset(map(account_of, self._aws)) - {""}
        self.is_everybody = "*" in self._aws

    def grant(self, caller: Principal) -> Grant | None:
        """Return the strongest way in which the element names the caller, or nothing."""
        if caller.kind in _FROM_A_PROVIDER:
            # They have to be named by their provider: `*` is not enough.
            return Grant.DIRECT if caller.arn in self._federated else None
        if self.is_everybody:
            return Grant.DIRECT
        if caller.kind in WITHOUT_ACCOUNT:
            is_named = caller.kind is Kind.SERVICE and caller.arn in self._services
            return Grant.DIRECT if is_named else None
        return self._of_account(caller)

    def _of_account(self, caller: Principal) -> Grant | None:
        if caller.kind is not Kind.ROOT and caller.arn in self._aws:
            return Grant.DIRECT
        if caller.unique_id and caller.unique_id in self._aws:
            return Grant.DIRECT if caller.kind is Kind.USER else Grant.ENTITY
        if caller.role_arn in self._aws or (
            caller.user_arn in self._aws and not account_of(caller.user_arn)
        ):
            return Grant.ENTITY
        is_owner = bool(caller.canonical_user) and caller.canonical_user in self._canonical
        return Grant.ACCOUNT if caller.account in self._accounts or is_owner else None

    def leaves(self, caller: Principal) -> bool:
        """Say whether a NotPrincipal with Allow is for the caller: whom no entry names in any way.

        Callers from an identity provider have to be named, and so are never among the rest.
        """
        return caller.kind not in _FROM_A_PROVIDER and self.grant(caller) is None

    def excepts(self, caller: Principal) -> bool:
        """Say whether a NotPrincipal with Deny leaves the caller out: only if everything that it is is listed."""
        if self.is_everybody:
            return True
        if caller.kind in WITHOUT_ACCOUNT:
            return self.grant(caller) is not None
        return choices.escapes_not_principal(caller, self._aws, self._accounts)
