"""The steps that change an account's own IAM: managed policies, users, groups and roles."""

from dataclasses import dataclass
from typing import NamedTuple

from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint.organization import CustomerManagedPolicy, Entity, Tags
from daypass.blueprint.plan.steps import PlanStep, Verb


class AccountEntity(NamedTuple):
    """A role, user or group of an account."""

    account: str
    kind: EntityKind
    name: str

    @property
    def key(self) -> EntityKey:
        """Return what the account knows it by."""
        return EntityKey(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class CreateManaged(PlanStep):
    """Write a policy of an account's own."""

    default_verb = Verb.ADDED
    account: str
    policy: CustomerManagedPolicy


@dataclass(frozen=True, slots=True)
class UpdateManaged(PlanStep):
    """Give a policy of an account's own another text, as a new default version."""

    account: str
    policy: CustomerManagedPolicy


@dataclass(frozen=True, slots=True)
class TagManaged(PlanStep):
    """Put tags on a policy of an account's own."""

    account: str
    policy: CustomerManagedPolicy
    tags: Tags


@dataclass(frozen=True, slots=True)
class UntagManaged(PlanStep):
    """Take tags off a policy of an account's own."""

    default_verb = Verb.REMOVED
    account: str
    policy: CustomerManagedPolicy
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateEntity(PlanStep):
    """Create a role, user or group with its boundary and its tags, and without policies."""

    default_verb = Verb.ADDED
    account: str
    entity: Entity


@dataclass(frozen=True, slots=True)
class UpdateRole(PlanStep):
    """Give a role another description or another longest session."""

    who: AccountEntity
    description: str
    max_session_seconds: int


@dataclass(frozen=True, slots=True)
class SetTrust(PlanStep):
    """Give a role another trust policy."""

    who: AccountEntity
    trust: str


@dataclass(frozen=True, slots=True)
class PutInline(PlanStep):
    """Write an inline policy, in place of one of the same name."""

    who: AccountEntity
    policy: str
    content: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteInline(PlanStep):
    """Forget an inline policy."""

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
    """Detach a managed policy."""

    default_verb = Verb.REMOVED
    who: AccountEntity
    reference: str


@dataclass(frozen=True, slots=True)
class SetBoundary(PlanStep):
    """Give a role or user another permissions boundary."""

    who: AccountEntity
    reference: str


@dataclass(frozen=True, slots=True)
class DeleteBoundary(PlanStep):
    """Take the permissions boundary off a role or user."""

    default_verb = Verb.REMOVED
    who: AccountEntity


@dataclass(frozen=True, slots=True)
class JoinGroup(PlanStep):
    """Put a user into a group."""

    default_verb = Verb.ADDED
    who: AccountEntity
    group: str


@dataclass(frozen=True, slots=True)
class LeaveGroup(PlanStep):
    """Take a user out of a group."""

    default_verb = Verb.REMOVED
    who: AccountEntity
    group: str


@dataclass(frozen=True, slots=True)
class TagEntity(PlanStep):
    """Put tags on a role or user."""

    who: AccountEntity
    tags: Tags


@dataclass(frozen=True, slots=True)
class UntagEntity(PlanStep):
    """Take tags off a role or user."""

    default_verb = Verb.REMOVED
    who: AccountEntity
    keys: tuple[str, ...]
