"""Listening sockets: they accept many connections per turn of the event loop.

The event loop's own servers accept one connection per turn, so that new clients starve while turns
are long. Each connection is counted before any work is done for it.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

from daypass.server import limits

OnAccept = Callable[[socket.socket, tuple[Any, ...]], None]
"""Takes an accepted socket and the address of its peer."""


class Listener:
    """Accepts connections on listening sockets; stands in for an `asyncio.Server`."""

    def __init__(self, sockets: Sequence[socket.socket], on_accept: OnAccept) -> None:
        self.sockets = tuple(sockets)
        self._on_accept = on_accept
        self._loop = asyncio.get_running_loop()
        for each in self.sockets:
            self._loop.add_reader(each, self._accept, each)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(limits.ACCEPTED_PER_TURN):
            try:
                accepted, address = listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:
                # The client has closed the connection already.
                continue
            except OSError:
                # No descriptor or memory is free: accepting again at once would spin.
                self._loop.remove_reader(listening)
                self._loop.call_later(limits.ACCEPT_PAUSE_SECONDS, self._resume, listening)
                return
            self._on_accept(accepted, address)

    def _resume(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self._loop.add_reader(listening, self._accept, listening)

    def close(self) -> None:
        """Close the listening sockets."""
        for each in self.sockets:
            if each.fileno() >= 0:
                self._loop.remove_reader(each)
                each.close()

    async def wait_closed(self) -> None:
        """Return at once: `close` has closed all sockets."""


async def bind_sockets(host: str, port: int) -> list[socket.socket]:
    """Return a listening socket for each address of a host; raises `OSError` if one is taken."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            bound.append(listening_socket(family, kind, protocol, address))
    except OSError:
        for each in bound:
            each.close()
        raise
    return bound


def listening_socket(
    family: int, kind: int, protocol: int, address: Any, *, is_shared: bool = False
) -> socket.socket:
    """Return a socket that listens on an address; raises `OSError` if that is taken.

    A shared socket lets other sockets listen on the same address (SO_REUSEPORT).
    """
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # IPv4 has its own socket, so that its addresses are not mapped IPv6 addresses.
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setblocking(False)  # noqa: FBT003 - the socket's own method
        made.bind(address)
        made.listen(limits.BACKLOG)
    except OSError:
        made.close()
        raise
    return made
