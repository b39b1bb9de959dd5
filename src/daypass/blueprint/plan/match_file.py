"""Match a file with the existing organization: accounts by address or id, references to ids."""

from collections.abc import Mapping
from dataclasses import replace

from daypass.blueprint.identity_center import IdentityCenter
from daypass.blueprint.organization import (
    MANAGEMENT,
    ROOT,
    Account,
    AccountIAM,
    CustomerManagedPolicy,
    Entity,
    Organization,
)
from daypass.blueprint.plan.plan import PlanBlocked
from daypass.blueprint.policy_texts import ACCOUNT_PREFIX, ORGANIZATION_REFERENCE, fill_references


def match_organization(wanted: Organization, now: Organization) -> Organization:
    """Return the file's organization with existing account keys and with references filled in.

    Raises `PlanBlocked` for an account or unit that does not fit the existing organization.
    """
    if now.exists and now.features != "ALL":
        raise PlanBlocked(
            "the organization has consolidated billing only, not all features",
            "run aws organizations enable-all-features",
        )
    accounts: dict[str, Account] = {}
    for given, account in wanted.accounts.items():
        key, found = _match_account(given, account, now)
        if key in accounts:
            raise PlanBlocked(f"account {given} is in the file twice", "name it once")
        accounts[key] = found
    units = wanted.units if wanted.units is not None else now.units or {}
    for key, account in accounts.items():
        if account.unit != ROOT and account.unit not in units:
            raise PlanBlocked(
                f"account {key} has the unit {account.unit}, but there is no such unit",
                "name it under `units`",
            )
    return fill_organization(replace(wanted, accounts=accounts), ids_by_reference(now, accounts))


def _match_account(given: str, account: Account, now: Organization) -> tuple[str, Account]:
    if given == MANAGEMENT:
        mine = now.accounts[MANAGEMENT]
        if (account.id or mine.id) != mine.id:
            raise PlanBlocked(
                f"the file is for the organization of {account.id}, and this is {mine.id}'s",
                "use credentials of that organization with --profile",
            )
        return given, replace(account, id=mine.id, email=mine.email, name=mine.name)
    key = next(
        (
            key
            for key, each in now.accounts.items()
            if (account.id and each.id == account.id)
            or (not account.id and key == given)
            or (not account.id and each.email.lower() == given)
        ),
        "",
    )
    if not key and account.id:
        raise PlanBlocked(
            f"account {account.id} is not in this organization",
            "invite it first: aws organizations invite-account-to-organization",
        )
    if not key:
        return given, account
    known = now.accounts[key]
    if key == MANAGEMENT:
        raise PlanBlocked(f"{given} is the management account", "describe it under `management`")
    if account.email and account.email.lower() != known.email.lower():
        raise PlanBlocked(
            f"account {account.id} has the address {known.email}, not {account.email}",
            "its id alone is enough",
        )
    if not known.is_open:
        raise PlanBlocked(f"account {known.name} ({key}) is closed", "remove it from the file")
    return key, replace(account, id=known.id, email=known.email)


def ids_by_reference(now: Organization, accounts: Mapping[str, Account]) -> dict[str, str]:
    """Return ids by their references in documents.

    Accounts have a reference by key, and one by name if no other account has the name.
    """
    found = {ORGANIZATION_REFERENCE: now.id} if now.id else {}
    everybody = {**accounts, **now.accounts}
    names = [each.name for each in everybody.values()]
    for key, account in everybody.items():
        if not account.id:
            continue
        found[f"{ACCOUNT_PREFIX}{key}"] = account.id
        if account.name and names.count(account.name) == 1:
            found.setdefault(f"{ACCOUNT_PREFIX}{account.name}", account.id)
    return found


def fill_organization(wanted: Organization, known: Mapping[str, str]) -> Organization:
    """Return an organization with references replaced by ids in every document."""
    policies = wanted.policies
    if policies is not None:
        policies = {
            key: replace(each, content=fill_references(each.content, known))
            for key, each in policies.items()
        }
    accounts = {
        key: replace(each, iam=_fill_account_iam(each.iam, known))
        for key, each in wanted.accounts.items()
    }
    return replace(
        wanted,
        policies=policies,
        accounts=accounts,
        resource_policy=fill_references(wanted.resource_policy, known),
        identity_center=_fill_identity_center(wanted.identity_center, known),
    )


def _fill_identity_center(
    given: IdentityCenter | None, known: Mapping[str, str]
) -> IdentityCenter | None:
    if given is None or given.permission_sets is None:
        return given
    filled = {
        name: replace(
            each,
            inline=fill_references(each.inline, known),
            attached=frozenset(fill_references(one, known) for one in each.attached),
            boundary=fill_references(each.boundary, known),
        )
        for name, each in given.permission_sets.items()
    }
    return replace(given, permission_sets=filled)


def _fill_account_iam(given: AccountIAM | None, known: Mapping[str, str]) -> AccountIAM | None:
    if given is None:
        return None
    return AccountIAM(
        {key: fill_entity(each, known) for key, each in given.entities.items()},
        {name: fill_managed_policy(each, known) for name, each in given.managed.items()},
    )


def fill_entity(given: Entity, known: Mapping[str, str]) -> Entity:
    """Return an entity with references replaced by ids."""
    return replace(
        given,
        trust=fill_references(given.trust, known),
        inline={name: fill_references(text, known) for name, text in given.inline.items()},
        attached=frozenset(fill_references(each, known) for each in given.attached),
        boundary=fill_references(given.boundary, known),
    )


def fill_managed_policy(
    given: CustomerManagedPolicy, known: Mapping[str, str]
) -> CustomerManagedPolicy:
    """Return a managed policy with references replaced by ids."""
    return replace(given, content=fill_references(given.content, known))
