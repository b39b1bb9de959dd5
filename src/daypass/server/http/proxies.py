"""ASGI middleware that takes a client's address and scheme from the headers of trusted proxies.

Such headers of any other peer are ignored. Each hop appends the address of its peer to
`X-Forwarded-For`, so the list is read from its end: the first address that is not a trusted proxy's
is the client's. The client may have written what stands before it. If a hop cannot be read, or a
proxy does not name its client, the address is unknown: the request then has no `aws:SourceIp`.
"""

from collections.abc import Iterable

from daypass.core.http.asgi_types import Application, Receive, Scope, Send
from daypass.server import limits
from daypass.server.http import addresses
from daypass.server.http.addresses import Address, Network


class TrustedProxies:
    """Wraps an ASGI application, which then sees client addresses as trusted proxies give them."""

    def __init__(self, networks: Iterable[Network], application: Application) -> None:
        self._networks = tuple(networks)
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            self.apply_forwarded(scope)
        await self._application(scope, receive, send)

    def apply_forwarded(self, scope: Scope) -> None:
        """Replace the scope's client and scheme if the peer is a trusted proxy."""
        if not self._networks:
            return
        peer = addresses.peer_address((scope.get("client") or ("",))[0])
        if not is_trusted_proxy(peer, self._networks):
            return
        scope["forwarded"] = True
        client = self._client_address(_header_elements(scope, b"x-forwarded-for"))
        scope["client"] = (str(client), 0) if client else None
        # Any other value than exactly `https` does not assert encryption.
        schemes = _header_elements(scope, b"x-forwarded-proto")
        scope["scheme"] = "https" if schemes and schemes[-1].lower() == "https" else "http"
        # The TLS version between the proxy and the server is not the client's.
        scope.get("extensions", {}).pop("tls", None)

    def _client_address(self, hops: list[str]) -> Address | None:
        """Return the last address that is not a trusted proxy's.

        None if a hop behind it cannot be read, or if there is no hop.
        """
        address = None
        for hop in reversed(hops[-limits.FORWARDED_HOPS_MAX :]):
            address = addresses.hop_address(hop)
            if not is_trusted_proxy(address, self._networks):
                return address
        return address if len(hops) <= limits.FORWARDED_HOPS_MAX else None


def is_trusted_proxy(address: Address | None, networks: Iterable[Network]) -> bool:
    """Say whether an address is in one of the trusted networks; an unknown one (None) is not."""
    return address is not None and any(address in network for network in networks)


def _header_elements(scope: Scope, header: bytes) -> list[str]:
    """Return the elements of a list header, in order.

    Several headers of one name are one list (RFC 9110, 5.3). An empty element is kept: it is a hop
    that cannot be read.
    """
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == header]
    return [each.strip(" \t") for value in values for each in value.split(",")]
