"""Carries a plan out, one call for each step.

Whatever is there already is taken as done, so that it may be begun again at any point.
"""

from collections.abc import Callable

from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.carry_out.iam_calls import IAM_CALLS, IAMCalls
from daypass.blueprint.carry_out.organization_calls import ORGANIZATION_CALLS, OrganizationCalls
from daypass.blueprint.organization import Organization
from daypass.blueprint.organization_ids import OrganizationIds
from daypass.blueprint.plan.steps import PlanStep


def carry_out(
    steps: tuple[PlanStep, ...],
    clients: ApiClients,
    ids: OrganizationIds,
    wanted: Organization,
    before_step: Callable[[int, PlanStep], None],
) -> None:
    """Do every step in order, telling `before_step` of each before it begins; raises what the client raises, and `Failed`."""
    organization = OrganizationCalls(clients, ids, wanted)
    iam = IAMCalls(organization.iam_client, organization.fill_references)
    for at, step in enumerate(steps):
        before_step(at, step)
        if type(step) in IAM_CALLS:
            IAM_CALLS[type(step)](iam, step)
        else:
            ORGANIZATION_CALLS[type(step)](organization, step)
