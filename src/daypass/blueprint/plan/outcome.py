"""What becomes of an organization by a step, as the authority's own rules have it; no call is made.

A step that the authority would refuse raises `Impossible`, so that a plan can be checked before
anything is done.
"""

from collections.abc import Iterable

from daypass.blueprint.organization import Organization
from daypass.blueprint.plan.iam_outcome import IAM
from daypass.blueprint.plan.organization_outcome import ORGANIZATION
from daypass.blueprint.plan.steps import Step

OUTCOMES = {**ORGANIZATION, **IAM}
"""By the step's class: a function from an organization and a step to the organization after it."""


def after(now: Organization, steps: Iterable[Step]) -> Organization:
    """Return what an organization is after steps; raises `Impossible`."""
    for step in steps:
        now = OUTCOMES[type(step)](now, step)
    return now
