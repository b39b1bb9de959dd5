"""The network lock of an instance or an identity store: which addresses may use it.

No request comes by a VPC endpoint here. So while `VpceAccessRequired` is true, only the listed
addresses pass, and a lock that would name anything else is refused rather than stored and ignored.
Source: IAM Identity Center API reference, "NetworkConfigurationInfo", and identity store API
reference, "NetworkConfiguration".
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.faults import Denied, InvalidParameterValue
from daypass.core.policy.language.condition_values import Network, parse_address, parse_network

IS_REQUIRED = "VpceAccessRequired"
API_ADDRESSES = "ApiAllowSourceIps"
SCIM_ADDRESSES = "ScimAllowSourceIps"
NOT_FROM_HERE = "The network configuration does not allow access from this address."
_PARSED_LOCKS_MAX = 256
"""Locks whose ranges are kept parsed."""


def read_network_lock(
    is_required: bool,  # noqa: FBT001 - the configuration's own switch
    lists: Mapping[str, Sequence[str]],
    *,
    addresses: str,
    unenforced: Collection[str],
) -> NetworkLock | None:
    """Return the lock that a network configuration describes; None if it locks nothing.

    `lists` are the configuration's lists by name: `addresses` names the one of addresses that pass,
    `unenforced` those that cannot be enforced here. Where `VpceAccessRequired` is false no list has
    an effect, and none is kept. Raises `InvalidParameterValue` for a lock that would let nobody
    pass, that names what cannot be enforced, or that has an address that cannot be read.
    """
    if not is_required:
        return None
    for name in unenforced:
        if lists.get(name):
            raise InvalidParameterValue(
                f"{name} is not supported: requests do not come from a VPC here."
            )
    allowed = lists.get(addresses, ())
    if not allowed:
        raise InvalidParameterValue(
            f"{addresses} is required if {IS_REQUIRED} is true: requests do not come from a VPC"
            " here, so nobody else could use the instance."
        )
    return NetworkLock(_readable_addresses(addresses, allowed))


def read_store_network(
    configuration: Mapping[str, Any],
) -> tuple[NetworkLock | None, tuple[str, ...]]:
    """Return the lock of an identity store's API, and the addresses that SCIM is bound to.

    The lock is None if the API is open. The addresses for SCIM are kept whatever the rest says,
    and are empty for no bound. Raises `InvalidParameterValue` for a configuration that cannot be
    enforced.
    """
    lock = read_network_lock(
        configuration[IS_REQUIRED],
        configuration,
        addresses=API_ADDRESSES,
        unenforced=("ApiRestrictSourceVpcs",),
    )
    return lock, _readable_addresses(SCIM_ADDRESSES, configuration.get(SCIM_ADDRESSES, ()))


def _readable_addresses(name: str, addresses: Sequence[str]) -> tuple[str, ...]:
    """Return a list of addresses and ranges; raises `InvalidParameterValue` for any other text."""
    for each in addresses:
        if parse_network(each) is None:
            raise InvalidParameterValue(f"{name} contains an invalid IP address: {each}")
    return tuple(addresses)


def check_source_address(lock: NetworkLock | None, address: str) -> None:
    """Raise `Denied` unless a lock lets an address pass; without a lock every address passes.

    `address` is the caller's, as the proxy rules give it, empty if it is unknown. An address that
    cannot be read is refused.
    """
    if lock is None:
        return
    found = parse_address(address)
    # A network of another IP version contains no address.
    if found is None or not any(found in each for each in _networks(lock.source_ips)):
        raise Denied(NOT_FROM_HERE, operator="network lock")


@lru_cache(maxsize=_PARSED_LOCKS_MAX)
def _networks(source_ips: tuple[str, ...]) -> tuple[Network, ...]:
    """Return the networks of a lock; a text that is none, which no lock has, lets nobody pass."""
    return tuple(each for each in map(parse_network, source_ips) if each is not None)
