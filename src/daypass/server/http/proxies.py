"""Proxies that the operator trusts to say where a request came from; anybody else's headers about it mean nothing.

Each hop appends the address that it saw to `X-Forwarded-For`, so that the list is read from its end: the first address that is
no trusted proxy's is the client's. What stands before it the client may have written itself. A hop that cannot be read, or a
proxy that says nothing of its client, leaves the address unknown: then the request has no `aws:SourceIp`.
"""

from collections.abc import Iterable

from daypass.core.http.asgi_types import Application, Receive, Scope, Send
from daypass.server import limits
from daypass.server.http import addresses
from daypass.server.http.addresses import Address, Network


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
        peer = addresses.of_peer((scope.get("client") or ("",))[0])
        if not is_trusted(peer, self._networks):
            return
        client = self._client(_list(scope, b"x-forwarded-for"))
        scope["client"] = (str(client), 0) if client else None
        # A word that is not exactly this one says nothing of encryption.
        schemes = _list(scope, b"x-forwarded-proto")
        scope["scheme"] = "https" if schemes and schemes[-1].lower() == "https" else "http"
        # What the proxy and the server agreed upon is not what the client did.
        scope.get("extensions", {}).pop("tls", None)

    def _client(self, hops: list[str]) -> Address | None:
        """Return the last address that is no trusted proxy's; nothing if one behind it cannot be read, or none is there."""
        address = None
        for hop in reversed(hops[-limits.FORWARDED_HOPS_MAX :]):
            address = addresses.of_hop(hop)
            if not is_trusted(address, self._networks):
                return address
        return address if len(hops) <= limits.FORWARDED_HOPS_MAX else None


def is_trusted(address: Address | None, networks: Iterable[Network]) -> bool:
    """Say whether an address is in one of the networks; one that is not known is in none."""
    return address is not None and any(address in network for network in networks)


def _list(scope: Scope, wanted: bytes) -> list[str]:
    """Return the elements of a header's list, in order; several headers of the name are one list (RFC 9110, 5.3).

    An empty element stays: a hop that wrote nothing is one that cannot be read.
    """
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
    return [each.strip(" \t") for value in values for each in value.split(",")]
