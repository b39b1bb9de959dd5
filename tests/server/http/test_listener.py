"""A listener accepts a bounded number of connections per turn, and pauses without descriptors."""

import asyncio
import socket

from daypass.server import limits
from daypass.server.http.listener import Listener


class Socket:
    """A listening socket with a crowd before it."""

    def __init__(self, *crowd):
        self.crowd = list(crowd)

    def accept(self):
        if not self.crowd:
            raise BlockingIOError
        found = self.crowd.pop(0)
        if isinstance(found, Exception):
            raise found
        return found, ("203.0.113.9", 1)


def listening(test):
    async def run():
        accepted = []
        made = Listener([], lambda connection, _address: accepted.append(connection))
        await test(made, accepted)

    asyncio.run(run())


def test_a_bounded_number_of_connections_is_accepted_per_turn() -> None:
    """The loop's own server accepts one per turn: 708 of 1,500 had no answer in fourteen
    seconds.
    """

    async def test(made, accepted):
        crowd = Socket(*range(limits.ACCEPTED_PER_TURN + 5))
        made._accept(crowd)
        assert len(accepted) == limits.ACCEPTED_PER_TURN
        made._accept(crowd)
        assert len(accepted) == limits.ACCEPTED_PER_TURN + 5

    listening(test)


def test_a_connection_lost_before_accept_stops_no_other() -> None:
    async def test(made, accepted):
        made._accept(Socket(1, ConnectionAbortedError(), 2))
        assert accepted == [1, 2]

    listening(test)


def test_without_descriptors_accepting_pauses() -> None:
    async def test(made, accepted):
        with socket.socket() as real:
            made._loop.add_reader(real, lambda: None)
            broken = Socket(1, OSError(24, "Too many open files"), 2)
            broken.fileno = real.fileno
            made._accept(broken)
            assert accepted == [1]
            assert not made._loop.remove_reader(real)

    listening(test)
