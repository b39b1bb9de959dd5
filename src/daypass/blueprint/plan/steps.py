"""What can be done to an organization, one step at a time. Each is done by one call, and may be done again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint.organization import (
    Account,
    Entity,
    Managed,
    Policy,
    PolicyKey,
    Tags,
)


class Verb(StrEnum):
    """What a step does to the thing that it is about."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Step:
    """One change; places are paths of units or keys of accounts."""

    verb: ClassVar[Verb] = Verb.CHANGED

    @property
    def does(self) -> Verb:
        """Say what it does to the thing: a step that writes what may be there already says so itself."""
        return Verb.ADDED if getattr(self, "is_new", False) else self.verb


@dataclass(frozen=True, slots=True)
class CreateOrganization(Step):
    """Make the caller's account the management account of a new organization."""

    verb = Verb.ADDED


@dataclass(frozen=True, slots=True)
class TrustService(Step):
    """Trust a service in the whole organization."""

    verb = Verb.ADDED
    service: str


@dataclass(frozen=True, slots=True)
class DistrustService(Step):
    """Trust a service no longer."""

    verb = Verb.REMOVED
    service: str


@dataclass(frozen=True, slots=True)
class EnableType(Step):
    """Enable a type of policies."""

    verb = Verb.ADDED
    type: str


@dataclass(frozen=True, slots=True)
class DisableType(Step):
    """Disable a type of policies, and take each of them off everywhere."""

    verb = Verb.REMOVED
    type: str


@dataclass(frozen=True, slots=True)
class CreateUnit(Step):
    """Make a unit below one that there is."""

    verb = Verb.ADDED
    path: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class DeleteUnit(Step):
    """Forget a unit in which nothing is left."""

    verb = Verb.REMOVED
    path: str


@dataclass(frozen=True, slots=True)
class CreateAccount(Step):
    """Make an account, right below the root."""

    verb = Verb.ADDED
    key: str
    account: Account


@dataclass(frozen=True, slots=True)
class MoveAccount(Step):
    """Put an account into another unit."""

    verb = Verb.MOVED
    key: str
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class CloseAccount(Step):
    """Close an account for good."""

    verb = Verb.REMOVED
    key: str


@dataclass(frozen=True, slots=True)
class CreatePolicy(Step):
    """Write a policy, which hangs nowhere yet."""

    verb = Verb.ADDED
    policy: Policy


@dataclass(frozen=True, slots=True)
class UpdatePolicy(Step):
    """Give a policy another text or description."""

    policy: Policy


@dataclass(frozen=True, slots=True)
class DeletePolicy(Step):
    """Forget a policy that hangs nowhere."""

    verb = Verb.REMOVED
    key: PolicyKey


@dataclass(frozen=True, slots=True)
class Attach(Step):
    """Hang a policy on the root, a unit or an account."""

    verb = Verb.ADDED
    key: PolicyKey
    place: str


@dataclass(frozen=True, slots=True)
class Detach(Step):
    """Take a policy off the root, a unit or an account."""

    verb = Verb.REMOVED
    key: PolicyKey
    place: str


@dataclass(frozen=True, slots=True)
class Tag(Step):
    """Put tags on a place or a policy."""

    thing: str | PolicyKey
    tags: Tags


@dataclass(frozen=True, slots=True)
class Untag(Step):
    """Take tags off a place or a policy."""

    verb = Verb.REMOVED
    thing: str | PolicyKey
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Register(Step):
    """Let an account administer a service."""

    verb = Verb.ADDED
    key: str
    service: str


@dataclass(frozen=True, slots=True)
class Deregister(Step):
    """Let an account administer a service no longer."""

    verb = Verb.REMOVED
    key: str
    service: str


@dataclass(frozen=True, slots=True)
class PutResourcePolicy(Step):
    """Write the organization's resource policy, in place of the one that there is."""

    content: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteResourcePolicy(Step):
    """Forget the organization's resource policy."""

    verb = Verb.REMOVED


class Who(NamedTuple):
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
    """Make a role, user or group, with its boundary and its tags, that may do nothing yet."""

    verb = Verb.ADDED
    account: str
    entity: Entity


@dataclass(frozen=True, slots=True)
class UpdateRole(Step):
    """Give a role another description or another longest session."""

    who: Who
    description: str
    max_session_seconds: int


@dataclass(frozen=True, slots=True)
class SetTrust(Step):
    """Give a role another trust policy."""

    who: Who
    trust: str


@dataclass(frozen=True, slots=True)
class PutInline(Step):
    """Write an inline policy, in place of one of the same name."""

    who: Who
    policy: str
    content: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteInline(Step):
    """Forget an inline policy."""

    verb = Verb.REMOVED
    who: Who
    policy: str


@dataclass(frozen=True, slots=True)
class AttachManaged(Step):
    """Attach a managed policy to a role, user or group."""

    verb = Verb.ADDED
    who: Who
    reference: str


@dataclass(frozen=True, slots=True)
class DetachManaged(Step):
    """Detach a managed policy."""

    verb = Verb.REMOVED
    who: Who
    reference: str


@dataclass(frozen=True, slots=True)
class SetBoundary(Step):
    """Give a role or user another permissions boundary."""

    who: Who
    reference: str


@dataclass(frozen=True, slots=True)
class DeleteBoundary(Step):
    """Take the permissions boundary off a role or user."""

    verb = Verb.REMOVED
    who: Who


@dataclass(frozen=True, slots=True)
class JoinGroup(Step):
    """Put a user into a group."""

    verb = Verb.ADDED
    who: Who
    group: str


@dataclass(frozen=True, slots=True)
class LeaveGroup(Step):
    """Take a user out of a group."""

    verb = Verb.REMOVED
    who: Who
    group: str


@dataclass(frozen=True, slots=True)
class TagEntity(Step):
    """Put tags on a role or user."""

    who: Who
    tags: Tags


@dataclass(frozen=True, slots=True)
class UntagEntity(Step):
    """Take tags off a role or user."""

    verb = Verb.REMOVED
    who: Who
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in their order, and what is left as it is, with the reason."""

    steps: tuple[Step, ...] = ()
    left_alone: tuple[str, ...] = ()
