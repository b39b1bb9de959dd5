"""Read people, groups, permission sets and assignments from the file."""

from collections.abc import Iterator
from typing import Any

from daypass.blueprint.file.document_reader import DocumentReader
from daypass.blueprint.file.file_schema import FileError
from daypass.blueprint.identity_center import (
    SESSION_DURATION,
    Assignment,
    IdentityCenter,
    PeopleGroup,
    PermissionSet,
    Person,
    PrincipalKind,
)
from daypass.core.identity_center.folding import fold_name
from daypass.core.policy.checks.validate import DocumentKind
from daypass.files.bounded_yaml import line_of_member


def read_identity_center(given: Any, documents: DocumentReader) -> IdentityCenter:
    """Return what a file says of the instance; errors go to `documents.add`."""
    for section, what in (("people", "people"), ("groups", "groups")):
        for error in _twin_errors(given.get(section, {}), what):
            documents.add(error)
    return IdentityCenter(
        people=_people(given["people"]) if "people" in given else None,
        groups=_groups(given["groups"]) if "groups" in given else None,
        permission_sets=_permission_sets(given["permission-sets"], documents)
        if "permission-sets" in given
        else None,
        assignments=frozenset(_assignments(given["assignments"]))
        if "assignments" in given
        else None,
    )


def _twin_errors(section: Any, what: str) -> Iterator[FileError]:
    """Yield an error for each name that differs from another in case or form alone."""
    seen: dict[str, str] = {}
    for name in section:
        other = seen.setdefault(fold_name(name), name)
        if other != name:
            yield FileError(
                line_of_member(section, name, 1),
                f"`{other}` and `{name}` are one name for {what}",
                "remove one of them",
            )


def _people(section: Any) -> dict[str, Person]:
    found = {}
    for name, each in section.items():
        given = each or {}
        found[name] = Person(
            name=name,
            display_name=given.get("display-name"),
            given_name=given.get("given-name"),
            family_name=given.get("family-name"),
            email=given.get("email"),
            groups=frozenset(given["groups"]) if "groups" in given else None,
        )
    return found


def _groups(section: Any) -> dict[str, PeopleGroup]:
    return {
        name: PeopleGroup(name, (each or {}).get("description")) for name, each in section.items()
    }


def _permission_sets(section: Any, documents: DocumentReader) -> dict[str, PermissionSet]:
    found = {}
    for name, each in section.items():
        given = each or {}
        inline = ""
        if "policy" in given:
            what = f"the policy of permission set {name}"
            inline = documents.iam_policy(given, "policy", what, DocumentKind.IDENTITY)
        found[name] = PermissionSet(
            name=name,
            description=given.get("description", ""),
            session_duration=given.get("session-duration", SESSION_DURATION),
            relay_state=given.get("relay-state", ""),
            inline=inline,
            attached=frozenset(given.get("attached", ())),
            boundary=given.get("boundary", ""),
            tags=dict(given.get("tags", {})),
        )
    return found


def _assignments(listed: Any) -> Iterator[Assignment]:
    for given in listed:
        for account in given["accounts"]:
            for kind, section in (
                (PrincipalKind.PERSON, "people"),
                (PrincipalKind.GROUP, "groups"),
            ):
                for name in given.get(section, ()):
                    yield Assignment(given["permission-set"], account, kind, name)
