"""The addresses from which an instance, or an identity store, may be used."""

import msgspec


class NetworkLock(msgspec.Struct, frozen=True, array_like=True):
    """The addresses that pass while `VpceAccessRequired` is true; a record without it is open.

    Requests never come by a VPC endpoint here, so the addresses alone pass.
    """

    source_ips: tuple[str, ...]
    """IP addresses and ranges in CIDR form, as they were sent."""
