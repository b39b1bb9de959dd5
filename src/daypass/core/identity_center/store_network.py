"""The network configuration of an identity store, as UpdateIdentityStore replaces it whole.

Source: identity store API reference, "NetworkConfiguration".
"""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.faults import InvalidParameterValue
from daypass.core.identity_center.network_lock import IS_REQUIRED, read_network_lock
from daypass.core.policy.language.condition_values import parse_network

API_ADDRESSES = "ApiAllowSourceIps"
SCIM_ADDRESSES = "ScimAllowSourceIps"
_UNENFORCED = ("ApiRestrictSourceVpcs",)


def read_store_network(
    configuration: Mapping[str, Any],
) -> tuple[NetworkLock | None, tuple[str, ...]]:
    """Return the lock of the API, None for no lock, and the addresses that SCIM is bound to.

    The addresses for SCIM are kept whatever the rest says, and empty for no bound. Raises
    `InvalidParameterValue` for a configuration that cannot be enforced.
    """
    lock = read_network_lock(
        configuration[IS_REQUIRED],
        configuration,
        addresses=API_ADDRESSES,
        unenforced=_UNENFORCED,
    )
    scim = tuple(configuration.get(SCIM_ADDRESSES, ()))
    for each in scim:
        if parse_network(each) is None:
            raise InvalidParameterValue(f"{SCIM_ADDRESSES} contains an invalid IP address: {each}")
    return lock, scim
