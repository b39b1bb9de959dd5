"""The levels of an organization's policies: each must allow, any may deny.

Most levels allow everything, so that their denies are all that ever matters. Those stand together in one set, and only levels
that allow less than everything are asked one by one.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from daypass.core.policy.decision.policy_sets import PolicySet, Rule

CACHED_LEVELS_MAX = 10_000
"""Lines of levels that are kept; accounts with the same policies above them share one."""


class OrganizationLevels:
    """Sets of policies by level, the root's first."""

    __slots__ = ("_levels", "evaluation_sets")

    def __init__(self, levels: Iterable[PolicySet]) -> None:
        self._levels = tuple(levels)
        self.evaluation_sets: tuple[tuple[PolicySet, bool], ...] = self._reduced_sets()
        """What a decision looks through, and whether it limits by what it does not allow."""

    def __iter__(self) -> Iterator[PolicySet]:
        return iter(self._levels)

    def __len__(self) -> int:
        return len(self._levels)

    def _reduced_sets(self) -> tuple[tuple[PolicySet, bool], ...]:
        if any(level.is_unreadable for level in self._levels):
            # What cannot be read denies, in its place.
            return tuple((level, True) for level in self._levels)
        rules = [rule for level in self._levels for rule in level.rules]
        denies = PolicySet((), [rule for rule in rules if not rule.statement.is_allow])
        narrow = [
            (level, True) for level in self._levels if not any(map(_allows_everything, level.rules))
        ]
        return ((denies, False), *narrow) if denies.rules else tuple(narrow)


def _allows_everything(rule: Rule) -> bool:
    """Say whether a statement allows everything, to everybody, always."""
    statement = rule.statement
    source = statement.syntax
    return (
        statement.is_allow
        and statement.can_apply
        and source.not_actions is None
        and statement.actions.matches_everything
        and source.not_resources is None
        and statement.matches_every_resource
        and not statement.condition_tests
    )


@lru_cache(maxsize=CACHED_LEVELS_MAX)
def shared_levels(sets: tuple[PolicySet, ...]) -> OrganizationLevels:
    """Return the levels of some sets, the same for the same ones."""
    return OrganizationLevels(sets)
