"""Making an instance of IAM Identity Center: its record and that of its identity store."""

from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.identity_center import ids
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
