"""What becomes of an organization by a step, as the authority's own rules have it; nothing is called.

A step that the authority would refuse raises `Impossible`, so that a plan can be checked before anything is done.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from daypass.aws.entities import EntityKey
from daypass.blueprint.organization import (
    FULL_ACCESS,
    MANAGEMENT,
    ROOT,
    Account,
    Entity,
    Managed,
    Node,
    Organization,
    Policy,
    PolicyKey,
    Principals,
    is_path,
    parent,
)
from daypass.blueprint.plan import steps as do
from daypass.core.organizations.policies.policy_types import RCP, SCP, TYPES

Key = TypeVar("Key")
Value = TypeVar("Value")


class Impossible(Exception):
    """A step that the authority would refuse."""


def after(now: Organization, steps: Iterable[do.Step]) -> Organization:
    """Return what an organization is after steps; raises `Impossible`."""
    for step in steps:
        now = _DONE[type(step)](now, step)
    return now


def attached_count(node: Node, kind: str) -> int:
    """Count the policies of a type that are attached to a node, AWS's own included."""
    own = sum(1 for each in node.policies if each.type == kind)
    return own + (kind == RCP or (kind == SCP and bool(node.has_full_access)))


def _check(claim: bool, why: str) -> None:  # noqa: FBT001 - a claim is read where it is made
    if not claim:
        raise Impossible(why)


def _with(table: Mapping[Key, Value] | None, key: Key, value: Value) -> dict[Key, Value]:
    return {**(table or {}), key: value}


def _without(table: Mapping[Key, Value] | None, key: Key) -> dict[Key, Value]:
    return {each: value for each, value in (table or {}).items() if each != key}


def _fresh(now: Organization) -> Node:
    return Node(has_full_access=True if SCP in (now.types or ()) else None)


def _put_node(now: Organization, place: str, node: Node) -> Organization:
    if place == ROOT:
        return replace(now, root=node)
    if is_path(place):
        return replace(now, units=_with(now.units, place, node))
    return replace(
        now, accounts=_with(now.accounts, place, replace(now.accounts[place], node=node))
    )


def _node(now: Organization, place: str) -> Node:
    found = now.node(place)
    if found is None:
        raise Impossible(f"there is no {place}")
    return found


def _create_organization(now: Organization, _step: Any) -> Organization:
    _check(not now.exists, "there is an organization")
    mine = replace(now.accounts[MANAGEMENT], node=Node(has_full_access=True))
    return Organization(
        root=Node(has_full_access=True),
        units={},
        accounts={MANAGEMENT: mine},
        policies={},
        types=frozenset({SCP}),
        services=frozenset(),
        has_resource_policy=False,
    )


def _trust(now: Organization, step: do.TrustService) -> Organization:
    return replace(now, services=(now.services or frozenset()) | {step.service})


def _distrust(now: Organization, step: do.DistrustService) -> Organization:
    needed = any(TYPES[each].service == step.service for each in now.types or ())
    _check(not needed, f"a policy type needs {step.service}")
    accounts = {
        key: replace(each, administers=each.administers - {step.service})
        for key, each in now.accounts.items()
    }
    return replace(now, accounts=accounts, services=(now.services or frozenset()) - {step.service})


def _enable(now: Organization, step: do.EnableType) -> Organization:
    service = TYPES[step.type].service
    _check(step.type not in (now.types or ()), f"{step.type} is enabled")
    _check(not service or service in (now.services or ()), f"{step.type} needs {service}")
    now = replace(now, types=(now.types or frozenset()) | {step.type})
    if step.type == SCP:
        for place, node in list(now.nodes()):
            now = _put_node(now, place, replace(node, has_full_access=True))
    return now


def _disable(now: Organization, step: do.DisableType) -> Organization:
    _check(step.type in (now.types or ()), f"{step.type} is not enabled")
    for place, node in list(now.nodes()):
        kept = frozenset(each for each in node.policies if each.type != step.type)
        full = None if step.type == SCP else node.has_full_access
        now = _put_node(now, place, replace(node, policies=kept, has_full_access=full))
    return replace(now, types=(now.types or frozenset()) - {step.type})


def _create_unit(now: Organization, step: do.CreateUnit) -> Organization:
    _node(now, parent(step.path))
    _check(step.path not in (now.units or ()), f"there is a {step.path}")
    node = replace(_fresh(now), tags=dict(step.tags))
    return replace(now, units=_with(now.units, step.path, node))


def _delete_unit(now: Organization, step: do.DeleteUnit) -> Organization:
    _node(now, step.path)
    used = any(each.unit == step.path for each in now.accounts.values())
    used = used or any(parent(each) == step.path for each in now.units or ())
    _check(not used, f"{step.path} is not empty")
    return replace(now, units=_without(now.units, step.path))


def _create_account(now: Organization, step: do.CreateAccount) -> Organization:
    _check(step.key not in now.accounts, f"there is a {step.key}")
    node = replace(_fresh(now), tags=dict(step.account.node.tags))
    made = Account(
        email=step.account.email,
        name=step.account.name,
        node=node,
        access_role=step.account.access_role,
        principals=Principals(),
    )
    return replace(now, accounts=_with(now.accounts, step.key, made))


def _account(now: Organization, key: str, **changes: Any) -> Organization:
    _check(key in now.accounts, f"there is no {key}")
    changed = replace(now.accounts[key], **changes)
    return replace(now, accounts=_with(now.accounts, key, changed))


def _move(now: Organization, step: do.MoveAccount) -> Organization:
    _node(now, step.destination)
    _check(now.accounts[step.key].unit == step.source, f"{step.key} is not in {step.source}")
    return _account(now, step.key, unit=step.destination)


def _close(now: Organization, step: do.CloseAccount) -> Organization:
    _check(step.key != MANAGEMENT and now.accounts[step.key].is_open, f"{step.key} stays")
    return _account(now, step.key, is_open=False)


def _create_policy(now: Organization, step: do.CreatePolicy) -> Organization:
    _check(step.policy.key not in (now.policies or ()), f"there is a {step.policy.key}")
    return replace(now, policies=_with(now.policies, step.policy.key, step.policy))


def _policy(now: Organization, key: PolicyKey) -> Policy:
    _check(key in (now.policies or {}), f"there is no {key}")
    return (now.policies or {})[key]


def _update_policy(now: Organization, step: do.UpdatePolicy) -> Organization:
    known = _policy(now, step.policy.key)
    changed = replace(step.policy, tags=known.tags)
    return replace(now, policies=_with(now.policies, known.key, changed))


def _delete_policy(now: Organization, step: do.DeletePolicy) -> Organization:
    _policy(now, step.key)
    _check(not any(step.key in node.policies for _, node in now.nodes()), f"{step.key} is in use")
    return replace(now, policies=_without(now.policies, step.key))


def _attach(now: Organization, step: do.Attach) -> Organization:
    node, kind = _node(now, step.place), step.key.type
    _check(kind in (now.types or ()), f"{kind} is not enabled")
    _check(attached_count(node, kind) < TYPES[kind].attached_max, f"{step.place} is full of {kind}")
    if step.key == FULL_ACCESS:
        _check(not node.has_full_access, f"{step.key} hangs on {step.place}")
        return _put_node(now, step.place, replace(node, has_full_access=True))
    _policy(now, step.key)
    _check(step.key not in node.policies, f"{step.key} hangs on {step.place}")
    return _put_node(now, step.place, replace(node, policies=node.policies | {step.key}))


def _detach(now: Organization, step: do.Detach) -> Organization:
    node, kind = _node(now, step.place), step.key.type
    is_there = node.has_full_access if step.key == FULL_ACCESS else step.key in node.policies
    _check(bool(is_there), f"{step.key} does not hang on {step.place}")
    _check(attached_count(node, kind) > TYPES[kind].attached_min, f"{step.key} is the last one")
    if step.key == FULL_ACCESS:
        return _put_node(now, step.place, replace(node, has_full_access=False))
    return _put_node(now, step.place, replace(node, policies=node.policies - {step.key}))


def _tag(now: Organization, step: do.Tag) -> Organization:
    return _retagged(now, step.thing, lambda tags: {**tags, **step.tags})


def _untag(now: Organization, step: do.Untag) -> Organization:
    return _retagged(now, step.thing, lambda tags: _cut(tags, step.keys))


def _cut(tags: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key not in keys}


def _retagged(
    now: Organization, thing: str | PolicyKey, change: Callable[[Any], dict[str, str]]
) -> Organization:
    if isinstance(thing, PolicyKey):
        known = _policy(now, thing)
        changed = replace(known, tags=change(known.tags))
        return replace(now, policies=_with(now.policies, thing, changed))
    node = _node(now, thing)
    return _put_node(now, thing, replace(node, tags=change(node.tags)))


def _register(now: Organization, step: do.Register) -> Organization:
    _check(step.service in (now.services or ()), f"{step.service} is not trusted")
    _check(step.key != MANAGEMENT, "the management account administers nothing")
    known = now.accounts[step.key].administers
    return _account(now, step.key, administers=known | {step.service})


def _deregister(now: Organization, step: do.Deregister) -> Organization:
    known = now.accounts[step.key].administers
    _check(step.service in known, f"{step.key} does not administer {step.service}")
    return _account(now, step.key, administers=known - {step.service})


def _put_resource_policy(now: Organization, step: do.PutResourcePolicy) -> Organization:
    return replace(now, resource_policy=step.content, has_resource_policy=True)


def _delete_resource_policy(now: Organization, _step: Any) -> Organization:
    _check(bool(now.has_resource_policy), "there is no resource policy")
    return replace(now, resource_policy="", has_resource_policy=False)


def _principals(now: Organization, key: str) -> Principals:
    _check(key in now.accounts, f"there is no {key}")
    return now.accounts[key].principals or Principals()


def _put_managed(now: Organization, account: str, policy: Managed) -> Organization:
    known = _principals(now, account)
    managed = _with(known.managed, policy.name, policy)
    return _account(now, account, principals=replace(known, managed=managed))


def _create_managed(now: Organization, step: do.CreateManaged) -> Organization:
    return _put_managed(now, step.account, step.policy)


def _update_managed(now: Organization, step: do.UpdateManaged) -> Organization:
    known = _principals(now, step.account).managed[step.policy.name]
    return _put_managed(now, step.account, replace(known, content=step.policy.content))


def _tag_managed(now: Organization, step: do.TagManaged) -> Organization:
    known = _principals(now, step.account).managed[step.policy.name]
    return _put_managed(now, step.account, replace(known, tags={**known.tags, **step.tags}))


def _untag_managed(now: Organization, step: do.UntagManaged) -> Organization:
    known = _principals(now, step.account).managed[step.policy.name]
    return _put_managed(now, step.account, replace(known, tags=_cut(known.tags, step.keys)))


def _put_entity(now: Organization, account: str, entity: Entity) -> Organization:
    known = _principals(now, account)
    entities: dict[EntityKey, Entity] = _with(known.entities, entity.key, entity)
    return _account(now, account, principals=replace(known, entities=entities))


def _create_entity(now: Organization, step: do.CreateEntity) -> Organization:
    _check(
        step.entity.key not in _principals(now, step.account).entities,
        f"there is a {step.entity.name}",
    )
    bare = replace(step.entity, inline={}, attached=frozenset(), groups=frozenset())
    return _put_entity(now, step.account, bare)


def _changed(
    now: Organization, who: do.Who, change: Callable[[Entity], Mapping[str, Any]]
) -> Organization:
    known = _principals(now, who.account).entities.get(who.key)
    if known is None:
        raise Impossible(f"there is no {who.kind} {who.name}")
    return _put_entity(now, who.account, replace(known, **change(known)))


def _of_entity(change: Callable[[Entity, Any], Mapping[str, Any]]) -> "Done":
    return lambda now, step: _changed(now, step.who, lambda known: change(known, step))


Done = Callable[[Organization, Any], Organization]
_DONE: Mapping[type[do.Step], Done] = {
    do.CreateOrganization: _create_organization,
    do.TrustService: _trust,
    do.DistrustService: _distrust,
    do.EnableType: _enable,
    do.DisableType: _disable,
    do.CreateUnit: _create_unit,
    do.DeleteUnit: _delete_unit,
    do.CreateAccount: _create_account,
    do.MoveAccount: _move,
    do.CloseAccount: _close,
    do.CreatePolicy: _create_policy,
    do.UpdatePolicy: _update_policy,
    do.DeletePolicy: _delete_policy,
    do.Attach: _attach,
    do.Detach: _detach,
    do.Tag: _tag,
    do.Untag: _untag,
    do.Register: _register,
    do.Deregister: _deregister,
    do.PutResourcePolicy: _put_resource_policy,
    do.DeleteResourcePolicy: _delete_resource_policy,
    do.CreateManaged: _create_managed,
    do.UpdateManaged: _update_managed,
    do.TagManaged: _tag_managed,
    do.UntagManaged: _untag_managed,
    do.CreateEntity: _create_entity,
    do.UpdateRole: _of_entity(
        lambda _, step: {
            "description": step.description,
            "max_session_seconds": step.max_session_seconds,
        }
    ),
    do.SetTrust: _of_entity(lambda _, step: {"trust": step.trust}),
    do.PutInline: _of_entity(
        lambda known, step: {"inline": _with(known.inline, step.policy, step.content)}
    ),
    do.DeleteInline: _of_entity(
        lambda known, step: {"inline": _without(known.inline, step.policy)}
    ),
    do.AttachManaged: _of_entity(
        lambda known, step: {"attached": known.attached | {step.reference}}
    ),
    do.DetachManaged: _of_entity(
        lambda known, step: {"attached": known.attached - {step.reference}}
    ),
    do.SetBoundary: _of_entity(lambda _, step: {"boundary": step.reference}),
    do.DeleteBoundary: _of_entity(lambda *_: {"boundary": ""}),
    do.JoinGroup: _of_entity(lambda known, step: {"groups": known.groups | {step.group}}),
    do.LeaveGroup: _of_entity(lambda known, step: {"groups": known.groups - {step.group}}),
    do.TagEntity: _of_entity(lambda known, step: {"tags": {**known.tags, **step.tags}}),
    do.UntagEntity: _of_entity(lambda known, step: {"tags": _cut(known.tags, step.keys)}),
}
