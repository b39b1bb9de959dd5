"""The steps that change an organization: services, units, accounts, policies, tags and so on."""

from dataclasses import dataclass

from daypass.blueprint.organization import Account, Policy, PolicyKey, Tags
from daypass.blueprint.plan.steps import Step, Verb


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
    """Disable a type of policies, which detaches each of them everywhere."""

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
    """Delete a unit that is empty."""

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
    """Create a policy, which is not attached yet."""

    verb = Verb.ADDED
    policy: Policy


@dataclass(frozen=True, slots=True)
class UpdatePolicy(Step):
    """Give a policy another text or description."""

    policy: Policy


@dataclass(frozen=True, slots=True)
class DeletePolicy(Step):
    """Delete a policy that is not attached."""

    verb = Verb.REMOVED
    key: PolicyKey


@dataclass(frozen=True, slots=True)
class Attach(Step):
    """Attach a policy to the root, a unit or an account."""

    verb = Verb.ADDED
    key: PolicyKey
    place: str


@dataclass(frozen=True, slots=True)
class Detach(Step):
    """Detach a policy from the root, a unit or an account."""

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
