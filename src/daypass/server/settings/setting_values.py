"""Parses the values of settings that are more than a number or a path."""

import ipaddress
from collections.abc import Iterable

from daypass.server.http.addresses import Network

DEFAULT_LISTEN = "127.0.0.1:8090"


class Misconfigured(Exception):
    """A setting is wrong or contradicts another; `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks from texts such as `10.0.0.0/8`, or single addresses.

    Raises `Misconfigured` for a text that is no network, and for the network of all addresses.
    """
    parsed = []
    for text in texts:
        if "%" in text:
            raise Misconfigured(f"`{text}` has a zone", "name the proxies' addresses without it")
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise Misconfigured(
                f"`{text}` is not a network: {error}", "for example 10.0.0.0/8"
            ) from None
        if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
            raise Misconfigured(
                f"`{text}` is an IPv4 network in IPv6 notation", "write it as 10.0.0.0/8"
            )
        if not network.prefixlen:
            raise Misconfigured(
                f"`{text}` is the network of all addresses", "name the proxies' addresses"
            )
        parsed.append(network)
    return tuple(parsed)


def parse_kms_keys(text: str | None) -> frozenset[str] | None:
    """Return the KMS keys that requests may name, from a list in one text; None for None.

    Raises `Misconfigured` for an element that names no key.
    """
    if text is None:
        return None
    from daypass.gate.decision import kms  # noqa: PLC0415 - `--help` must not load the gate

    try:
        return kms.parse_key_list(text)
    except ValueError as error:
        raise Misconfigured(
            f"`{error}` names no KMS key", "give key ids or ARNs, `default`, or `none` alone"
        ) from None


def parse_listen_address(text: str) -> tuple[str, int]:
    """Return the host and the port of `HOST:PORT`; raises `Misconfigured`.

    The host is without brackets, and 127.0.0.1 if it is empty.
    """
    host, colon, port = text.rpartition(":")
    # Ports.
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004
        raise Misconfigured(f"`{text}` is not HOST:PORT", f"for example {DEFAULT_LISTEN}")
    return host.strip("[]") or "127.0.0.1", int(port)
