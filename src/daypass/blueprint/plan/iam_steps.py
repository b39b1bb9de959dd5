"""The step classes that change an account's IAM: managed policies, users, groups and roles."""

from dataclasses import dataclass
from typing import NamedTuple

from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint.organization import CustomerManagedPolicy, Entity, Tags
from daypass.blueprint.plan.steps import PlanStep, Verb


class AccountEntity(NamedTuple):
    """A role, user or group, with its account's key."""

    account: str
    kind: EntityKind
    name: str

    @property
    def key(self) -> EntityKey:
        """Return the entity's kind and name."""
        return EntityKey(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class CreateManaged(PlanStep):
    """Create a customer managed policy."""

    default_verb = Verb.ADDED
    account: str
    policy: CustomerManagedPolicy


@dataclass(frozen=True, slots=True)
class UpdateManaged(PlanStep):
    """Create a new default version of a customer managed policy."""

    account: str
    policy: CustomerManagedPolicy


@dataclass(frozen=True, slots=True)
class TagManaged(PlanStep):
    """Tag a customer managed policy."""

    account: str
    policy: CustomerManagedPolicy
    tags: Tags


@dataclass(frozen=True, slots=True)
class UntagManaged(PlanStep):
    """Untag a customer managed policy."""

    default_verb = Verb.REMOVED
    account: str
    policy: CustomerManagedPolicy
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateEntity(PlanStep):
    """Create a role, user or group with its boundary and tags, but without policies."""

    default_verb = Verb.ADDED
    account: str
    entity: Entity


@dataclass(frozen=True, slots=True)
class UpdateRole(PlanStep):
    """Change a role's description and maximum session duration."""

    who: AccountEntity
    description: str
    max_session_seconds: int


@dataclass(frozen=True, slots=True)
class SetTrust(PlanStep):
    """Replace a role's trust policy."""

    who: AccountEntity
    trust: str


@dataclass(frozen=True, slots=True)
class PutInline(PlanStep):
    """Create or replace an inline policy; `is_new` says which."""

    who: AccountEntity
    policy: str
    content: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteInline(PlanStep):
    """Delete an inline policy."""

    default_verb = Verb.REMOVED
    who: AccountEntity
    policy: str


@dataclass(frozen=True, slots=True)
class AttachManaged(PlanStep):
    """Attach a managed policy to a role, user or group."""

    default_verb = Verb.ADDED
    who: AccountEntity
    reference: str


@dataclass(frozen=True, slots=True)
class DetachManaged(PlanStep):
    """Detach a managed policy from a role, user or group."""

    default_verb = Verb.REMOVED
    who: AccountEntity
    reference: str


@dataclass(frozen=True, slots=True)
class SetBoundary(PlanStep):
    """Set the permissions boundary of a role or user."""

    who: AccountEntity
    reference: str


@dataclass(frozen=True, slots=True)
class DeleteBoundary(PlanStep):
    """Delete the permissions boundary of a role or user."""

    default_verb = Verb.REMOVED
    who: AccountEntity


@dataclass(frozen=True, slots=True)
class JoinGroup(PlanStep):
    """Add a user to a group."""

    default_verb = Verb.ADDED
    who: AccountEntity
    group: str


@dataclass(frozen=True, slots=True)
class LeaveGroup(PlanStep):
    """Remove a user from a group."""

    default_verb = Verb.REMOVED
    who: AccountEntity
    group: str


@dataclass(frozen=True, slots=True)
class TagEntity(PlanStep):
    """Tag a role or user."""

    who: AccountEntity
    tags: Tags


@dataclass(frozen=True, slots=True)
class UntagEntity(PlanStep):
    """Untag a role or user."""

    default_verb = Verb.REMOVED
    who: AccountEntity
    keys: tuple[str, ...]
