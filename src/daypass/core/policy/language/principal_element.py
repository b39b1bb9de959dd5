"""Principal and NotPrincipal: whether a policy names a caller, and how strongly.

A direct grant names this very caller or everybody; an entity grant names the role or user behind
the caller; an account grant lets the policies of the caller's account decide. Entries are compared
exactly, without wildcards inside a name. An entry that cannot be read names nobody in an Allow, and
everybody that it may mean in a Deny. Source: IAM user guide, "AWS JSON policy elements: Principal"
and "NotPrincipal".
"""

import enum
import re

from daypass.core.account_ids import is_account_id
from daypass.core.arn import arn_parts
from daypass.core.enums import with_plain_members
from daypass.core.policy.language import undocumented_rules
from daypass.core.policy.language.model import PrincipalElement
from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Principal, PrincipalKind


@with_plain_members
class Grant(enum.IntEnum):
    """How strongly a policy names a caller; of several grants the strongest counts."""

    ACCOUNT = 1
    """The caller's account is named."""
    ENTITY = 2
    """The role or the user behind the caller is named."""
    DIRECT = 3
    """The caller itself, or everybody, is named."""


_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root", re.ASCII)
_UNIQUE_ID = re.compile(r"(?:AIDA|AROA)[A-Za-z0-9]+", re.ASCII)
_KINDS_OF_IDENTITY_PROVIDERS = frozenset({PrincipalKind.WEB_IDENTITY, PrincipalKind.SAML})
_KINDS_WITH_ACCOUNT = frozenset(PrincipalKind) - WITHOUT_ACCOUNT
_KINDS_BY_ENTRY_TYPE = {
    "AWS": _KINDS_WITH_ACCOUNT,
    "CanonicalUser": _KINDS_WITH_ACCOUNT,
    "Federated": _KINDS_OF_IDENTITY_PROVIDERS,
    "Service": frozenset({PrincipalKind.SERVICE}),
}
"""The kinds of callers that entries of a type can name."""


def account_in_entry(value: str) -> str:
    """Return the account of an entry that names a whole account: twelve digits, or its root's ARN.

    Empty for any other entry.
    """
    if is_account_id(value):
        return value
    match = _ROOT.fullmatch(value)
    return match[1] if match else ""


def is_readable_entry(kind: str, value: str) -> bool:
    """Return whether an entry can name somebody.

    It can if it is `*` under AWS, or a whole name without wildcards and variables.
    """
    if kind == "AWS" and value == "*":
        return True
    if not value or "*" in value or "?" in value or "${" in value:
        return False
    is_name = is_account_id(value) or _UNIQUE_ID.fullmatch(value) is not None
    return kind != "AWS" or is_name or arn_parts(value) is not None


def _account_in_arn(value: str) -> str:
    """Return the account in the ARN of an unreadable entry; empty if it has none."""
    parts = arn_parts(value)
    return parts[4] if parts is not None and is_account_id(parts[4]) else ""


class PrincipalMatcher:
    """A compiled Principal or NotPrincipal element."""

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

    def __init__(self, principals: PrincipalElement) -> None:
        unreadable = [entry for entry in principals.entries if not is_readable_entry(*entry)]

        def readable_values(kind: str) -> frozenset[str]:
            return frozenset(
                value for found, value in principals.entries if found == kind
            ) - frozenset(value for found, value in unreadable if found == kind)

        self._aws = readable_values("AWS")
        self._services = readable_values("Service")
        self._federated = readable_values("Federated")
        self._canonical = readable_values("CanonicalUser")
        self._accounts = frozenset(map(account_in_entry, self._aws)) - {""}
        self.is_everybody = "*" in self._aws
        self._is_readable = not unreadable
        accounts = {
            (kind, value): kind == "AWS" and _account_in_arn(value) for kind, value in unreadable
        }
        self._unreadable_accounts = frozenset(filter(None, accounts.values()))
        self._unreadable_kinds = frozenset[PrincipalKind]().union(
            *(_KINDS_BY_ENTRY_TYPE[kind] for (kind, _), account in accounts.items() if not account)
        )

    def grant_in_allow(self, caller: Principal) -> Grant | None:
        """Return the strongest grant of an Allow to a caller; None if it does not name them."""
        if caller.kind in _KINDS_OF_IDENTITY_PROVIDERS:
            # AWS requires that such callers are named by their provider: `*` is not enough.
            return Grant.DIRECT if caller.arn in self._federated else None
        if self.is_everybody:
            return Grant.DIRECT
        if caller.kind in WITHOUT_ACCOUNT:
            is_named = caller.kind is PrincipalKind.SERVICE and caller.arn in self._services
            return Grant.DIRECT if is_named else None
        return self._grant_to_account_member(caller)

    def grant_in_deny(self, caller: Principal) -> Grant | None:
        """Return the strongest way in which a Deny names the caller; None if it does not.

        `*` is everybody, callers from identity providers included. An unreadable entry names
        everybody of the account in it, or, without an account, everybody of the kinds that its type
        can name.
        """
        if self.is_everybody:
            return Grant.DIRECT
        found = self.grant_in_allow(caller)
        if found is not None or self._is_readable:
            return found
        if caller.kind in self._unreadable_kinds:
            return Grant.DIRECT
        is_in_account = (
            caller.kind in _KINDS_WITH_ACCOUNT and caller.account in self._unreadable_accounts
        )
        return Grant.ACCOUNT if is_in_account else None

    def grant_in_ceiling(self, caller: Principal) -> Grant | None:
        """Return the strongest grant of an Allow in an RCP or endpoint policy; None if it has none.

        Neither kind of policy grants anything by itself, so `*` includes callers from identity
        providers.
        """
        if self.is_everybody:
            return Grant.DIRECT
        found = self.grant_in_allow(caller)
        is_for_root_only = undocumented_rules.is_endpoint_a_gateway() and found is Grant.ACCOUNT
        return None if is_for_root_only and caller.kind is not PrincipalKind.ROOT else found

    def _grant_to_account_member(self, caller: Principal) -> Grant | None:
        """Return the strongest grant to a caller that belongs to an account."""
        if caller.kind is not PrincipalKind.ROOT and caller.arn in self._aws:
            return Grant.DIRECT
        if caller.unique_id and caller.unique_id in self._aws:
            return Grant.DIRECT if caller.kind is PrincipalKind.USER else Grant.ENTITY
        if caller.role_arn in self._aws or (
            caller.user_arn in self._aws and not account_in_entry(caller.user_arn)
        ):
            return Grant.ENTITY
        is_owner = bool(caller.canonical_user) and caller.canonical_user in self._canonical
        return Grant.ACCOUNT if caller.account in self._accounts or is_owner else None

    def not_principal_allows(self, caller: Principal) -> bool:
        """Return whether an Allow with this NotPrincipal is for a caller: no entry names them.

        False for callers from identity providers, which must always be named, and for everybody if
        an entry cannot be read.
        """
        return (
            self._is_readable
            and caller.kind not in _KINDS_OF_IDENTITY_PROVIDERS
            and self.grant_in_allow(caller) is None
        )

    def not_principal_exempts(self, caller: Principal) -> bool:
        """Return whether a Deny with this NotPrincipal exempts the caller.

        Only if every name of the caller is listed: `undocumented_rules.names_not_principal_lacks`.
        """
        return not self.names_not_principal_lacks(caller)

    def names_not_principal_lacks(self, caller: Principal) -> tuple[str, ...]:
        """Return the names of the caller that this NotPrincipal would have to list, and does not.

        Empty for a caller whom a Deny with it exempts.
        """
        if self.is_everybody:
            return ()
        if caller.kind in WITHOUT_ACCOUNT:
            return () if self.grant_in_allow(caller) is not None else (caller.arn or "*",)
        return undocumented_rules.names_not_principal_lacks(caller, self._aws, self._accounts)
