"""What becomes of an organization by a step, as the authority's own rules have it; no call is made.

A step that the authority would refuse raises `Impossible`, so that a plan can be checked before
anything is done.
"""

from collections.abc import Iterable

from daypass.blueprint.organization import Organization
from daypass.blueprint.plan.iam_outcome import IAM_OUTCOMES
from daypass.blueprint.plan.organization_outcome import ORGANIZATION_OUTCOMES
from daypass.blueprint.plan.steps import PlanStep

OUTCOMES = {**ORGANIZATION_OUTCOMES, **IAM_OUTCOMES}
"""By the step's class: a function from an organization and a step to the organization after it."""


def apply_steps(now: Organization, steps: Iterable[PlanStep]) -> Organization:
    """Return what an organization is after steps; raises `Impossible`."""
    for step in steps:
        now = OUTCOMES[type(step)](now, step)
    return now
