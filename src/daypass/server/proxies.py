"""Proxies that the operator trusts to say where a request came from; anybody else's headers about it mean nothing.

Each hop appends the address that it saw to `X-Forwarded-For`, so that the list is read from its end: the first address that is
no trusted proxy's is the client's. What stands before it the client may have written itself.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Behind:
    """An application behind proxies: it sees the client's address and scheme where a trusted one says so."""

    def __init__(self, networks: Iterable[Network], application: Application) -> None:
        self._networks = tuple(networks)
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._networks and scope["type"] == "http":
            self._see_through(scope)
        await self._application(scope, receive, send)

    def _see_through(self, scope: Scope) -> None:
        peer = _address((scope.get("client") or ("",))[0])
        if peer is None or not self._is_trusted(peer):
            return
        scope["client"] = (str(self._client(peer, _list(scope, b"x-forwarded-for"))), 0)
        schemes = _list(scope, b"x-forwarded-proto")
        scope["scheme"] = "https" if schemes and schemes[-1].lower() == "https" else "http"
        # What the proxy and the server agreed upon is not what the client did.
        scope["extensions"] = {}

    def _client(self, peer: Address, hops: list[str]) -> Address:
        """Return the last address that is no trusted proxy's; at one that cannot be read, the proxy that passed it on."""
        last = peer
        for hop in reversed(hops):
            address = _address(hop)
            if address is None:
                return last
            last = address
            if not self._is_trusted(address):
                return last
        return last

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _list(scope: Scope, wanted: bytes) -> list[str]:
    """Return the elements of a header's list, in order; several headers of the name are one list (RFC 9110, 5.3)."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
    return [each.strip() for value in values for each in value.split(",") if each.strip()]
