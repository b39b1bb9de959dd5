"""What an operator may set for the organizations of an authority."""

from dataclasses import dataclass

from daypass.core import quotas


@dataclass(frozen=True, slots=True)
class OrganizationLimits:
    """Bounds that AWS raises on request: here the operator does."""

    accounts_max: int = quotas.ORGANIZATION_ACCOUNTS_MAX
    """Accounts of one organization, open invitations and closed accounts included."""
    removal_wait_seconds: int = 0
    """How long an account that was created in an organization has to stay."""
