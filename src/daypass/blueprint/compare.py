"""A file beside what is there: what is wanted, what is, the plan between them and what it changes for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.ids import Ids
from daypass.blueprint.observe.organization import Progress, Wanted, observe, observe_principals
from daypass.blueprint.organization import Account, Organization
from daypass.blueprint.plan.effects import Effect, effects
from daypass.blueprint.plan.plan import plan
from daypass.blueprint.plan.resolve import matched
from daypass.blueprint.plan.steps import Plan


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides and what lies between them."""

    wanted: Organization
    ids: Ids
    plan: Plan
    effects: tuple[Effect, ...]


def compare(
    file: Organization,
    clients: ApiClients,
    progress: Progress,
    *,
    prune: bool,
    close_accounts: bool,
) -> Comparison:
    """Read what is there and plan; raises `Blocked`, `NotManagement` and what the client raises."""
    now, ids = observe(clients, progress)
    wanted = matched(file, now)
    asked = {key: _of(each) for key, each in wanted.accounts.items() if each.principals is not None}
    now = with_principals(now, clients, ids, asked, progress)
    found = plan(wanted, now, prune=prune, close_accounts=close_accounts)
    return Comparison(wanted, ids, found, effects(now, found))


def whole(clients: ApiClients, progress: Progress, *, with_iam: bool) -> Organization:
    """Read everything that is there, the accounts' IAM too if it is wanted."""
    now, ids = observe(clients, progress)
    if not with_iam:
        return now
    asked = {key: Wanted(None, None) for key, each in now.accounts.items() if each.is_open}
    return with_principals(now, clients, ids, asked, progress)


def with_principals(
    now: Organization,
    clients: ApiClients,
    ids: Ids,
    asked: Mapping[str, Wanted],
    progress: Progress,
) -> Organization:
    """Return an organization with the IAM of some of its accounts."""
    found = observe_principals(clients, ids, asked, progress)
    accounts = {
        key: replace(each, principals=found.get(key), access_role=_role(key, each, asked))
        for key, each in now.accounts.items()
    }
    return replace(now, accounts=accounts)


def _role(key: str, account: Account, asked: Mapping[str, Wanted]) -> str:
    return asked[key].access_role if key in asked else account.access_role


def _of(account: Account) -> Wanted:
    assert account.principals is not None  # noqa: S101 - only those that are spoken of are asked for
    return Wanted(
        frozenset(account.principals.entities),
        frozenset(account.principals.managed),
        account.access_role,
    )
