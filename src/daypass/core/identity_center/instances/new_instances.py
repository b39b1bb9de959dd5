"""Making an instance of IAM Identity Center: its records, and the service's role in accounts."""

from collections.abc import Iterable

from msgspec.structs import replace

from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.record import Record
from daypass.core.identity_center import ids, reserved_roles
from daypass.core.sessions.keyids import unique_id
from daypass.core.sources import Entropy


def new_instance(
    owner: str, *, organization: str, region: str, now: int, entropy: Entropy
) -> tuple[Instance, IdentityStore]:
    """Return a new instance that an account owns, and its empty identity store.

    `organization` is empty for an account instance, which has no permission sets before they are
    enabled.
    """
    store_id = ids.identity_store(entropy(ids.STORE_BYTES))
    instance = Instance(
        account=ids.instance(entropy(ids.HEX_BYTES)),
        owner=owner,
        organization=organization,
        store=store_id,
        region=region,
        created=now,
        has_permission_sets=bool(organization),
    )
    store = IdentityStore(account=store_id, owner=owner, instance=instance.id, created=now)
    return instance, store


def new_organization_instance(
    organization: Organization,
    accounts: Iterable[str],
    *,
    region: str,
    now: int,
    entropy: Entropy,
) -> tuple[Organization, tuple[Record, ...]]:
    """Return an organization with a new instance, and all records to store with it but itself.

    `accounts` are those that get the service-linked role. The instance has no people, and nothing
    of an earlier instance of the organization.
    """
    instance, store = new_instance(
        organization.management,
        organization=organization.id,
        region=region,
        now=now,
        entropy=entropy,
    )
    roles = (
        reserved_roles.service_role(each, unique_id=unique_id("AROA", entropy(11)), now=now)
        for each in accounts
    )
    organization = replace(organization, instance=instance.id, instance_deleted=0)
    return organization, (instance, store, *roles)
