"""The limits of organizations that an operator may set."""

from dataclasses import dataclass

from daypass.core import quotas


@dataclass(frozen=True, slots=True)
class OrganizationLimits:
    """Limits that AWS raises on request and the operator sets here."""

    accounts_max: int = quotas.ORGANIZATION_ACCOUNTS_MAX
    """The most accounts of one organization, open invitations and closed accounts included."""
    removal_wait_seconds: int = 0
    """How long an account that was created in an organization must stay before it may leave."""
