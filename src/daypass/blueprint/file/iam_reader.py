"""Read an account's roles, users, groups and managed policies from the file."""

from collections.abc import Iterator
from typing import Any

from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint.file.document_reader import DocumentReader
from daypass.blueprint.file.file_schema import FileError
from daypass.blueprint.organization import (
    SESSION_SECONDS,
    AccountIAM,
    CustomerManagedPolicy,
    Entity,
)
from daypass.core.policy.checks.validate import DocumentKind
from daypass.files.bounded_yaml import line_of_member

_HINTED_POLICIES = 20
"""How many policies a hint lists at most."""
_SECTIONS = {"roles": EntityKind.ROLE, "users": EntityKind.USER, "groups": EntityKind.GROUP}


def read_account_iam(given: Any, documents: DocumentReader) -> AccountIAM | None:
    """Return an account's IAM in the file; None if the file mentions none of it."""
    if not {*_SECTIONS, "managed-policies"} & set(given):
        return None
    managed = {
        name: _managed_policy(name, each, documents)
        for name, each in given.get("managed-policies", {}).items()
    }
    own = {each.reference for each in managed.values()}
    entities: dict[EntityKey, Entity] = {}
    for section, kind in _SECTIONS.items():
        for name, each in given.get(section, {}).items():
            entity = _entity(kind, name, each or {}, documents)
            entities[entity.key] = entity
            for error in _unknown_reference_errors(given, entity, section, name, own):
                documents.add(error)
    return AccountIAM(entities, managed)


def _managed_policy(name: str, given: Any, documents: DocumentReader) -> CustomerManagedPolicy:
    return CustomerManagedPolicy(
        name=name,
        content=documents.iam_policy(given, "content", f"policy {name}", DocumentKind.MANAGED),
        path=given.get("path", "/"),
        description=given.get("description", ""),
        tags=dict(given.get("tags", {})),
    )


def _entity(kind: EntityKind, name: str, given: Any, documents: DocumentReader) -> Entity:
    inline = {
        policy: documents.iam_policy(
            given["policies"], policy, f"policy {policy} of {kind} {name}", DocumentKind.IDENTITY
        )
        for policy in given.get("policies", {})
    }
    trust = ""
    if "trust" in given:
        trust = documents.iam_policy(
            given, "trust", f"the trust policy of role {name}", DocumentKind.TRUST
        )
    return Entity(
        kind=kind,
        name=name,
        path=given.get("path", "/"),
        tags=dict(given.get("tags", {})),
        inline=inline,
        attached=frozenset(given.get("attached", ())),
        boundary=given.get("boundary", ""),
        trust=trust,
        description=given.get("description", ""),
        max_session_seconds=given.get("max-session-seconds", SESSION_SECONDS),
        groups=frozenset(given.get("groups", ())),
    )


def _unknown_reference_errors(
    given: Any, entity: Entity, section: str, name: str, own: set[str]
) -> Iterator[FileError]:
    """Yield an error for each policy or group that an entity names and the file does not have."""
    line = line_of_member(given[section], name, 1)
    for reference in sorted({*entity.attached, entity.boundary} - {""}):
        if not reference.startswith("arn:") and reference not in own:
            hint = (
                f"an ARN, or one of {', '.join(sorted(own)[:_HINTED_POLICIES])}"
                if own
                else "an ARN, or policy/NAME of managed-policies"
            )
            yield FileError(line, f"{entity.kind} {name}: there is no policy `{reference}`", hint)
    for group in sorted(entity.groups - set(given.get("groups", {}))):
        yield FileError(line, f"user {name}: there is no group `{group}`", "name it under `groups`")
