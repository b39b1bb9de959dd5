"""The step classes that change an organization: services, units, accounts, policies, tags."""

from dataclasses import dataclass

from daypass.blueprint.organization import Account, OrganizationPolicy, PolicyKey, Tags
from daypass.blueprint.plan.steps import PlanStep, Verb


@dataclass(frozen=True, slots=True)
class CreateOrganization(PlanStep):
    """Make the caller's account the management account of a new organization."""

    default_verb = Verb.ADDED


@dataclass(frozen=True, slots=True)
class TrustService(PlanStep):
    """Enable trusted access for a service."""

    default_verb = Verb.ADDED
    service: str


@dataclass(frozen=True, slots=True)
class DistrustService(PlanStep):
    """Disable trusted access for a service."""

    default_verb = Verb.REMOVED
    service: str


@dataclass(frozen=True, slots=True)
class EnableType(PlanStep):
    """Enable a policy type."""

    default_verb = Verb.ADDED
    type: str


@dataclass(frozen=True, slots=True)
class DisableType(PlanStep):
    """Disable a policy type, which detaches all its policies everywhere."""

    default_verb = Verb.REMOVED
    type: str


@dataclass(frozen=True, slots=True)
class CreateUnit(PlanStep):
    """Create a unit below an existing parent."""

    default_verb = Verb.ADDED
    path: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class DeleteUnit(PlanStep):
    """Delete an empty unit."""

    default_verb = Verb.REMOVED
    path: str


@dataclass(frozen=True, slots=True)
class CreateAccount(PlanStep):
    """Create an account, directly below the root."""

    default_verb = Verb.ADDED
    key: str
    account: Account


@dataclass(frozen=True, slots=True)
class MoveAccount(PlanStep):
    """Move an account to another unit."""

    default_verb = Verb.MOVED
    key: str
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class CloseAccount(PlanStep):
    """Close an account."""

    default_verb = Verb.REMOVED
    key: str


@dataclass(frozen=True, slots=True)
class CreatePolicy(PlanStep):
    """Create a policy, not attached yet."""

    default_verb = Verb.ADDED
    policy: OrganizationPolicy


@dataclass(frozen=True, slots=True)
class UpdatePolicy(PlanStep):
    """Update a policy's document and description."""

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
    """Tag a target or a policy."""

    thing: str | PolicyKey
    tags: Tags


@dataclass(frozen=True, slots=True)
class Untag(PlanStep):
    """Untag a target or a policy."""

    default_verb = Verb.REMOVED
    thing: str | PolicyKey
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Register(PlanStep):
    """Register an account as a delegated administrator of a service."""

    default_verb = Verb.ADDED
    key: str
    service: str


@dataclass(frozen=True, slots=True)
class Deregister(PlanStep):
    """Deregister an account as a delegated administrator of a service."""

    default_verb = Verb.REMOVED
    key: str
    service: str


@dataclass(frozen=True, slots=True)
class PutResourcePolicy(PlanStep):
    """Create or replace the organization's resource policy; `is_new` says which."""

    content: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteResourcePolicy(PlanStep):
    """Delete the organization's resource policy."""

    default_verb = Verb.REMOVED
