"""Making an organization's instance of Identity Center, for one that has none.

A new organization with all features begins with one (`core.organizations.founding`).
"""

from collections.abc import Iterator

from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.record import Record, fold_name
from daypass.core.identity_center import reserved_roles
from daypass.core.identity_center.instances.new_instances import new_organization_instance
from daypass.core.sessions.keyids import unique_id
from daypass.core.sources import Entropy
from daypass.services.kit.context import Context
from daypass.state.changes import Remove
from daypass.state.snapshot.directory import Directory


def stage_organization_instance(ctx: Context, organization: Organization) -> Organization:
    """Stage a new instance of an organization, and the service's role in each of its accounts.

    Stages the organization, and returns it with the instance. The organization has none before.
    """
    organization, records = organization_instance(
        ctx.directory,
        organization,
        region=ctx.settings.identity_center_region,
        now=ctx.now,
        entropy=ctx.entropy,
    )
    for each in (organization, *records):
        ctx.put(each)
    return organization


def organization_instance(
    directory: Directory, organization: Organization, *, region: str, now: int, entropy: Entropy
) -> tuple[Organization, tuple[Record, ...]]:
    """Return an organization with a new instance, and the records to store with it.

    The organization itself is not among these.
    """
    without_role = list(_accounts_without_role(directory, organization))
    return new_organization_instance(
        organization, without_role, region=region, now=now, entropy=entropy
    )


def _accounts_without_role(directory: Directory, organization: Organization) -> Iterator[str]:
    for member in directory.organization(organization.id).of(Member):
        if not directory.account(member.id).of(Role).is_taken(reserved_roles.SERVICE_ROLE):
            yield member.id


def stage_service_role(ctx: Context, account: str) -> None:
    """Stage the service-linked role of Identity Center in an account, unless it has the role.

    A role whose removal is staged, because the account leaves another organization, is replaced.
    """
    existing = ctx.directory.account(account).of(Role).get(fold_name(reserved_roles.SERVICE_ROLE))
    if existing is None or Remove(existing) in ctx.changes.records:
        ctx.put(
            reserved_roles.service_role(
                account, unique_id=unique_id("AROA", ctx.entropy(11)), now=ctx.now
            )
        )
