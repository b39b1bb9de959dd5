"""Principal and NotPrincipal: whom a resource's policy names, and how strongly.

A direct grant names this very caller or everybody; an entity grant names the role or user behind it; an account grant
only lets the account's own policies decide. Source: IAM user guide, "AWS JSON policy elements: Principal".
"""

import enum
import re

from daypass.core.policy.model import Principals
from daypass.core.policy.principal import Kind, Principal


class Grant(enum.IntEnum):
    """How a policy names a caller; the strongest counts."""

    ACCOUNT = 1
    ENTITY = 2
    DIRECT = 3


_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root", re.ASCII)
_NEEDS_FEDERATED = frozenset({Kind.WEB_IDENTITY, Kind.SAML})


def grant(principals: Principals, caller: Principal) -> Grant | None:
    """Return the strongest way in which the element names the caller, or nothing."""
    found = [
        how
        for kind, value in principals.entries
        if (how := _entry(kind, value, caller)) is not None
    ]
    return max(found, default=None)


def _entry(kind: str, value: str, caller: Principal) -> Grant | None:
    if kind == "AWS":
        return _aws(value, caller)
    if kind == "Service":
        is_named = caller.kind is Kind.SERVICE and value == caller.arn
        return Grant.DIRECT if is_named else None
    if kind == "Federated":
        is_named = caller.kind in _NEEDS_FEDERATED and value == caller.arn
        return Grant.DIRECT if is_named else None
    if kind == "CanonicalUser" and caller.canonical_user and value == caller.canonical_user:
        return Grant.ACCOUNT
    return None


def _aws(value: str, caller: Principal) -> Grant | None:
    if value == "*":
        # Callers from an identity provider have to be named by their provider.
        return None if caller.kind in _NEEDS_FEDERATED else Grant.DIRECT
    if not caller.account:
        return None
    if _account_of(value) == caller.account:
        return Grant.ACCOUNT
    if caller.kind is Kind.ROLE_SESSION:
        if value == caller.arn:
            return Grant.DIRECT
        return Grant.ENTITY if value in {caller.role_arn, caller.unique_id} else None
    if caller.kind is Kind.FEDERATED_USER and value == caller.user_arn:
        return Grant.ENTITY
    if caller.kind is not Kind.ROOT and value in {caller.arn, caller.unique_id} - {""}:
        return Grant.DIRECT
    return None


def _account_of(value: str) -> str:
    if _ACCOUNT.fullmatch(value):
        return value
    match = _ROOT.fullmatch(value)
    return match[1] if match else ""


def exempt_from_deny(principals: Principals, caller: Principal) -> bool:
    """Say whether a NotPrincipal with Deny leaves the caller out: only if everything that it is is listed.

    A user's ARN and account; a session's ARN, role and account; or everybody.
    """
    named = {value for kind, value in principals.entries if kind == "AWS"}
    if "*" in named:
        return True
    if not caller.account:
        return grant(principals, caller) is not None
    accounts = {_account_of(value) for value in named}
    if caller.account not in accounts:
        return False
    if caller.kind is Kind.ROOT:
        return True
    if caller.kind is Kind.ROLE_SESSION:
        return caller.arn in named and bool(named & {caller.role_arn, caller.unique_id})
    if caller.kind is Kind.FEDERATED_USER:
        return caller.arn in named and caller.user_arn in named
    return bool(named & ({caller.arn, caller.unique_id} - {""}))
