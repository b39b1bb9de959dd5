"""What the caller's account is to an Identity Center instance; decided before any policy.

The services have tables of which operations each standing may call. Source: IAM Identity Center
user guide, "Delegated administration" and "Organization and account instances".
"""

import enum

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.organizations.member import Member
from daypass.core.faults import Denied
from daypass.core.identity_center.reserved_roles import PRINCIPAL
from daypass.services.kit.context import Context

NO_ACCESS = "You do not have sufficient access to perform this action."
"""The message for every account that may not call an operation, whether or not the instance or the
store exists. Sources: IAM Identity Center and identity store API references,
"AccessDeniedException"."""


class Standing(enum.Enum):
    """What an account is to an instance."""

    OWNER = "owner"
    """It owns the instance: the management account, or the account of an account instance."""
    DELEGATED = "delegated administrator"
    """It administers the organization's instance for the management account."""
    MEMBER = "member"
    """It is another account of the instance's organization."""
    OUTSIDE = "outside"
    """It has no part in the instance, or there is no such instance."""


def standing_of(ctx: Context, account: str, instance: Instance | None) -> Standing:
    """Return what an account is to an instance; `instance` is None if there is none of that id."""
    if instance is None or not account:
        return Standing.OUTSIDE
    if account == instance.owner:
        return Standing.OWNER
    if not instance.organization:
        return Standing.OUTSIDE
    member = ctx.directory.organization(instance.organization).of(Member).get(account)
    if member is None:
        return Standing.OUTSIDE
    if any(each.service == PRINCIPAL for each in member.delegations):
        return Standing.DELEGATED
    return Standing.MEMBER


def no_access(standing: Standing) -> Denied:
    """Return the refusal of an account that may not call the operation, without saying why."""
    return Denied(NO_ACCESS, operator=f"standing to the instance: {standing.value}")
