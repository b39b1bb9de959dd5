"""The step classes for people, groups, permission sets and assignments."""

from dataclasses import dataclass

from daypass.blueprint.identity_center import Assignment, PeopleGroup, PermissionSet, Person
from daypass.blueprint.organization import Tags
from daypass.blueprint.plan.steps import PlanStep, Verb


@dataclass(frozen=True, slots=True)
class CreatePeopleGroup(PlanStep):
    """Create a group of people."""

    default_verb = Verb.ADDED
    group: PeopleGroup


@dataclass(frozen=True, slots=True)
class UpdatePeopleGroup(PlanStep):
    """Update a group's description."""

    group: PeopleGroup


@dataclass(frozen=True, slots=True)
class CreatePerson(PlanStep):
    """Create a person, without groups."""

    default_verb = Verb.ADDED
    person: Person


@dataclass(frozen=True, slots=True)
class UpdatePerson(PlanStep):
    """Update the attributes of a person that are named."""

    person: Person
    attributes: tuple[str, ...]
    """Names of fields of `Person`."""


@dataclass(frozen=True, slots=True)
class JoinPeopleGroup(PlanStep):
    """Make a person a member of a group."""

    default_verb = Verb.ADDED
    person: str
    group: str


@dataclass(frozen=True, slots=True)
class LeavePeopleGroup(PlanStep):
    """Remove a person from a group."""

    default_verb = Verb.REMOVED
    person: str
    group: str


@dataclass(frozen=True, slots=True)
class CreatePermissionSet(PlanStep):
    """Create a permission set, without policies."""

    default_verb = Verb.ADDED
    permission_set: PermissionSet


@dataclass(frozen=True, slots=True)
class UpdatePermissionSet(PlanStep):
    """Update a permission set's description, session duration and relay state."""

    permission_set: PermissionSet


@dataclass(frozen=True, slots=True)
class PutSetPolicy(PlanStep):
    """Write the inline policy of a permission set; `is_new` says whether it had none."""

    permission_set: str
    content: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteSetPolicy(PlanStep):
    """Delete the inline policy of a permission set."""

    default_verb = Verb.REMOVED
    permission_set: str


@dataclass(frozen=True, slots=True)
class AttachToSet(PlanStep):
    """Attach a managed policy to a permission set, by its ARN or as `policy/…`."""

    default_verb = Verb.ADDED
    permission_set: str
    reference: str


@dataclass(frozen=True, slots=True)
class DetachFromSet(PlanStep):
    """Detach a managed policy from a permission set."""

    default_verb = Verb.REMOVED
    permission_set: str
    reference: str


@dataclass(frozen=True, slots=True)
class PutSetBoundary(PlanStep):
    """Set the permissions boundary of a permission set."""

    permission_set: str
    reference: str


@dataclass(frozen=True, slots=True)
class DeleteSetBoundary(PlanStep):
    """Remove the permissions boundary of a permission set."""

    default_verb = Verb.REMOVED
    permission_set: str


@dataclass(frozen=True, slots=True)
class TagPermissionSet(PlanStep):
    """Tag a permission set."""

    permission_set: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class UntagPermissionSet(PlanStep):
    """Untag a permission set."""

    default_verb = Verb.REMOVED
    permission_set: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProvisionPermissionSet(PlanStep):
    """Bring the roles of an edited permission set up to date, in each account that has one."""

    permission_set: str
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assign(PlanStep):
    """Give a person or a group a permission set in an account."""

    default_verb = Verb.ADDED
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Unassign(PlanStep):
    """Take a permission set in an account away from a person or a group."""

    default_verb = Verb.REMOVED
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class DeletePermissionSet(PlanStep):
    """Delete a permission set that is assigned nowhere."""

    default_verb = Verb.REMOVED
    permission_set: str


SET_EDITS = (
    UpdatePermissionSet,
    PutSetPolicy,
    DeleteSetPolicy,
    AttachToSet,
    DetachFromSet,
    PutSetBoundary,
    DeleteSetBoundary,
)
"""The steps that change what a permission set's roles may do, or how long their sessions last."""
