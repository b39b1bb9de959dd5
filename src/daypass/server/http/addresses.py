"""Parses client addresses: of a socket's peer, and of a hop in `X-Forwarded-For`."""

import ipaddress
import re

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOP = re.compile(r"\[(?P<inside>[^\]]+)\](?::[0-9]{1,5})?|(?P<v4>[0-9.]+):[0-9]{1,5}|(?P<bare>.+)")
"""An address, an IPv6 address in brackets; either with a port, which some proxies add."""
_END_SITE_BITS = 64
"""The least that one customer has (RFC 6177): its addresses cost nothing, so they count as one."""


def peer_address(text: str) -> Address | None:
    """Return the address of a socket's peer; None if the text is no address.

    Its zone is removed: that is meaningful on this machine alone.
    """
    return _parse_address(text.partition("%")[0])


def hop_address(text: str) -> Address | None:
    """Return an element of `X-Forwarded-For` as an address.

    None if it cannot be read, or has a zone.
    """
    match = _HOP.fullmatch(text)
    if match is None or "%" in text:
        return None
    return _parse_address(match["inside"] or match["v4"] or match["bare"])


def _parse_address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def end_site(address: Address | None) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 network of an IPv6 address.

    Empty for None.
    """
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _END_SITE_BITS), strict=False))
    return str(address) if address else ""
