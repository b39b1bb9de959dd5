"""The steps that change an account's own IAM: managed policies, users, groups and roles."""

from dataclasses import dataclass
from typing import NamedTuple

from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint.organization import Entity, Managed, Tags
from daypass.blueprint.plan.steps import Step, Verb


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
class CreateManaged(Step):
    """Write a policy of an account's own."""

    verb = Verb.ADDED
    account: str
    policy: Managed


@dataclass(frozen=True, slots=True)
class UpdateManaged(Step):
    """Give a policy of an account's own another text, as a new default version."""

    account: str
    policy: Managed


@dataclass(frozen=True, slots=True)
class TagManaged(Step):
    """Put tags on a policy of an account's own."""

    account: str
    policy: Managed
    tags: Tags


@dataclass(frozen=True, slots=True)
class UntagManaged(Step):
    """Take tags off a policy of an account's own."""

    verb = Verb.REMOVED
    account: str
    policy: Managed
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateEntity(Step):
    """Create a role, user or group with its boundary and its tags, and without policies."""

    verb = Verb.ADDED
    account: str
    entity: Entity


@dataclass(frozen=True, slots=True)
class UpdateRole(Step):
    """Give a role another description or another longest session."""

    who: AccountEntity
    description: str
    max_session_seconds: int


@dataclass(frozen=True, slots=True)
class SetTrust(Step):
    """Give a role another trust policy."""

    who: AccountEntity
    trust: str


@dataclass(frozen=True, slots=True)
class PutInline(Step):
    """Write an inline policy, in place of one of the same name."""

    who: AccountEntity
    policy: str
    content: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteInline(Step):
    """Forget an inline policy."""

    verb = Verb.REMOVED
    who: AccountEntity
    policy: str


@dataclass(frozen=True, slots=True)
class AttachManaged(Step):
    """Attach a managed policy to a role, user or group."""

    verb = Verb.ADDED
    who: AccountEntity
    reference: str


@dataclass(frozen=True, slots=True)
class DetachManaged(Step):
    """Detach a managed policy."""

    verb = Verb.REMOVED
    who: AccountEntity
    reference: str


@dataclass(frozen=True, slots=True)
class SetBoundary(Step):
    """Give a role or user another permissions boundary."""

    who: AccountEntity
    reference: str


@dataclass(frozen=True, slots=True)
class DeleteBoundary(Step):
    """Take the permissions boundary off a role or user."""

    verb = Verb.REMOVED
    who: AccountEntity


@dataclass(frozen=True, slots=True)
class JoinGroup(Step):
    """Put a user into a group."""

    verb = Verb.ADDED
    who: AccountEntity
    group: str


@dataclass(frozen=True, slots=True)
class LeaveGroup(Step):
    """Take a user out of a group."""

    verb = Verb.REMOVED
    who: AccountEntity
    group: str


@dataclass(frozen=True, slots=True)
class TagEntity(Step):
    """Put tags on a role or user."""

    who: AccountEntity
    tags: Tags


@dataclass(frozen=True, slots=True)
class UntagEntity(Step):
    """Take tags off a role or user."""

    verb = Verb.REMOVED
    who: AccountEntity
    keys: tuple[str, ...]
