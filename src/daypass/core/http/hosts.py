"""Syntax of the Host header: which values name a host (RFC 9112, 3.2; RFC 3986, 3.2.2)."""

import ipaddress
import re

_NAME = re.compile(rb"((?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?")
"""A registered name or an IPv4 address, and a port, which may be empty."""
_LITERAL = re.compile(rb"\[([0-9A-Fa-f:.]+)\](?::[0-9]*)?")
_FUTURE_LITERAL = re.compile(rb"\[[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+\](?::[0-9]*)?")


def is_host(value: bytes) -> bool:
    """Return True if a Host header's value, without white space around it, names a host.

    An empty value is none: an http URI must have a host (RFC 9110, 4.2.1). An IPv6 address must
    have no zone.
    """
    if _NAME.fullmatch(value):
        return True
    literal = _LITERAL.fullmatch(value)
    if literal is None:
        return _FUTURE_LITERAL.fullmatch(value) is not None
    try:
        ipaddress.IPv6Address(literal[1].decode("ascii"))
    except ValueError:
        return False
    return True
