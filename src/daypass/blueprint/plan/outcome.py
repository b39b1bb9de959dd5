"""Apply steps to an organization as values, by the authority's own rules, without calls.

A step that the authority would refuse raises `ImpossibleStep`, so that a plan is checked before
anything is changed.
"""

from collections.abc import Iterable

from daypass.blueprint.organization import Organization
from daypass.blueprint.plan.iam_outcome import IAM_OUTCOMES
from daypass.blueprint.plan.organization_outcome import ORGANIZATION_OUTCOMES
from daypass.blueprint.plan.people.outcome import PEOPLE_OUTCOMES
from daypass.blueprint.plan.steps import PlanStep

OUTCOMES = {**ORGANIZATION_OUTCOMES, **IAM_OUTCOMES, **PEOPLE_OUTCOMES}
"""By step class: a function from an organization and a step to the organization after the step."""


def apply_steps(now: Organization, steps: Iterable[PlanStep]) -> Organization:
    """Return an organization after steps; raises `ImpossibleStep`."""
    for step in steps:
        now = OUTCOMES[type(step)](now, step)
    return now
