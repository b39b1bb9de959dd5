"""Users, groups and roles of an account with their policies and boundary, as IAM has them.

AWS calls users, groups and roles "entities" (IAM user guide, "Terms"). IAM's operations on the
three differ by the entity's kind in their names, so one reading serves all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from daypass.aws.api_calls import list_all
from daypass.aws.tags import tag_mapping

DocumentFormatter = Callable[[Any], str]
"""How the text of a policy document is written: `documents.compact` or `documents.indented`."""


class EntityKind(StrEnum):
    """What an entity is, as IAM's operations spell it."""

    GROUP = "group"
    USER = "user"
    ROLE = "role"


class EntityKey(NamedTuple):
    """What identifies an entity in its account: a user and a role may have the same name."""

    kind: EntityKind
    name: str

    @property
    def name_parameter(self) -> dict[str, str]:
        """Return the parameter that names the entity, such as `{"RoleName": "reader"}`."""
        return {f"{self.kind.title()}Name": self.name}


@dataclass(frozen=True, slots=True)
class EntityPolicies:
    """An entity's own policies: inline ones by name as text, attached ones by ARN."""

    inline: Mapping[str, str]
    attached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IAMEntity:
    """A user, group or role. `boundary` is an ARN or empty.

    `trust` and `max_session_seconds` are a role's.
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
    """Return every entity of a kind as IAM's listing has it, which lacks tags and boundary."""
    return list_all(iam, f"list_{kind}s", f"{kind.title()}s")


def read_entity(iam: Any, key: EntityKey, text: DocumentFormatter) -> IAMEntity:
    """Return an entity with everything that bears on it.

    Raises `ClientError`, of code `NoSuchEntity` if it is missing.
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
    """Return an entity's own policies alone, which is all that a user takes from its groups.

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
