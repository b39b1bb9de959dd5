"""The parameters by which the portal names an account and a role, and the refusal of either."""

import re
from collections.abc import Mapping
from typing import Any

from daypass.core.account_ids import is_account_id
from daypass.core.faults import Denied, Invalid
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.signed_in_person import SignedInPerson

NO_ACCESS = "No access"
"""The message of every refusal of a live token, so that nobody learns which accounts and roles
exist; the audit log says why."""
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
Req = Mapping[str, Any]


def account_id(req: Req) -> str:
    """Return the account that a request names; raises `Invalid` for what is no account's id."""
    named: str = req["accountId"]
    if not is_account_id(named):
        raise Invalid("account_id is not the id of an account: twelve digits.")
    return named


def role_name(req: Req) -> str:
    """Return the name of the permission set that a request names as its role.

    Raises `Invalid` for what is the name of no role.
    """
    named: str = req["roleName"]
    if not _ROLE_NAME.fullmatch(named):
        raise Invalid("role_name is not the name of a role.")
    return named


def signed_in(ctx: Context) -> SignedInPerson:
    """Return the person who makes a call; every operation of the portal is proved by a token."""
    assert ctx.caller.person is not None  # noqa: S101 - the scheme proves nobody else
    return ctx.caller.person


def no_access(why: str) -> Denied:
    """Return the refusal of a live token; `why` is for the audit log alone."""
    return Denied(NO_ACCESS, operator=why)
