"""Write people, groups, permission sets and assignments as a file has them."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from daypass.blueprint.identity_center import (
    SESSION_DURATION,
    Assignment,
    IdentityCenter,
    PermissionSet,
    Person,
    PrincipalKind,
)


def identity_center_data(
    center: IdentityCenter,
    accounts: Collection[str],
    document: Callable[[str], Any],
    reference: Callable[[str], str],
) -> dict[str, Any]:
    """Return an instance as plain data.

    `document` writes a policy, `reference` a text with ids replaced by references. Assignments of
    deleted people and groups are left out, as are those in others than the `accounts` of the file:
    they mean nothing elsewhere.
    """
    people, groups = center.people or {}, center.groups or {}
    known = {PrincipalKind.PERSON: people.keys(), PrincipalKind.GROUP: groups.keys()}
    listed = [
        each
        for each in center.assignments or ()
        if each.principal in known[each.kind] and each.account in accounts
    ]
    return {
        "people": {name: _person(each) for name, each in sorted(people.items())},
        "groups": {
            name: _without_empty(description=each.description)
            for name, each in sorted(groups.items())
        },
        "permission-sets": {
            name: _permission_set(each, document, reference)
            for name, each in sorted((center.permission_sets or {}).items())
        },
        "assignments": _assignments(sorted(listed)),
    }


def _person(person: Person) -> dict[str, Any]:
    return {
        **_without_empty(
            **{
                "display-name": person.display_name,
                "given-name": person.given_name,
                "family-name": person.family_name,
                "email": person.email,
            }
        ),
        **_without_empty(groups=sorted(person.groups or ())),
    }


def _permission_set(
    given: PermissionSet, document: Callable[[str], Any], reference: Callable[[str], str]
) -> dict[str, Any]:
    duration = given.session_duration
    return {
        **_without_empty(description=given.description),
        **({"session-duration": duration} if duration != SESSION_DURATION else {}),
        **_without_empty(
            **{
                "relay-state": given.relay_state,
                "policy": document(given.inline) if given.inline else None,
                "attached": sorted(map(reference, given.attached)),
                "boundary": reference(given.boundary),
                "tags": dict(given.tags),
            }
        ),
    }


def _assignments(listed: list[Assignment]) -> list[dict[str, Any]]:
    """Return assignments as data: one entry for each permission set and account."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    sections: Mapping[PrincipalKind, str] = {
        PrincipalKind.PERSON: "people",
        PrincipalKind.GROUP: "groups",
    }
    for each in listed:
        entry = found.setdefault(
            (each.permission_set, each.account),
            {"permission-set": each.permission_set, "accounts": [each.account]},
        )
        entry.setdefault(sections[each.kind], []).append(each.principal)
    return list(found.values())


def _without_empty(**members: Any) -> dict[str, Any]:
    """Return the members whose values are not empty."""
    return {name: value for name, value in members.items() if value}
