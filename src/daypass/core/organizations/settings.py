"""What an operator may set for organizations: limits, and the region of Identity Center."""

from dataclasses import dataclass

from daypass.core import quotas


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """Settings of the operator; AWS raises the limits on request."""

    accounts_max: int = quotas.ORGANIZATION_ACCOUNTS_MAX
    """The most accounts of one organization, open invitations and closed accounts included."""
    removal_wait_seconds: int = 0
    """How long an account that was created in an organization must stay before it may leave."""
    identity_center_region: str = "us-east-1"
    """The primary region of the Identity Center instances that are made from now on."""
