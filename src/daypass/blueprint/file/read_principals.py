"""Reads what the file says of an account's own roles, users, groups and policies."""

from collections.abc import Iterator
from typing import Any

from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint.file.read_documents import Documents
from daypass.blueprint.file.shape import Error
from daypass.blueprint.organization import (
    SESSION_SECONDS,
    Entity,
    Managed,
    Principals,
)
from daypass.core.policy.checks.validate import DocumentKind
from daypass.files.yaml_text import line_of

_NAMED = 20
"""How many policies a hint lists."""
_SECTIONS = {"roles": EntityKind.ROLE, "users": EntityKind.USER, "groups": EntityKind.GROUP}


def principals(given: Any, documents: Documents) -> Principals | None:
    """Return an account's IAM as the file has it. None: the file does not speak of it."""
    if not {*_SECTIONS, "managed-policies"} & set(given):
        return None
    managed = {
        name: _managed(name, each, documents)
        for name, each in given.get("managed-policies", {}).items()
    }
    own = {each.reference for each in managed.values()}
    entities: dict[EntityKey, Entity] = {}
    for section, kind in _SECTIONS.items():
        for name, each in given.get(section, {}).items():
            entity = _entity(kind, name, each or {}, documents)
            entities[entity.key] = entity
            for error in _unknown(given, entity, section, name, own):
                documents.add(error)
    return Principals(entities, managed)


def _managed(name: str, given: Any, documents: Documents) -> Managed:
    return Managed(
        name=name,
        content=documents.of_principal(given, "content", f"policy {name}", DocumentKind.MANAGED),
        path=given.get("path", "/"),
        description=given.get("description", ""),
        tags=dict(given.get("tags", {})),
    )


def _entity(kind: EntityKind, name: str, given: Any, documents: Documents) -> Entity:
    inline = {
        policy: documents.of_principal(
            given["policies"], policy, f"policy {policy} of {kind} {name}", DocumentKind.IDENTITY
        )
        for policy in given.get("policies", {})
    }
    trust = ""
    if "trust" in given:
        trust = documents.of_principal(
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


def _unknown(given: Any, entity: Entity, section: str, name: str, own: set[str]) -> Iterator[Error]:
    """Give what an entity names and the file does not have."""
    line = line_of(given[section], name, 1)
    for reference in sorted({*entity.attached, entity.boundary} - {""}):
        if not reference.startswith("arn:") and reference not in own:
            hint = (
                f"an ARN, or one of {', '.join(sorted(own)[:_NAMED])}"
                if own
                else "an ARN, or policy/NAME of managed-policies"
            )
            yield Error(line, f"{entity.kind} {name}: there is no policy `{reference}`", hint)
    for group in sorted(entity.groups - set(given.get("groups", {}))):
        yield Error(line, f"user {name}: there is no group `{group}`", "name it under `groups`")
