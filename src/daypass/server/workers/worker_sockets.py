"""Listening sockets of one port for several workers: the system spreads new connections over them.

The parent keeps all sockets open, so that connections waiting at a worker that died are served by
its successor.
"""

import socket
from typing import Any

from daypass.server.http.listener import listening_socket

Address = tuple[socket.AddressFamily, socket.SocketKind, int, Any]


def bind_worker_sockets(host: str, port: int, workers: int) -> list[list[socket.socket]]:
    """Return each worker's listening sockets, one per address of the host.

    Raises `OSError` if one cannot be bound.
    """
    resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    unique = [(each[0], each[1], each[2], each[4]) for each in dict.fromkeys(resolved)]
    addresses = [_with_free_port(each) for each in unique]
    bound: list[list[socket.socket]] = []
    try:
        for _ in range(workers):
            bound.append([])
            for family, kind, protocol, address in addresses:
                bound[-1].append(listening_socket(family, kind, protocol, address, is_shared=True))
    except OSError:
        close_sockets(bound)
        raise
    return bound


def _with_free_port(wanted: Address) -> Address:
    """Return an address with its port, which no other process has; raises `OSError` if one has it.

    A shared port would otherwise be shared with another server of the same user.
    """
    family, kind, protocol, address = wanted
    with socket.socket(family, kind, protocol) as unshared:
        unshared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            unshared.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        unshared.bind(address)
        return family, kind, protocol, unshared.getsockname()


def close_sockets(bound: list[list[socket.socket]]) -> None:
    """Close the sockets of all workers."""
    for sockets in bound:
        for each in sockets:
            each.close()
