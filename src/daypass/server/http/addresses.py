"""Addresses as they come to a server: from a socket, or from what a proxy wrote of the hop before it."""

import ipaddress
import re

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOP = re.compile(r"\[(?P<inside>[^\]]+)\](?::[0-9]{1,5})?|(?P<v4>[0-9.]+):[0-9]{1,5}|(?P<bare>.+)")
"""An address; one of version 6 in brackets; either with a port, which some proxies add."""
_SITE_BITS = 64
"""What one customer has at least (RFC 6177): addresses in it cost nothing, so that they count as one."""


def of_peer(text: str) -> Address | None:
    """Return a socket's address, or nothing for what is none; its zone is this machine's own business."""
    return _address(text.partition("%")[0])


def of_hop(text: str) -> Address | None:
    """Return an element of `X-Forwarded-For` as an address, or nothing for what cannot be read, a zone included."""
    match = _HOP.fullmatch(text)
    if match is None or "%" in text:
        return None
    return _address(match["inside"] or match["v4"] or match["bare"])


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def site(address: Address | None) -> str:
    """Return who counts as one client: an address of version 4, the first 64 bits of one of version 6."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _SITE_BITS), strict=False))
    return str(address) if address else ""
