"""How many connections the limit of open descriptors allows."""

import resource

from daypass.server import limits


def claim_connections(workers: int = 1) -> int:
    """Raise the descriptor limit as far as needed.

    Return how many connections each worker may have.
    """
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
    """Return how many of the process's descriptors connections may use.

    At least half, otherwise all but those that files need.
    """
    room = max(descriptors // 2, descriptors - limits.DESCRIPTORS_KEPT)
    return min(limits.CONNECTIONS_MAX, room - min(limits.REFUSED_AT_ONCE_MAX, room // 2))
