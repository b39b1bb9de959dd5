"""Sockets of one port for several workers: each has its own, to which the system hands its share of newcomers.

The parent keeps them all, so that who waits at a worker that has died is served by the one that is started in its place.
"""

import socket
from typing import Any

from daypass.server.http.listener import listening_socket

Address = tuple[socket.AddressFamily, socket.SocketKind, int, Any]


def bind(host: str, port: int, workers: int) -> list[list[socket.socket]]:
    """Return the sockets of each worker, on every address of a host; raises `OSError` where one cannot be had."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    asked = [(each[0], each[1], each[2], each[4]) for each in dict.fromkeys(found)]
    addresses = [_free(each) for each in asked]
    bound: list[list[socket.socket]] = []
    try:
        for _ in range(workers):
            bound.append([])
            for family, kind, protocol, address in addresses:
                bound[-1].append(listening_socket(family, kind, protocol, address, is_shared=True))
    except OSError:
        close(bound)
        raise
    return bound


def _free(asked: Address) -> Address:
    """Return an address with its port, which nobody has: a port that is shared would be shared with another server of this user too."""
    family, kind, protocol, address = asked
    with socket.socket(family, kind, protocol) as alone:
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            alone.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        alone.bind(address)
        return family, kind, protocol, alone.getsockname()


def close(bound: list[list[socket.socket]]) -> None:
    """Close sockets of workers."""
    for sockets in bound:
        for each in sockets:
            each.close()
