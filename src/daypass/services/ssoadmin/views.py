"""Instances and their regions as `sso-admin` answers them."""

from collections.abc import Iterator
from typing import Any

from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.identity_center.network_lock import IS_REQUIRED

View = dict[str, Any]
ACTIVE = "ACTIVE"
ENABLED = "ENABLED"
ADDRESSES = "AllowSourceIps"
"""The list of a network configuration with the addresses that pass."""


def instance_metadata(instance: Instance, store: IdentityStore) -> View:
    """Return an instance as lists show it; it is active from its creation to its deletion."""
    shown: View = {
        "InstanceArn": instance.arn,
        "IdentityStoreId": store.id,
        "IdentityStoreArn": store.arn,
        "OwnerAccountId": instance.owner,
        "CreatedDate": instance.created,
        "Status": ACTIVE,
        "PrimaryRegion": instance.region,
        "Regions": list(regions(instance)),
    }
    # No name is no member: the empty one does not fit the model.
    return shown | ({"Name": instance.name} if instance.name else {})


def instance_details(instance: Instance, store: IdentityStore) -> View:
    """Return an instance as DescribeInstance answers it, with its three configurations."""
    encryption = {"KeyType": instance.kms_key_type, "EncryptionStatus": ENABLED}
    if instance.kms_key:
        encryption["KmsKeyArn"] = instance.kms_key
    network: View = {IS_REQUIRED: instance.network is not None}
    if instance.network is not None:
        network[ADDRESSES] = list(instance.network.source_ips)
    return instance_metadata(instance, store) | {
        "EncryptionConfigurationDetails": encryption,
        "NetworkConfigurationDetails": network,
        "PermissionSetsEnabled": instance.has_permission_sets,
    }


def regions(instance: Instance) -> Iterator[View]:
    """Yield the regions of an instance: the primary one, then the others as they were added."""
    yield _region(instance.region, instance.created, is_primary=True)
    for each in instance.regions:
        yield _region(each.name, each.added, is_primary=False)


def _region(name: str, added: int, *, is_primary: bool) -> View:
    return {
        "RegionName": name,
        "Status": ACTIVE,
        "AddedDate": added,
        "IsPrimaryRegion": is_primary,
    }
