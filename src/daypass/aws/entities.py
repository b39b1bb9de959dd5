"""Read the users, groups and roles of an account from IAM, with their policies and boundary.

AWS calls users, groups and roles "entities" (IAM user guide, "Terms"). IAM's operations on the
three differ by the entity's kind in their names, so the same code reads all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from daypass.aws.api_calls import list_all
from daypass.aws.tags import tag_mapping

DocumentFormatter = Callable[[Any], str]
"""Writes a policy document as text: `documents.compact_text` or `documents.indented_text`."""


class EntityKind(StrEnum):
    """User, group or role, as IAM's operations spell it."""

    GROUP = "group"
    USER = "user"
    ROLE = "role"


class EntityKey(NamedTuple):
    """Kind and name of an entity, unique in its account: a user and a role may share a name."""

    kind: EntityKind
    name: str

    @property
    def name_parameter(self) -> dict[str, str]:
        """Return IAM's parameter for the entity's name, such as `{"RoleName": "reader"}`."""
        return {f"{self.kind.title()}Name": self.name}


@dataclass(frozen=True, slots=True)
class EntityPolicies:
    """An entity's own policies: texts of inline ones by name, ARNs of attached ones."""

    inline: Mapping[str, str]
    attached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IAMEntity:
    """A user, group or role with everything that IAM says of it.

    `boundary` is the permissions boundary's ARN, empty without one. `trust` is a role's trust
    policy as text; it is empty, and `max_session_seconds` None, for users and groups.
    """

    key: EntityKey
    arn: str
    unique_id: str
    path: str
    description: str
    tags: Mapping[str, str]
    policies: EntityPolicies
    boundary: str
    trust: str
    max_session_seconds: int | None
    groups: tuple[str, ...]


def list_entities(iam: Any, kind: EntityKind) -> list[Any]:
    """Return the records of IAM's listing of one kind, which lack tags and boundary."""
    return list_all(iam, f"list_{kind}s", f"{kind.title()}s")


def read_entity(iam: Any, key: EntityKey, text: DocumentFormatter) -> IAMEntity:
    """Return an entity with its tags, policies, boundary and groups.

    Raises `ClientError`, with code `NoSuchEntity` if the entity does not exist.
    """
    record = getattr(iam, f"get_{key.kind}")(**key.name_parameter)[key.kind.title()]
    is_user = key.kind is EntityKind.USER
    groups = (
        list_all(iam, "list_groups_for_user", "Groups", **key.name_parameter) if is_user else []
    )
    trust = record.get("AssumeRolePolicyDocument", "")
    return IAMEntity(
        key=key,
        arn=record["Arn"],
        unique_id=record[f"{key.kind.title()}Id"],
        path=record["Path"],
        description=record.get("Description", ""),
        tags=tag_mapping(record.get("Tags", ())),
        policies=read_entity_policies(iam, key, text),
        boundary=record.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        trust=text(trust) if key.kind is EntityKind.ROLE else "",
        max_session_seconds=record.get("MaxSessionDuration"),
        groups=tuple(each["GroupName"] for each in groups),
    )


def read_entity_policies(iam: Any, key: EntityKey, text: DocumentFormatter) -> EntityPolicies:
    """Return only an entity's inline and attached policies, as needed for a user's groups.

    Raises `ClientError`.
    """
    kind = key.kind
    get = getattr(iam, f"get_{kind}_policy")
    inline = {
        name: text(get(**key.name_parameter, PolicyName=name)["PolicyDocument"])
        for name in list_all(iam, f"list_{kind}_policies", "PolicyNames", **key.name_parameter)
    }
    attached = list_all(
        iam, f"list_attached_{kind}_policies", "AttachedPolicies", **key.name_parameter
    )
    return EntityPolicies(inline, tuple(each["PolicyArn"] for each in attached))
