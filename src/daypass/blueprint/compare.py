"""Compare an organization file with the existing organization: a plan, and its effects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.identity_center import IdentityCenter
from daypass.blueprint.observe.identity_center import observe_identity_center
from daypass.blueprint.observe.organization import (
    IAMSelection,
    ReportProgress,
    observe_iam,
    observe_organization,
)
from daypass.blueprint.organization import Account, Organization
from daypass.blueprint.organization_ids import OrganizationIds
from daypass.blueprint.plan.effects import Effect, plan_effects
from daypass.blueprint.plan.match_file import match_organization
from daypass.blueprint.plan.outcome import apply_steps
from daypass.blueprint.plan.people.effects import people_effects
from daypass.blueprint.plan.people.match import match_identity_center
from daypass.blueprint.plan.plan import plan_changes
from daypass.blueprint.plan.steps import OrganizationPlan


@dataclass(frozen=True, slots=True)
class Comparison:
    """The wanted organization, existing ids, the plan, and who gains or loses permissions by it."""

    wanted: Organization
    ids: OrganizationIds
    plan: OrganizationPlan
    effects: tuple[Effect, ...]


def compare(
    file: Organization,
    clients: ApiClients,
    progress: ReportProgress,
    *,
    prune: bool,
    close_accounts: bool,
) -> Comparison:
    """Return the plan from the existing organization to a file, after reading the former.

    Raises `PlanBlocked`, `NotManagementAccount` and botocore's errors.
    """
    now, ids = observe_organization(clients, progress)
    wanted = match_organization(file, now)
    asked = {
        key: _iam_selection(each) for key, each in wanted.accounts.items() if each.iam is not None
    }
    now = with_account_iam(now, clients, ids, asked, progress)
    wanted, now = with_identity_center(wanted, now, clients, ids, progress)
    found = plan_changes(wanted, now, prune=prune, close_accounts=close_accounts)
    people = people_effects(now, apply_steps(now, found.steps))
    return Comparison(wanted, ids, found, (*plan_effects(now, found), *people))


def with_identity_center(
    wanted: Organization,
    now: Organization,
    clients: ApiClients,
    ids: OrganizationIds,
    progress: ReportProgress,
) -> tuple[Organization, Organization]:
    """Return both organizations with the people that the file mentions, by the same names.

    Raises `NoInstance` and `PlanBlocked`.
    """
    if wanted.identity_center is None:
        return wanted, now
    known = IdentityCenter()
    if now.exists:
        # A new organization gets its instance with it.
        known = observe_identity_center(clients, wanted.identity_center, ids, progress)
    both = replace(now, accounts={**now.accounts, **wanted.accounts})
    matched = match_identity_center(wanted.identity_center, known, both)
    return replace(wanted, identity_center=matched), replace(now, identity_center=known)


def read_organization(
    clients: ApiClients, progress: ReportProgress, *, with_iam: bool, with_people: bool = False
) -> Organization:
    """Return the existing organization, with the IAM of open accounts if `with_iam`.

    `with_people`: with people, permission sets and assignments. Raises `NoInstance`.
    """
    now, ids = observe_organization(clients, progress)
    if with_people and now.exists:
        center = observe_identity_center(clients, None, ids, progress)
        now = replace(now, identity_center=center)
    if not with_iam:
        return now
    asked = {key: IAMSelection(None, None) for key, each in now.accounts.items() if each.is_open}
    return with_account_iam(now, clients, ids, asked, progress)


def with_account_iam(
    now: Organization,
    clients: ApiClients,
    ids: OrganizationIds,
    asked: Mapping[str, IAMSelection],
    progress: ReportProgress,
) -> Organization:
    """Return an organization with the IAM of the `asked` accounts read."""
    found = observe_iam(clients, ids, asked, progress)
    accounts = {
        key: replace(each, iam=found.get(key), access_role=_access_role(key, each, asked))
        for key, each in now.accounts.items()
    }
    return replace(now, accounts=accounts)


def _access_role(key: str, account: Account, asked: Mapping[str, IAMSelection]) -> str:
    return asked[key].access_role if key in asked else account.access_role


def _iam_selection(account: Account) -> IAMSelection:
    assert account.iam is not None  # noqa: S101 - the caller leaves accounts without IAM out
    return IAMSelection(
        frozenset(account.iam.entities),
        frozenset(account.iam.managed),
        account.access_role,
    )
