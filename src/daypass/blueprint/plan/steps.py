"""What a plan is made of: steps, each carried out by one call that may be made again.

The steps themselves stand in `organization_steps` and `iam_steps`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Verb(StrEnum):
    """What a step does to the thing that it is about."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One change; places are paths of units or keys of accounts."""

    default_verb: ClassVar[Verb] = Verb.CHANGED

    @property
    def verb(self) -> Verb:
        """Say what it does to the thing: a step that writes what may be there already says so itself."""
        return Verb.ADDED if getattr(self, "is_new", False) else self.default_verb


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """Steps in their order, and what is left as it is, with the reason."""

    steps: tuple[PlanStep, ...] = ()
    left_alone: tuple[str, ...] = ()
