"""How many connections the limit of open descriptors allows."""

import resource

from daypass.server import limits


def claim_connections(workers: int = 1) -> int:
    """Raise the descriptor limit as needed; return how many connections a worker may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.CONNECTIONS_MAX + limits.REFUSED_AT_ONCE_MAX + limits.DESCRIPTORS_KEPT
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(
        connections_for(wanted if soft == resource.RLIM_INFINITY else soft),
        limits.CONNECTIONS_MAX // workers,
    )


def connections_for(descriptors: int) -> int:
    """Return how many of a process's descriptors connections may use.

    All but those that files need, and at least half.
    """
    room = max(descriptors // 2, descriptors - limits.DESCRIPTORS_KEPT)
    return min(limits.CONNECTIONS_MAX, room - min(limits.REFUSED_AT_ONCE_MAX, room // 2))
