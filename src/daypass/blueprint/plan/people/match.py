"""Give the names in a file the spelling that exists, and its accounts their keys."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from daypass.blueprint.identity_center import (
    Assignment,
    IdentityCenter,
    PeopleGroup,
    Person,
    PrincipalKind,
    same_name,
)
from daypass.blueprint.organization import MANAGEMENT, Account, Organization
from daypass.blueprint.plan.plan import PlanBlocked

Named = TypeVar("Named", Person, PeopleGroup)
Spelling = Callable[[str, str], str]
"""Takes a name and who refers to it; returns the name as it is spelt, or raises `PlanBlocked`."""


def match_identity_center(
    wanted: IdentityCenter, now: IdentityCenter, organization: Organization
) -> IdentityCenter:
    """Return the file's people, groups and assignments by the names and keys that exist.

    `organization` is the existing organization with the accounts that the file adds. Raises
    `PlanBlocked` for a name that neither the file nor the instance has.
    """
    people = _spelling("person", wanted.people, now.people)
    groups = _spelling("group", wanted.groups, now.groups)
    sets = set(wanted.permission_sets or ()) | set(now.permission_sets or ())
    accounts = account_keys(organization.accounts)

    def assignment(given: Assignment) -> Assignment:
        if given.permission_set not in sets:
            raise PlanBlocked(
                f"an assignment names the permission set {given.permission_set},"
                " and there is none of that name",
                "describe it under `permission-sets`",
            )
        if given.account not in accounts:
            raise PlanBlocked(
                f"an assignment of {given.permission_set} names the account {given.account},"
                " and there is none",
                "name it `management`, by its e-mail address, its id, or a name that it alone has",
            )
        spelling = people if given.kind is PrincipalKind.PERSON else groups
        return given._replace(
            account=accounts[given.account],
            principal=spelling(given.principal, f"an assignment of {given.permission_set}"),
        )

    def person(given: Person) -> Person:
        name = people(given.name, "")
        if given.groups is None:
            return replace(given, name=name)
        of = frozenset(groups(each, f"person {name}") for each in given.groups)
        return replace(given, name=name, groups=of)

    def group(given: PeopleGroup) -> PeopleGroup:
        return replace(given, name=groups(given.name, ""))

    return replace(
        wanted,
        people=_by_name(map(person, wanted.people.values())) if wanted.people else wanted.people,
        groups=_by_name(map(group, wanted.groups.values())) if wanted.groups else wanted.groups,
        assignments=frozenset(map(assignment, wanted.assignments))
        if wanted.assignments
        else wanted.assignments,
    )


def account_keys(accounts: Mapping[str, Account]) -> dict[str, str]:
    """Return the keys of accounts by key, id, and name if no other account has it."""
    names = [each.name for each in accounts.values()]
    found = {each.name: key for key, each in accounts.items() if names.count(each.name) == 1}
    found |= {each.id: key for key, each in accounts.items() if each.id}
    return found | {key: key for key in accounts} | {MANAGEMENT: MANAGEMENT}


def _spelling(
    kind: str,
    wanted: Mapping[str, object] | None,
    now: Mapping[str, object] | None,
) -> Spelling:
    """Return a function that finds the existing spelling of a name, else the file's."""

    def spelling(name: str, by: str) -> str:
        found = same_name(name, now or ()) or same_name(name, wanted or ())
        if found is None:
            raise PlanBlocked(
                f"{by} names the {kind} {name}, and there is none of that name",
                f"describe it under `{'people' if kind == 'person' else 'groups'}`",
            )
        return found

    return spelling


def _by_name(things: Iterable[Named]) -> dict[str, Named]:
    return {each.name: each for each in things}
