"""Plan the steps for people, groups, permission sets and assignments.

No intermediate state allows what both ends deny: people leave groups first; permission sets that
stay as they are get their new assignments before old ones go, so that whoever keeps access keeps
the session; then sets are edited and provisioned, and only then are edited and new sets assigned
and do people join groups. People and groups that the file does not list are always left alone:
deleting them would lose their ids.
"""

from collections.abc import Iterator

from daypass.blueprint.identity_center import (
    Assignment,
    IdentityCenter,
    PermissionSet,
    Person,
)
from daypass.blueprint.plan.iam_plan import RemoveOrNote
from daypass.blueprint.plan.people import steps
from daypass.blueprint.plan.steps import PlanStep
from daypass.blueprint.plan.tag_changes import tag_changes
from daypass.blueprint.policy_texts import is_same_policy

_ATTRIBUTES = ("display_name", "given_name", "family_name", "email")


def plan_identity_center(
    wanted: IdentityCenter, now: IdentityCenter, remove_or_note: RemoveOrNote
) -> list[PlanStep]:
    """Return the steps from the existing instance to the wanted one."""
    planner = _Planner(wanted, now, remove_or_note)
    return list(planner.in_order())


class _Planner:
    """Finds the steps of one plan."""

    def __init__(
        self, wanted: IdentityCenter, now: IdentityCenter, remove_or_note: RemoveOrNote
    ) -> None:
        self.wanted = wanted
        self.now = now
        self.remove_or_note = remove_or_note

    def in_order(self) -> Iterator[PlanStep]:
        """Yield the steps in order."""
        joined, left = self._memberships()
        assigned, unassigned = self._assignments()
        gone = {each.assignment for each in unassigned if isinstance(each, steps.Unassign)}
        kept = (self.now.assignments or frozenset()) - gone
        edits = list(self._permission_sets(kept))
        changed = set(map(_edited_set, edits))
        yield from left
        yield from self._groups()
        yield from self._people()
        yield from (each for each in assigned if each.assignment.permission_set not in changed)
        yield from unassigned
        yield from edits
        yield from (each for each in assigned if each.assignment.permission_set in changed)
        yield from joined
        yield from self._deleted_sets(kept)

    def _groups(self) -> Iterator[PlanStep]:
        for name, group in sorted((self.wanted.groups or {}).items()):
            known = (self.now.groups or {}).get(name)
            if known is None:
                yield steps.CreatePeopleGroup(group)
            elif group.description not in {None, known.description}:
                yield steps.UpdatePeopleGroup(group)

    def _people(self) -> Iterator[PlanStep]:
        for name, person in sorted((self.wanted.people or {}).items()):
            known = (self.now.people or {}).get(name)
            if known is None:
                yield steps.CreatePerson(person)
            elif changed := _changed_attributes(person, known):
                yield steps.UpdatePerson(person, changed)

    def _memberships(self) -> tuple[list[PlanStep], list[PlanStep]]:
        """Return the steps by which people join groups, and those by which they leave groups."""
        joined: list[PlanStep] = []
        left: list[PlanStep] = []
        for name, person in sorted((self.wanted.people or {}).items()):
            if person.groups is None:
                continue
            known = (self.now.people or {}).get(name)
            groups = (known.groups if known else None) or frozenset()
            joined += [steps.JoinPeopleGroup(name, each) for each in sorted(person.groups - groups)]
            for each in sorted(groups - person.groups):
                left += self.remove_or_note(
                    f"person {name} in group {each}", steps.LeavePeopleGroup(name, each)
                )
        return joined, left

    def _assignments(self) -> tuple[list[steps.Assign], list[PlanStep]]:
        """Return the steps that assign, and those that take away what the file does not list."""
        if self.wanted.assignments is None:
            return [], []
        now = self.now.assignments or frozenset()
        unassigned: list[PlanStep] = []
        for each in sorted(now - self.wanted.assignments):
            unassigned += self.remove_or_note(assignment_text(each), steps.Unassign(each))
        return [steps.Assign(each) for each in sorted(self.wanted.assignments - now)], unassigned

    def _permission_sets(self, kept: frozenset[Assignment]) -> Iterator[PlanStep]:
        """Yield the steps for sets; `kept` are the existing assignments that stay."""
        for name, wanted in sorted((self.wanted.permission_sets or {}).items()):
            known = (self.now.permission_sets or {}).get(name)
            if known is None:
                yield steps.CreatePermissionSet(wanted)
                yield from self._edits(wanted, _created(wanted))
                continue
            edits = list(self._edits(wanted, known))
            yield from edits
            is_edited = any(isinstance(each, steps.SET_EDITS) for each in edits)
            accounts = self.now.provisioned.get(name, ())
            if self.now.assignments is not None:
                having = {each.account for each in kept if each.permission_set == name}
                accounts = tuple(each for each in accounts if each in having)
            if accounts and (is_edited or name in self.now.outdated):
                yield steps.ProvisionPermissionSet(name, accounts)

    def _edits(self, wanted: PermissionSet, now: PermissionSet) -> Iterator[PlanStep]:
        """Yield the steps from a set to the wanted one; what restricts comes first."""
        name, named = wanted.name, f"permission set {wanted.name}"
        if wanted.boundary and wanted.boundary != now.boundary:
            yield steps.PutSetBoundary(name, wanted.boundary)
        if wanted.inline and not is_same_policy(wanted.inline, now.inline):
            yield steps.PutSetPolicy(name, wanted.inline, is_new=not now.inline)
        if now.inline and not wanted.inline:
            yield from self.remove_or_note(f"policy of {named}", steps.DeleteSetPolicy(name))
        for reference in sorted(now.attached - wanted.attached):
            yield from self.remove_or_note(
                f"policy {reference} of {named}", steps.DetachFromSet(name, reference)
            )
        for reference in sorted(wanted.attached - now.attached):
            yield steps.AttachToSet(name, reference)
        if now.boundary and not wanted.boundary:
            yield from self.remove_or_note(f"boundary of {named}", steps.DeleteSetBoundary(name))
        if _properties(wanted) != _properties(now):
            yield steps.UpdatePermissionSet(wanted)
        put, extra = tag_changes(wanted.tags, now.tags)
        if put:
            yield steps.TagPermissionSet(name, put)
        if extra:
            what = f"tags {', '.join(extra)} of {named}"
            yield from self.remove_or_note(what, steps.UntagPermissionSet(name, extra))

    def _deleted_sets(self, kept: frozenset[Assignment]) -> Iterator[PlanStep]:
        """Yield the steps that delete sets which the file does not list and nobody has."""
        if self.wanted.permission_sets is None:
            return
        assigned = {each.permission_set for each in kept}
        is_known = self.now.assignments is not None
        for name in sorted(set(self.now.permission_sets or ()) - set(self.wanted.permission_sets)):
            if name in assigned or (not is_known and self.now.provisioned.get(name)):
                self.remove_or_note(f"permission set {name}: it is assigned")
            else:
                yield from self.remove_or_note(
                    f"permission set {name}", steps.DeletePermissionSet(name)
                )


def _edited_set(step: PlanStep) -> str:
    """Return the name of the permission set that a step makes or edits; empty for its tags."""
    if isinstance(step, steps.CreatePermissionSet | steps.UpdatePermissionSet):
        return step.permission_set.name
    is_edit = isinstance(step, (*steps.SET_EDITS, steps.ProvisionPermissionSet))
    return str(getattr(step, "permission_set", "")) if is_edit else ""


def assignment_text(assignment: Assignment) -> str:
    """Return an assignment as text for people."""
    return (
        f"permission set {assignment.permission_set} in {assignment.account}"
        f" of {assignment.kind} {assignment.principal}"
    )


def _changed_attributes(wanted: Person, now: Person) -> tuple[str, ...]:
    """Return the names of the attributes that the file mentions and that differ."""
    return tuple(
        each
        for each in _ATTRIBUTES
        if getattr(wanted, each) is not None and getattr(wanted, each) != getattr(now, each)
    )


def _created(wanted: PermissionSet) -> PermissionSet:
    """Return a permission set as its creation leaves it: without policies."""
    return PermissionSet(
        name=wanted.name,
        description=wanted.description,
        session_duration=wanted.session_duration,
        relay_state=wanted.relay_state,
        tags=wanted.tags,
    )


def _properties(given: PermissionSet) -> tuple[str, str, str]:
    return given.description, given.session_duration, given.relay_state
