"""The outcome of each class in `people.steps`: the instance after the step, as values."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from daypass.blueprint.identity_center import IdentityCenter, PermissionSet
from daypass.blueprint.organization import Organization
from daypass.blueprint.plan.changed_copies import (
    require,
    with_entry,
    without_entry,
    without_keys,
)
from daypass.blueprint.plan.people import steps
from daypass.blueprint.plan.steps import PlanStep

CenterOutcome = Callable[[IdentityCenter, Any], IdentityCenter]
"""Takes an instance and a step; returns the instance after the step."""


def _put_group(now: IdentityCenter, step: Any) -> IdentityCenter:
    return replace(now, groups=with_entry(now.groups, step.group.name, step.group))


def _create_person(now: IdentityCenter, step: steps.CreatePerson) -> IdentityCenter:
    person = replace(step.person, groups=frozenset())
    return replace(now, people=with_entry(now.people, person.name, person))


def _update_person(now: IdentityCenter, step: steps.UpdatePerson) -> IdentityCenter:
    known = (now.people or {})[step.person.name]
    changed = replace(known, **{each: getattr(step.person, each) for each in step.attributes})
    return replace(now, people=with_entry(now.people, changed.name, changed))


def _join(now: IdentityCenter, step: steps.JoinPeopleGroup) -> IdentityCenter:
    require(step.group in (now.groups or {}), f"there is no group {step.group}")
    known = (now.people or {})[step.person]
    joined = replace(known, groups=(known.groups or frozenset()) | {step.group})
    return replace(now, people=with_entry(now.people, step.person, joined))


def _leave(now: IdentityCenter, step: steps.LeavePeopleGroup) -> IdentityCenter:
    known = (now.people or {})[step.person]
    left = replace(known, groups=(known.groups or frozenset()) - {step.group})
    return replace(now, people=with_entry(now.people, step.person, left))


def _create_set(now: IdentityCenter, step: steps.CreatePermissionSet) -> IdentityCenter:
    created = replace(step.permission_set, inline="", attached=frozenset(), boundary="")
    return replace(now, permission_sets=with_entry(now.permission_sets, created.name, created))


def _edit_set(now: IdentityCenter, name: str, **changes: Any) -> IdentityCenter:
    changed = replace(_set(now, name), **changes)
    return replace(now, permission_sets=with_entry(now.permission_sets, name, changed))


def _set(now: IdentityCenter, name: str) -> PermissionSet:
    require(name in (now.permission_sets or {}), f"there is no permission set {name}")
    return (now.permission_sets or {})[name]


def _update_set(now: IdentityCenter, step: steps.UpdatePermissionSet) -> IdentityCenter:
    wanted = step.permission_set
    return _edit_set(
        now,
        wanted.name,
        description=wanted.description,
        session_duration=wanted.session_duration,
        relay_state=wanted.relay_state,
    )


def _attach(now: IdentityCenter, step: steps.AttachToSet) -> IdentityCenter:
    attached = _set(now, step.permission_set).attached | {step.reference}
    return _edit_set(now, step.permission_set, attached=attached)


def _detach(now: IdentityCenter, step: steps.DetachFromSet) -> IdentityCenter:
    attached = _set(now, step.permission_set).attached - {step.reference}
    return _edit_set(now, step.permission_set, attached=attached)


def _tag(now: IdentityCenter, step: steps.TagPermissionSet) -> IdentityCenter:
    tags = {**_set(now, step.permission_set).tags, **step.tags}
    return _edit_set(now, step.permission_set, tags=tags)


def _untag(now: IdentityCenter, step: steps.UntagPermissionSet) -> IdentityCenter:
    tags = without_keys(_set(now, step.permission_set).tags, step.keys)
    return _edit_set(now, step.permission_set, tags=tags)


def _assign(now: IdentityCenter, step: steps.Assign) -> IdentityCenter:
    name, account = step.assignment.permission_set, step.assignment.account
    _set(now, name)
    accounts = tuple(sorted({*now.provisioned.get(name, ()), account}))
    return replace(
        now,
        assignments=(now.assignments or frozenset()) | {step.assignment},
        provisioned=with_entry(now.provisioned, name, accounts),
    )


def _unassign(now: IdentityCenter, step: steps.Unassign) -> IdentityCenter:
    name, account = step.assignment.permission_set, step.assignment.account
    left = (now.assignments or frozenset()) - {step.assignment}
    accounts = now.provisioned.get(name, ())
    if not any((each.permission_set, each.account) == (name, account) for each in left):
        accounts = tuple(each for each in accounts if each != account)
    return replace(now, assignments=left, provisioned=with_entry(now.provisioned, name, accounts))


def _delete_set(now: IdentityCenter, step: steps.DeletePermissionSet) -> IdentityCenter:
    name = step.permission_set
    require(
        not any(each.permission_set == name for each in now.assignments or ()),
        f"permission set {name} is assigned",
    )
    return replace(now, permission_sets=without_entry(now.permission_sets, name))


_OUTCOMES: Mapping[type[PlanStep], CenterOutcome] = {
    steps.CreatePeopleGroup: _put_group,
    steps.UpdatePeopleGroup: _put_group,
    steps.CreatePerson: _create_person,
    steps.UpdatePerson: _update_person,
    steps.JoinPeopleGroup: _join,
    steps.LeavePeopleGroup: _leave,
    steps.CreatePermissionSet: _create_set,
    steps.UpdatePermissionSet: _update_set,
    steps.PutSetPolicy: lambda now, step: _edit_set(now, step.permission_set, inline=step.content),
    steps.DeleteSetPolicy: lambda now, step: _edit_set(now, step.permission_set, inline=""),
    steps.AttachToSet: _attach,
    steps.DetachFromSet: _detach,
    steps.PutSetBoundary: lambda now, step: _edit_set(
        now, step.permission_set, boundary=step.reference
    ),
    steps.DeleteSetBoundary: lambda now, step: _edit_set(now, step.permission_set, boundary=""),
    steps.TagPermissionSet: _tag,
    steps.UntagPermissionSet: _untag,
    # The roles in accounts are no values here: they follow from the set.
    steps.ProvisionPermissionSet: lambda now, step: replace(
        now, outdated=now.outdated - {step.permission_set}
    ),
    steps.Assign: _assign,
    steps.Unassign: _unassign,
    steps.DeletePermissionSet: _delete_set,
}


def _in_organization(change: CenterOutcome) -> Callable[[Organization, Any], Organization]:
    """Return the outcome of a step as that of an organization, whose instance it changes."""
    return lambda now, step: replace(
        now, identity_center=change(now.identity_center or IdentityCenter(), step)
    )


PEOPLE_OUTCOMES: Mapping[type[PlanStep], Callable[[Organization, Any], Organization]] = {
    step: _in_organization(change) for step, change in _OUTCOMES.items()
}
