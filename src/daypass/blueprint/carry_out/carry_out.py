"""Carries a plan out, one call for each step.

Whatever is there already is taken as done, so that it may be begun again at any point.
"""

from collections.abc import Callable

from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.carry_out.iam_calls import IAM, IAMCalls
from daypass.blueprint.carry_out.organization_calls import ORGANIZATION, OrganizationCalls
from daypass.blueprint.ids import Ids
from daypass.blueprint.organization import Organization
from daypass.blueprint.plan.steps import Step


def carry_out(
    steps: tuple[Step, ...],
    clients: ApiClients,
    ids: Ids,
    wanted: Organization,
    done: Callable[[int, Step], None],
) -> None:
    """Do every step in order, telling `done` of each before it begins; raises what the client raises, and `Failed`."""
    organization = OrganizationCalls(clients, ids, wanted)
    iam = IAMCalls(organization.iam, organization.filled)
    for at, step in enumerate(steps):
        done(at, step)
        if type(step) in IAM:
            IAM[type(step)](iam, step)
        else:
            ORGANIZATION[type(step)](organization, step)
