"""The steps that change an organization: services, units, accounts, policies, tags and so on."""

from dataclasses import dataclass

from daypass.blueprint.organization import Account, OrganizationPolicy, PolicyKey, Tags
from daypass.blueprint.plan.steps import PlanStep, Verb


@dataclass(frozen=True, slots=True)
class CreateOrganization(PlanStep):
    """Make the caller's account the management account of a new organization."""

    default_verb = Verb.ADDED


@dataclass(frozen=True, slots=True)
class TrustService(PlanStep):
    """Trust a service in the whole organization."""

    default_verb = Verb.ADDED
    service: str


@dataclass(frozen=True, slots=True)
class DistrustService(PlanStep):
    """Trust a service no longer."""

    default_verb = Verb.REMOVED
    service: str


@dataclass(frozen=True, slots=True)
class EnableType(PlanStep):
    """Enable a type of policies."""

    default_verb = Verb.ADDED
    type: str


@dataclass(frozen=True, slots=True)
class DisableType(PlanStep):
    """Disable a type of policies, which detaches each of them everywhere."""

    default_verb = Verb.REMOVED
    type: str


@dataclass(frozen=True, slots=True)
class CreateUnit(PlanStep):
    """Make a unit below one that there is."""

    default_verb = Verb.ADDED
    path: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class DeleteUnit(PlanStep):
    """Delete a unit that is empty."""

    default_verb = Verb.REMOVED
    path: str


@dataclass(frozen=True, slots=True)
class CreateAccount(PlanStep):
    """Make an account, right below the root."""

    default_verb = Verb.ADDED
    key: str
    account: Account


@dataclass(frozen=True, slots=True)
class MoveAccount(PlanStep):
    """Put an account into another unit."""

    default_verb = Verb.MOVED
    key: str
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class CloseAccount(PlanStep):
    """Close an account for good."""

    default_verb = Verb.REMOVED
    key: str


@dataclass(frozen=True, slots=True)
class CreatePolicy(PlanStep):
    """Create a policy, which is not attached yet."""

    default_verb = Verb.ADDED
    policy: OrganizationPolicy


@dataclass(frozen=True, slots=True)
class UpdatePolicy(PlanStep):
    """Give a policy another text or description."""

    policy: OrganizationPolicy


@dataclass(frozen=True, slots=True)
class DeletePolicy(PlanStep):
    """Delete a policy that is not attached."""

    default_verb = Verb.REMOVED
    key: PolicyKey


@dataclass(frozen=True, slots=True)
class Attach(PlanStep):
    """Attach a policy to the root, a unit or an account."""

    default_verb = Verb.ADDED
    key: PolicyKey
    place: str


@dataclass(frozen=True, slots=True)
class Detach(PlanStep):
    """Detach a policy from the root, a unit or an account."""

    default_verb = Verb.REMOVED
    key: PolicyKey
    place: str


@dataclass(frozen=True, slots=True)
class Tag(PlanStep):
    """Put tags on a place or a policy."""

    thing: str | PolicyKey
    tags: Tags


@dataclass(frozen=True, slots=True)
class Untag(PlanStep):
    """Take tags off a place or a policy."""

    default_verb = Verb.REMOVED
    thing: str | PolicyKey
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Register(PlanStep):
    """Let an account administer a service."""

    default_verb = Verb.ADDED
    key: str
    service: str


@dataclass(frozen=True, slots=True)
class Deregister(PlanStep):
    """Let an account administer a service no longer."""

    default_verb = Verb.REMOVED
    key: str
    service: str


@dataclass(frozen=True, slots=True)
class PutResourcePolicy(PlanStep):
    """Write the organization's resource policy, in place of the one that there is."""

    content: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteResourcePolicy(PlanStep):
    """Forget the organization's resource policy."""

    default_verb = Verb.REMOVED
