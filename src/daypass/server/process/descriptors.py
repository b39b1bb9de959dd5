"""How many connections the system's descriptors allow."""

import resource

from daypass.server import limits


def connections_max(workers: int = 1) -> int:
    """Return how many connections one of so many workers may have, after this process took all the descriptors that it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.CONNECTIONS_MAX + limits.REFUSED_AT_ONCE_MAX + limits.DESCRIPTORS_KEPT
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(
        share(wanted if soft == resource.RLIM_INFINITY else soft), limits.CONNECTIONS_MAX // workers
    )


def share(descriptors: int) -> int:
    """Return how many of so many descriptors connections may take: at least half, and not what files need."""
    room = max(descriptors // 2, descriptors - limits.DESCRIPTORS_KEPT)
    return min(limits.CONNECTIONS_MAX, room - min(limits.REFUSED_AT_ONCE_MAX, room // 2))
