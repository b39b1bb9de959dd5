"""What the text of a setting means, where that is more than a number or a path."""

import ipaddress
from collections.abc import Iterable

from daypass.server.http.addresses import Network

DEFAULT_LISTEN = "127.0.0.1:8090"


class Misconfigured(Exception):
    """A setting cannot be meant; `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks from `10.0.0.0/8` or single addresses; raises `Misconfigured` for what is none, or is everybody."""
    found = []
    for text in texts:
        if "%" in text:
            raise Misconfigured(f"`{text}` has a zone", "name the proxies' addresses without it")
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise Misconfigured(f"`{text}` is no network: {error}", "as 10.0.0.0/8") from None
        if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
            raise Misconfigured(f"`{text}` is of version 4", "write it so, as 10.0.0.0/8")
        if not network.prefixlen:
            raise Misconfigured(f"`{text}` is everybody", "name the proxies' own addresses")
        found.append(network)
    return tuple(found)


def kms_keys(text: str | None) -> frozenset[str] | None:
    """Read the list of KMS keys that requests may name, None where there is no list; raises `Misconfigured`."""
    if text is None:
        return None
    from daypass.gate.decision import kms  # noqa: PLC0415 - help shows the settings without loading the gate

    try:
        return kms.listed(text)
    except ValueError as error:
        raise Misconfigured(
            f"`{error}` names no KMS key", "give key ids or ARNs, `default`, or `none` alone"
        ) from None


def listen_address(text: str) -> tuple[str, int]:
    """Split `HOST:PORT`; raises `Misconfigured`."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - ports
        raise Misconfigured(f"`{text}` is not HOST:PORT", f"for example {DEFAULT_LISTEN}")
    return host.strip("[]") or "127.0.0.1", int(port)
