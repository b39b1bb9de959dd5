"""A plan in words and as data: what is added, changed, moved and removed, who gains or loses what, and what is left alone."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from daypass.blueprint.organization import (
    Account,
    Entity,
    Managed,
    Policy,
    PolicyKey,
    is_path,
)
from daypass.blueprint.plan import steps as do
from daypass.blueprint.plan.effects import Change, Effect

VERSION = 1
ACTIONS_SHOWN = 8
_STEP_NAMES: Mapping[type[do.Step], str] = {
    do.CreateEntity: "CreateHolder",
    do.TagEntity: "TagHolder",
    do.UntagEntity: "UntagHolder",
}
_MEMBER_NAMES = {"entity": "holder"}
"""What version 1 of the JSON calls steps and members whose names here are others; the rest go by their own names."""


def place(where: str) -> str:
    """Call a place as a sentence needs it."""
    if where == "/":
        return "the root"
    return f"unit {where}" if is_path(where) else f"account {where}"


def _thing(thing: str | PolicyKey) -> str:
    return f"policy {thing.name}" if isinstance(thing, PolicyKey) else place(thing)


def _who(who: do.Who) -> str:
    return f"{who.kind} {who.name} in {who.account}"


_WORDS: Mapping[type[do.Step], Callable[[Any], str]] = {
    do.CreateOrganization: lambda _: "organization, with all features",
    do.TrustService: lambda s: f"trusted service {s.service}",
    do.DistrustService: lambda s: f"trusted service {s.service}",
    do.EnableType: lambda s: f"policy type {s.type}",
    do.DisableType: lambda s: f"policy type {s.type}, with all attachments of it",
    do.CreateUnit: lambda s: f"unit {s.path}",
    do.DeleteUnit: lambda s: f"unit {s.path}",
    do.CreateAccount: lambda s: f"account {s.account.name} ({s.key})",
    do.MoveAccount: lambda s: f"account {s.key} from {place(s.source)} to {place(s.destination)}",
    do.CloseAccount: lambda s: f"account {s.key}, closed for good",
    do.CreatePolicy: lambda s: f"policy {s.policy.name} ({s.policy.type})",
    do.UpdatePolicy: lambda s: f"policy {s.policy.name} ({s.policy.type})",
    do.DeletePolicy: lambda s: f"policy {s.key.name} ({s.key.type})",
    do.Attach: lambda s: f"policy {s.key.name} on {place(s.place)}",
    do.Detach: lambda s: f"policy {s.key.name} on {place(s.place)}",
    do.Tag: lambda s: f"tags of {_thing(s.thing)}: {_pairs(s.tags)}",
    do.Untag: lambda s: f"tags of {_thing(s.thing)}: {', '.join(s.keys)}",
    do.Register: lambda s: f"{place(s.key)} administers {s.service}",
    do.Deregister: lambda s: f"{place(s.key)} administers {s.service}",
    do.PutResourcePolicy: lambda _: "resource policy of the organization",
    do.DeleteResourcePolicy: lambda _: "resource policy of the organization",
    do.CreateManaged: lambda s: f"policy {s.policy.name} in {s.account}",
    do.UpdateManaged: lambda s: f"policy {s.policy.name} in {s.account}",
    do.TagManaged: lambda s: f"tags of policy {s.policy.name} in {s.account}: {_pairs(s.tags)}",
    do.UntagManaged: lambda s: (
        f"tags of policy {s.policy.name} in {s.account}: {', '.join(s.keys)}"
    ),
    do.CreateEntity: lambda s: f"{s.entity.kind} {s.entity.name} in {s.account}",
    do.UpdateRole: lambda s: f"description or session length of {_who(s.who)}",
    do.SetTrust: lambda s: f"trust policy of {_who(s.who)}",
    do.PutInline: lambda s: f"policy {s.policy} of {_who(s.who)}",
    do.DeleteInline: lambda s: f"policy {s.policy} of {_who(s.who)}",
    do.AttachManaged: lambda s: f"policy {s.reference} on {_who(s.who)}",
    do.DetachManaged: lambda s: f"policy {s.reference} on {_who(s.who)}",
    do.SetBoundary: lambda s: f"boundary of {_who(s.who)}: {s.reference}",
    do.DeleteBoundary: lambda s: f"boundary of {_who(s.who)}",
    do.JoinGroup: lambda s: f"{_who(s.who)} in group {s.group}",
    do.LeaveGroup: lambda s: f"{_who(s.who)} in group {s.group}",
    do.TagEntity: lambda s: f"tags of {_who(s.who)}: {_pairs(s.tags)}",
    do.UntagEntity: lambda s: f"tags of {_who(s.who)}: {', '.join(s.keys)}",
}


def _pairs(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items())


def step(given: do.Step) -> str:
    """Say what a step is about, without its verb."""
    return _WORDS[type(given)](given)


def summary(plan: do.Plan) -> str:
    """Say in one line how much a plan does."""
    if not plan.steps:
        return "nothing to do"
    counts = [(verb, sum(each.does is verb for each in plan.steps)) for verb in do.Verb]
    return ", ".join(f"{count} {verb}" for verb, count in counts if count)


def effect(given: Effect) -> Iterator[str]:
    """Say what changes for somebody, a line for each reason."""
    for change in given.changes:
        verb = "gains" if change.gains else "loses"
        yield f"{given.who}: {verb} {_change(change)}"


def _change(change: Change) -> str:
    actions = ", ".join(change.actions[:ACTIONS_SHOWN])
    more = len(change.actions) - ACTIONS_SHOWN
    actions = "everything else" if actions == "*" and change.on == "*" else actions
    actions += f" and {more} more" if more > 0 else ""
    on = f" on {change.on}" if change.on != "*" else ""
    where = f" where {change.where}" if change.where else ""
    because = f" ({change.because})" if change.because else ""
    return f"{actions}{on}{where}{because}"


def data(plan: do.Plan, found: Iterable[Effect]) -> dict[str, Any]:
    """Return a plan as JSON has it, version 1."""
    return {
        "v": VERSION,
        "steps": [
            {
                "do": _STEP_NAMES.get(type(each), type(each).__name__),
                "verb": each.does,
                "what": step(each),
                **_members(each),
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


def _members(given: do.Step) -> dict[str, Any]:
    return {
        _MEMBER_NAMES.get(each.name, each.name): _plain(getattr(given, each.name))
        for each in fields(given)
        if each.name != "is_new"
    }


def _plain(value: Any) -> Any:
    """Return a member as JSON has it; a whole thing is called by its name, its text is in the file."""
    if isinstance(value, do.Who):
        return {"account": value.account, "kind": value.kind, "name": value.name}
    if isinstance(value, PolicyKey):
        return {"type": value.type, "name": value.name}
    if isinstance(value, Policy):
        return {"type": value.type, "name": value.name, "content": value.content}
    if isinstance(value, Managed):
        return {"name": value.name, "content": value.content}
    if isinstance(value, Entity):
        return {"kind": value.kind, "name": value.name}
    if isinstance(value, Account):
        return {"email": value.email, "name": value.name}
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value
