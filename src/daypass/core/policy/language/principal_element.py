"""Principal and NotPrincipal: whom a resource's policy names, and how strongly.

A direct grant names this very caller or everybody; an entity grant names the role or user behind it; an account grant
only lets the account's own policies decide. Comparison is exact: nothing inside a name is a wildcard, and an entry that cannot be
read names nobody in an Allow, everybody that it may mean in a Deny. Source: IAM user guide, "AWS JSON policy elements: Principal"
and "NotPrincipal".
"""

import enum
import re

from daypass.core.account_ids import is_account_id
from daypass.core.arn import six_parts
from daypass.core.policy.language import qualifiers
from daypass.core.policy.language.model import Principals
from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Kind, Principal


class Grant(enum.IntEnum):
    """How a policy names a caller; the strongest counts."""

    ACCOUNT = 1
    ENTITY = 2
    DIRECT = 3


_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root", re.ASCII)
_UNIQUE_ID = re.compile(r"(?:AIDA|AROA)[A-Za-z0-9]+", re.ASCII)
_FROM_A_PROVIDER = frozenset({Kind.WEB_IDENTITY, Kind.SAML})
_OF_ACCOUNTS = frozenset(Kind) - WITHOUT_ACCOUNT
_KINDS = {
    "AWS": _OF_ACCOUNTS,
    "CanonicalUser": _OF_ACCOUNTS,
    "Federated": _FROM_A_PROVIDER,
    "Service": frozenset({Kind.SERVICE}),
}
"""Which callers entries of a type are about."""


def account_of(value: str) -> str:
    """Return the account that an entry stands for, by its digits or its root; empty for any other entry."""
    if is_account_id(value):
        return value
    match = _ROOT.fullmatch(value)
    return match[1] if match else ""


def is_readable(kind: str, value: str) -> bool:
    """Say whether an entry can name somebody: `*` under AWS, else a whole name without wildcards and variables."""
    if kind == "AWS" and value == "*":
        return True
    if not value or "*" in value or "?" in value or "${" in value:
        return False
    is_name = is_account_id(value) or _UNIQUE_ID.fullmatch(value) is not None
    return kind != "AWS" or is_name or six_parts(value) is not None


_MADE_ID = re.compile(r"(?:AIDA|AROA)[A-Z0-9]{12,124}", re.ASCII)
_WRITTEN_ARN = re.compile(
    r"arn:[a-z-]+:iam::[0-9]{12}:(?:root|(?:user|role)/.+)"
    r"|arn:[a-z-]+:sts::[0-9]{12}:(?:assumed-role/[^/]+/[^/]+|federated-user/[^/]+)",
    re.ASCII,
)


def is_unique_id(value: str) -> bool:
    """Say whether an entry is a unique id as users and roles have them."""
    return _MADE_ID.fullmatch(value) is not None


def may_be_written(kind: str, value: str) -> bool:
    """Say whether an entry may stand in a policy that is stored; whether the user or role exists is another question."""
    if kind != "AWS" or value == "*":
        return is_readable(kind, value)
    is_name = is_account_id(value) or is_unique_id(value)
    return is_readable(kind, value) and (is_name or _WRITTEN_ARN.fullmatch(value) is not None)


def _account_in(value: str) -> str:
    """Return the account in an ARN that cannot be read otherwise; empty if it cannot be read either."""
    parts = six_parts(value)
    return parts[4] if parts is not None and is_account_id(parts[4]) else ""


class Names:
    """A Principal or NotPrincipal element, ready to be asked."""

    __slots__ = (
        "_accounts",
        "_aws",
        "_canonical",
        "_federated",
        "_is_readable",
        "_services",
        "_unreadable_accounts",
        "_unreadable_kinds",
        "is_everybody",
    )

    def __init__(self, principals: Principals) -> None:
        lost = [entry for entry in principals.entries if not is_readable(*entry)]

        def of(kind: str) -> frozenset[str]:
            return frozenset(
                value for found, value in principals.entries if found == kind
            ) - frozenset(value for found, value in lost if found == kind)

        self._aws = of("AWS")
        self._services = of("Service")
        self._federated = of("Federated")
        self._canonical = of("CanonicalUser")
        self._accounts = frozenset(map(account_of, self._aws)) - {""}
        self.is_everybody = "*" in self._aws
        self._is_readable = not lost
        accounts = {(kind, value): kind == "AWS" and _account_in(value) for kind, value in lost}
        self._unreadable_accounts = frozenset(filter(None, accounts.values()))
        self._unreadable_kinds = frozenset[Kind]().union(
            *(_KINDS[kind] for (kind, _), account in accounts.items() if not account)
        )

    def grant(self, caller: Principal) -> Grant | None:
        """Return the strongest way in which the element of an Allow names the caller, or None."""
        if caller.kind in _FROM_A_PROVIDER:
            # They have to be named by their provider: `*` is not enough.
            return Grant.DIRECT if caller.arn in self._federated else None
        if self.is_everybody:
            return Grant.DIRECT
        if caller.kind in WITHOUT_ACCOUNT:
            is_named = caller.kind is Kind.SERVICE and caller.arn in self._services
            return Grant.DIRECT if is_named else None
        return self._of_account(caller)

    def denial(self, caller: Principal) -> Grant | None:
        """Return the strongest way in which the element of a Deny names the caller, or None.

        `*` is everybody, callers from identity providers included. An entry that cannot be read is everybody of the account in it,
        or else everybody of its kind.
        """
        if self.is_everybody:
            return Grant.DIRECT
        found = self.grant(caller)
        if found is not None or self._is_readable:
            return found
        if caller.kind in self._unreadable_kinds:
            return Grant.DIRECT
        is_of_account = caller.kind in _OF_ACCOUNTS and caller.account in self._unreadable_accounts
        return Grant.ACCOUNT if is_of_account else None

    def passage(self, caller: Principal) -> Grant | None:
        """Return the strongest way in which the element of an Allow lets the caller through an RCP or an endpoint, or None.

        Neither grants anything by itself, so `*` is everybody here too.
        """
        if self.is_everybody:
            return Grant.DIRECT
        found = self.grant(caller)
        is_roots = qualifiers.is_gateway_endpoint() and found is Grant.ACCOUNT
        return None if is_roots and caller.kind is not Kind.ROOT else found

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

        Callers from an identity provider have to be named, and so are never among the rest. Nobody is, if an entry cannot be read.
        """
        return (
            self._is_readable and caller.kind not in _FROM_A_PROVIDER and self.grant(caller) is None
        )

    def excepts(self, caller: Principal) -> bool:
        """Say whether a NotPrincipal with Deny leaves the caller out: only if everything that it is is listed."""
        if self.is_everybody:
            return True
        if caller.kind in WITHOUT_ACCOUNT:
            return self.grant(caller) is not None
        return qualifiers.escapes_not_principal(caller, self._aws, self._accounts)
