"""One peer's two thousand connections, slow, idle and silent: are the others served meanwhile,
and is the peer hung up on?

The peer is 127.0.0.1, the others come from 127.0.0.2, as fast as before the crowd came, and each on
a new connection.
"""

import contextlib
import os
import socket
import time

from tests.campaign._server import pin_generator, raise_descriptors, serving

COUNT = int(os.environ.get("CAMPAIGN_CONNECTIONS", "2000"))
OTHERS = 200
HEAD = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
KINDS = {
    "silent": b"",
    "idle after a page": b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n",
    "slow heads": HEAD,
    "slow bodies": HEAD + b"Content-Length: 1000\r\n\r\nA",
}


def crowd(port, count):
    """Open so many connections, of each kind as many; return them with what each sends now and
    then.
    """
    opened = []
    for at in range(count):
        begins = list(KINDS.values())[at % len(KINDS)]
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(begins)
        connection.setblocking(False)
        opened.append((connection, b"a" if begins.startswith(HEAD) else b""))
    return opened


def trickle(opened):
    """Send another byte on each slow connection; return how many have ended."""
    ended = 0
    for connection, byte in opened:
        with contextlib.suppress(BlockingIOError):
            try:
                if byte:
                    connection.send(byte)
                received = connection.recv(65_536)
                ended += not received
            except ConnectionError:
                ended += 1
    return ended


def served(port, request, count=OTHERS):
    """Return how many of so many others are answered, each on a connection of its own, and
    seconds at the 99th percentile.
    """
    waits, good = [], 0
    for _ in range(count):
        began = time.monotonic()
        with (
            contextlib.suppress(OSError),
            socket.create_connection(
                ("127.0.0.1", port), timeout=10, source_address=("127.0.0.2", 0)
            ) as connection,
        ):
            connection.sendall(request)
            good += connection.recv(64).startswith(b"HTTP/1.1 200")
        waits.append(time.monotonic() - began)
    return good, sorted(waits)[int(len(waits) * 0.99)]


def figures(count=COUNT, seconds=32.0):
    """Yield the figures of a server that one peer crowds."""
    raise_descriptors()
    pin_generator()
    with serving() as server:
        request = server.requests["GetCallerIdentity"]
        good, before = served(server.port, request)
        yield "others served before the crowd, of all", good / OTHERS, ">= 1"
        yield "seconds that one waits then, p99", before, ""
        opened = crowd(server.port, count)
        yield "connections of the crowd", len(opened), ""
        good, during = served(server.port, request)
        yield "others served beside the crowd, of all", good / OTHERS, ">= 1"
        yield "seconds that one waits beside the crowd, p99", during, "<= 1.0"
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            trickle(opened)
            time.sleep(1)
        owing = [each for at, each in enumerate(opened) if at % len(KINDS) != 1]
        yield (
            f"of those that owe something, hung up on after {seconds:.0f} s",
            trickle(owing) / len(owing),
            ">= 1",
        )
        more = crowd(server.port, count)
        good, _ = served(server.port, request)
        yield "others served beside a second crowd, of all", good / OTHERS, ">= 1"
        for connection, _ in (*opened, *more):
            connection.close()
