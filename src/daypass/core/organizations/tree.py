"""The tree of an organization: paths from the root to a node, the depth of units, and subtrees.

A node is given by its id: the root is `r-…`, units are `ou-…`, accounts are twelve digits.
"""

from collections.abc import Callable, Iterator

from daypass.core import quotas

ParentOf = Callable[[str], str]
"""Takes a node's id and returns its parent's; empty for the root."""


def path_from_root(node: str, parent: ParentOf) -> tuple[str, ...]:
    """Return the ids of the nodes from the root down to a node, both included."""
    ids = [node]
    while above := parent(ids[-1]):
        ids.append(above)
    return tuple(reversed(ids))


def organization_path(organization: str, ids: tuple[str, ...]) -> str:
    """Return AWS's path `o-…/r-…/ou-…/` of the ids that `path_from_root` returns."""
    return f"{organization}/{''.join(f'{each}/' for each in ids)}"


def unit_depth(ids: tuple[str, ...]) -> int:
    """Return the number of units in a path from the root."""
    return sum(1 for each in ids if each.startswith("ou-"))


def can_contain_unit(ids: tuple[str, ...]) -> bool:
    """Return True if a unit may be created below the last node of a path: at most five levels."""
    return unit_depth(ids) < quotas.ORGANIZATIONAL_UNIT_DEPTH_MAX


def subtree(node: str, children: Callable[[str], Iterator[str]]) -> Iterator[str]:
    """Yield a node's id and those of all nodes below it, each before its children."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(children(current))
