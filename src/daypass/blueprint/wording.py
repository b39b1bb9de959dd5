"""Format a plan as text and as JSON: its steps, who gains or loses what, what is left alone."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from daypass.blueprint.identity_center import Assignment, PeopleGroup, PermissionSet, Person
from daypass.blueprint.organization import (
    Account,
    CustomerManagedPolicy,
    Entity,
    OrganizationPolicy,
    PolicyKey,
    is_path,
)
from daypass.blueprint.plan import iam_steps, organization_steps
from daypass.blueprint.plan.effects import Effect, PermissionChange
from daypass.blueprint.plan.people import steps as people_steps
from daypass.blueprint.plan.people.changes import assignment_text
from daypass.blueprint.plan.people.effects import accounts_text
from daypass.blueprint.plan.steps import OrganizationPlan, PlanStep, Verb

VERSION = 1
ACTIONS_SHOWN = 8
"""How many actions of a change are printed."""
_STEP_NAMES: Mapping[type[PlanStep], str] = {
    iam_steps.CreateEntity: "CreateHolder",
    iam_steps.TagEntity: "TagHolder",
    iam_steps.UntagEntity: "UntagHolder",
}
_MEMBER_NAMES = {"entity": "holder"}
"""The names in version 1 of the JSON for steps and members that have other names in the code."""


def target_text(where: str) -> str:
    """Return a target as text: `the root`, `unit /path` or `account key`."""
    if where == "/":
        return "the root"
    return f"unit {where}" if is_path(where) else f"account {where}"


def _tagged_text(thing: str | PolicyKey) -> str:
    return f"policy {thing.name}" if isinstance(thing, PolicyKey) else target_text(thing)


def _entity_text(who: iam_steps.AccountEntity) -> str:
    return f"{who.kind} {who.name} in {who.account}"


_STEP_TEXTS: Mapping[type[PlanStep], Callable[[Any], str]] = {
    organization_steps.CreateOrganization: lambda _: "organization, with all features",
    organization_steps.TrustService: lambda s: f"trusted service {s.service}",
    organization_steps.DistrustService: lambda s: f"trusted service {s.service}",
    organization_steps.EnableType: lambda s: f"policy type {s.type}",
    organization_steps.DisableType: lambda s: f"policy type {s.type}, with all attachments of it",
    organization_steps.CreateUnit: lambda s: f"unit {s.path}",
    organization_steps.DeleteUnit: lambda s: f"unit {s.path}",
    organization_steps.CreateAccount: lambda s: f"account {s.account.name} ({s.key})",
    organization_steps.MoveAccount: lambda s: (
        f"account {s.key} from {target_text(s.source)} to {target_text(s.destination)}"
    ),
    organization_steps.CloseAccount: lambda s: f"account {s.key}, closed for good",
    organization_steps.CreatePolicy: lambda s: f"policy {s.policy.name} ({s.policy.type})",
    organization_steps.UpdatePolicy: lambda s: f"policy {s.policy.name} ({s.policy.type})",
    organization_steps.DeletePolicy: lambda s: f"policy {s.key.name} ({s.key.type})",
    organization_steps.Attach: lambda s: f"policy {s.key.name} on {target_text(s.place)}",
    organization_steps.Detach: lambda s: f"policy {s.key.name} on {target_text(s.place)}",
    organization_steps.Tag: lambda s: f"tags of {_tagged_text(s.thing)}: {_tags_text(s.tags)}",
    organization_steps.Untag: lambda s: f"tags of {_tagged_text(s.thing)}: {', '.join(s.keys)}",
    organization_steps.Register: lambda s: f"{target_text(s.key)} administers {s.service}",
    organization_steps.Deregister: lambda s: f"{target_text(s.key)} administers {s.service}",
    organization_steps.PutResourcePolicy: lambda _: "resource policy of the organization",
    organization_steps.DeleteResourcePolicy: lambda _: "resource policy of the organization",
    iam_steps.CreateManaged: lambda s: f"policy {s.policy.name} in {s.account}",
    iam_steps.UpdateManaged: lambda s: f"policy {s.policy.name} in {s.account}",
    iam_steps.TagManaged: lambda s: (
        f"tags of policy {s.policy.name} in {s.account}: {_tags_text(s.tags)}"
    ),
    iam_steps.UntagManaged: lambda s: (
        f"tags of policy {s.policy.name} in {s.account}: {', '.join(s.keys)}"
    ),
    iam_steps.CreateEntity: lambda s: f"{s.entity.kind} {s.entity.name} in {s.account}",
    iam_steps.UpdateRole: lambda s: f"description or session length of {_entity_text(s.who)}",
    iam_steps.SetTrust: lambda s: f"trust policy of {_entity_text(s.who)}",
    iam_steps.PutInline: lambda s: f"policy {s.policy} of {_entity_text(s.who)}",
    iam_steps.DeleteInline: lambda s: f"policy {s.policy} of {_entity_text(s.who)}",
    iam_steps.AttachManaged: lambda s: f"policy {s.reference} on {_entity_text(s.who)}",
    iam_steps.DetachManaged: lambda s: f"policy {s.reference} on {_entity_text(s.who)}",
    iam_steps.SetBoundary: lambda s: f"boundary of {_entity_text(s.who)}: {s.reference}",
    iam_steps.DeleteBoundary: lambda s: f"boundary of {_entity_text(s.who)}",
    iam_steps.JoinGroup: lambda s: f"{_entity_text(s.who)} in group {s.group}",
    iam_steps.LeaveGroup: lambda s: f"{_entity_text(s.who)} in group {s.group}",
    iam_steps.TagEntity: lambda s: f"tags of {_entity_text(s.who)}: {_tags_text(s.tags)}",
    iam_steps.UntagEntity: lambda s: f"tags of {_entity_text(s.who)}: {', '.join(s.keys)}",
    people_steps.CreatePeopleGroup: lambda s: f"group {s.group.name}",
    people_steps.UpdatePeopleGroup: lambda s: f"description of group {s.group.name}",
    people_steps.CreatePerson: lambda s: f"person {s.person.name}",
    people_steps.UpdatePerson: lambda s: (
        f"{', '.join(s.attributes).replace('_', ' ')} of person {s.person.name}"
    ),
    people_steps.JoinPeopleGroup: lambda s: f"person {s.person} in group {s.group}",
    people_steps.LeavePeopleGroup: lambda s: f"person {s.person} in group {s.group}",
    people_steps.CreatePermissionSet: lambda s: f"permission set {s.permission_set.name}",
    people_steps.UpdatePermissionSet: lambda s: (
        f"description, session duration or relay state of permission set {s.permission_set.name}"
    ),
    people_steps.PutSetPolicy: lambda s: f"policy of permission set {s.permission_set}",
    people_steps.DeleteSetPolicy: lambda s: f"policy of permission set {s.permission_set}",
    people_steps.AttachToSet: lambda s: (
        f"policy {s.reference} on permission set {s.permission_set}"
    ),
    people_steps.DetachFromSet: lambda s: (
        f"policy {s.reference} on permission set {s.permission_set}"
    ),
    people_steps.PutSetBoundary: lambda s: (
        f"boundary of permission set {s.permission_set}: {s.reference}"
    ),
    people_steps.DeleteSetBoundary: lambda s: f"boundary of permission set {s.permission_set}",
    people_steps.TagPermissionSet: lambda s: (
        f"tags of permission set {s.permission_set}: {_tags_text(s.tags)}"
    ),
    people_steps.UntagPermissionSet: lambda s: (
        f"tags of permission set {s.permission_set}: {', '.join(s.keys)}"
    ),
    people_steps.ProvisionPermissionSet: lambda s: (
        f"roles of permission set {s.permission_set} in {accounts_text(s.accounts)}"
    ),
    people_steps.Assign: lambda s: assignment_text(s.assignment),
    people_steps.Unassign: lambda s: assignment_text(s.assignment),
    people_steps.DeletePermissionSet: lambda s: f"permission set {s.permission_set}",
}


def _tags_text(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items())


def step_text(given: PlanStep) -> str:
    """Return what a step changes as text, without its verb."""
    return _STEP_TEXTS[type(given)](given)


def plan_summary(plan: OrganizationPlan) -> str:
    """Return the number of steps by verb as one line, such as `2 added, 1 changed`."""
    if not plan.steps:
        return "nothing to do"
    counts = [(verb, sum(each.verb is verb for each in plan.steps)) for verb in Verb]
    return ", ".join(f"{count} {verb}" for verb, count in counts if count)


def effect_lines(given: Effect) -> Iterator[str]:
    """Yield a line for each change of an effect: who gains or loses which actions, and why."""
    for change in given.changes:
        verb = "gains" if change.gains else "loses"
        yield f"{given.who}: {verb} {_change_text(change)}"


def _change_text(change: PermissionChange) -> str:
    actions = ", ".join(change.actions[:ACTIONS_SHOWN])
    more = len(change.actions) - ACTIONS_SHOWN
    actions = "everything else" if actions == "*" and change.on == "*" else actions
    actions += f" and {more} more" if more > 0 else ""
    on = f" on {change.on}" if change.on != "*" else ""
    where = f" where {change.where}" if change.where else ""
    because = f" ({change.because})" if change.because else ""
    return f"{actions}{on}{where}{because}"


def plan_data(plan: OrganizationPlan, found: Iterable[Effect]) -> dict[str, Any]:
    """Return a plan and its effects as the JSON of `daypass apply --json`, version 1."""
    return {
        "v": VERSION,
        "steps": [
            {
                "do": _STEP_NAMES.get(type(each), type(each).__name__),
                "verb": each.verb,
                "what": step_text(each),
                **_step_members(each),
            }
            for each in plan.steps
        ],
        "effects": [
            {
                "who": each.who,
                "changes": [
                    {
                        "gains": change.gains,
                        "actions": list(change.actions),
                        "on": change.on,
                        "where": json.loads(change.where) if change.where else None,
                        "because": change.because,
                    }
                    for change in each.changes
                ],
            }
            for each in found
        ],
        "left_alone": list(plan.left_alone),
    }


def _step_members(given: PlanStep) -> dict[str, Any]:
    return {
        _MEMBER_NAMES.get(each.name, each.name): _as_json(getattr(given, each.name))
        for each in fields(given)
        if each.name != "is_new"
    }


def _as_json(value: Any) -> Any:
    """Return a step's member as JSON values; entities and accounts are reduced to their names."""
    if isinstance(value, iam_steps.AccountEntity):
        return {"account": value.account, "kind": value.kind, "name": value.name}
    if isinstance(value, PolicyKey):
        return {"type": value.type, "name": value.name}
    if isinstance(value, OrganizationPolicy):
        return {"type": value.type, "name": value.name, "content": value.content}
    if isinstance(value, CustomerManagedPolicy):
        return {"name": value.name, "content": value.content}
    if isinstance(value, Person | PeopleGroup | PermissionSet):
        return {"name": value.name}
    if isinstance(value, Assignment):
        return value._asdict()
    if isinstance(value, Entity):
        return {"kind": value.kind, "name": value.name}
    if isinstance(value, Account):
        return {"email": value.email, "name": value.name}
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value
