"""Carry out a plan, one API call for each step.

A change that was made before counts as done, so that an interrupted run can be repeated.
"""

from collections.abc import Callable

from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.carry_out.iam_calls import IAM_CALLS, IAMCalls
from daypass.blueprint.carry_out.organization_calls import ORGANIZATION_CALLS, OrganizationCalls
from daypass.blueprint.carry_out.people_calls import PEOPLE_CALLS, PeopleCalls
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
    """Make the call of every step in order, calling `before_step` with its index before each.

    Raises botocore's errors, `AccountCreationFailed`, `RequestFailed` and `NoInstance`.
    """
    organization = OrganizationCalls(clients, ids, wanted)
    iam = IAMCalls(organization.iam_client, organization.fill_references)
    people = PeopleCalls(clients, ids, organization.fill_references)
    for at, step in enumerate(steps):
        before_step(at, step)
        if type(step) in IAM_CALLS:
            IAM_CALLS[type(step)](iam, step)
        elif type(step) in PEOPLE_CALLS:
            PEOPLE_CALLS[type(step)](people, step)
        else:
            ORGANIZATION_CALLS[type(step)](organization, step)
