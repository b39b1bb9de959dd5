"""The plan and the base class of its steps, each of which is one API call that can be repeated.

The step classes are in `organization_steps` and `iam_steps`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Verb(StrEnum):
    """How a step changes its subject, as printed."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One change. Its members name units by path and accounts by key."""

    default_verb: ClassVar[Verb] = Verb.CHANGED

    @property
    def verb(self) -> Verb:
        """Return how the step changes its subject: `ADDED` if `is_new`, else the class's verb."""
        return Verb.ADDED if getattr(self, "is_new", False) else self.default_verb


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """Steps in their order, and texts for what is left alone, with the reason."""

    steps: tuple[PlanStep, ...] = ()
    left_alone: tuple[str, ...] = ()
