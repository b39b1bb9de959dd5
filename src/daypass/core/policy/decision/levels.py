"""The SCPs or RCPs above an account, by level: each level must allow, any may deny.

Most levels allow everything, so that only their Deny statements matter. Those are evaluated in one
set, and only a level that allows less than everything is evaluated by itself.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from daypass.core.policy.decision.policy_sets import PolicySet, Rule

CACHED_LEVELS_MAX = 10_000
"""How many lines of levels are cached; accounts with the same policies above them share one."""


class OrganizationLevels:
    """Policy sets by level of the organization, the root's first."""

    __slots__ = ("_levels", "evaluation_sets")

    def __init__(self, levels: Iterable[PolicySet]) -> None:
        self._levels = tuple(levels)
        self.evaluation_sets: tuple[tuple[PolicySet, bool], ...] = self._reduced_sets()
        """The sets that a decision evaluates, with whether a set must allow the request."""

    def __iter__(self) -> Iterator[PolicySet]:
        return iter(self._levels)

    def __len__(self) -> int:
        return len(self._levels)

    def _reduced_sets(self) -> tuple[tuple[PolicySet, bool], ...]:
        """Return the sets that a decision evaluates in place of the levels."""
        if any(level.is_unreadable for level in self._levels):
            # An unreadable level makes the decision a denial when its turn comes.
            return tuple((level, True) for level in self._levels)
        rules = [rule for level in self._levels for rule in level.rules]
        denies = PolicySet((), [rule for rule in rules if not rule.statement.is_allow])
        narrow = [
            (level, True) for level in self._levels if not any(map(_allows_everything, level.rules))
        ]
        return ((denies, False), *narrow) if denies.rules else tuple(narrow)


def _allows_everything(rule: Rule) -> bool:
    """Return whether a rule allows every action on every resource, to everybody, always."""
    statement = rule.statement
    syntax = statement.syntax
    return (
        statement.is_allow
        and statement.can_apply
        and syntax.not_actions is None
        and statement.actions.matches_everything
        and syntax.not_resources is None
        and statement.matches_every_resource
        and not statement.condition_tests
    )


@lru_cache(maxsize=CACHED_LEVELS_MAX)
def shared_levels(policy_sets: tuple[PolicySet, ...]) -> OrganizationLevels:
    """Return the levels of some policy sets; the same object for the same sets."""
    return OrganizationLevels(policy_sets)
