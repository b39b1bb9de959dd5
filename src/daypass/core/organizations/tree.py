"""The tree of an organization: who hangs below whom.

The root is `r-…`, units are `ou-…`, accounts are twelve digits. A node knows its parent; the root's is empty.
"""

from collections.abc import Callable, Iterator

from daypass.core import quotas

ParentOf = Callable[[str], str]
"""From a node's id to its parent's; the root's is empty."""


def path_from_root(node: str, parent: ParentOf) -> tuple[str, ...]:
    """Return the ids from the root down to a node."""
    found = [node]
    while above := parent(found[-1]):
        found.append(above)
    return tuple(reversed(found))


def organization_path(organization: str, ids: tuple[str, ...]) -> str:
    """Return a path such as `o-…/r-…/ou-…/`, as AWS writes it, from the ids of a line."""
    return f"{organization}/{''.join(f'{each}/' for each in ids)}"


def unit_depth(ids: tuple[str, ...]) -> int:
    """Return how many units a line has."""
    return sum(1 for each in ids if each.startswith("ou-"))


def can_contain_unit(ids: tuple[str, ...]) -> bool:
    """Say whether a unit may be made below the last node of a line: there are five levels at most."""
    return unit_depth(ids) < quotas.ORGANIZATIONAL_UNIT_DEPTH_MAX


def subtree(node: str, children: Callable[[str], Iterator[str]]) -> Iterator[str]:
    """Give a node and everything below it, each before its children."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(children(found))
