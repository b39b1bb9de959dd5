"""Listening: connections are accepted many at a time, each counted before anything is spent on it.

The event loop's own servers accept one connection in a turn, so that newcomers starve while turns are long.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

from daypass.server import limits

Welcome = Callable[[socket.socket, tuple[Any, ...]], None]


class Listener:
    """Sockets that listen, in the place of an `asyncio.Server`."""

    def __init__(self, sockets: Sequence[socket.socket], welcome: Welcome) -> None:
        self.sockets = tuple(sockets)
        self._welcome = welcome
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
                # Who asked is gone again.
                continue
            except OSError:
                # No descriptor, no memory: asking again at once would take the whole processor.
                self._loop.remove_reader(listening)
                self._loop.call_later(limits.ACCEPT_PAUSE_SECONDS, self._resume, listening)
                return
            self._welcome(accepted, address)

    def _resume(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self._loop.add_reader(listening, self._accept, listening)

    def close(self) -> None:
        """Listen no longer."""
        for each in self.sockets:
            if each.fileno() >= 0:
                self._loop.remove_reader(each)
                each.close()

    async def wait_closed(self) -> None:
        """Return when nothing listens any more, which is at once."""


async def bind(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on every address of a host; raises `OSError` where one cannot be had."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            bound.append(listening(family, kind, protocol, address))
    except OSError:
        for each in bound:
            each.close()
        raise
    return bound


def listening(
    family: int, kind: int, protocol: int, address: Any, *, is_shared: bool = False
) -> socket.socket:
    """Return a socket that listens on an address, with others of its kind if it is shared; raises `OSError`."""
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # Version 4 has a socket of its own, and its addresses their own spelling.
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setblocking(False)  # noqa: FBT003 - the socket's own word
        made.bind(address)
        made.listen(limits.BACKLOG)
    except OSError:
        made.close()
        raise
    return made
