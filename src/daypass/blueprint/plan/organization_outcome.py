"""What becomes of an organization by each of the `organization_steps`, by AWS's rules."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from daypass.blueprint.organization import (
    FULL_ACCESS,
    MANAGEMENT,
    Account,
    Node,
    Organization,
    Policy,
    PolicyKey,
    Principals,
    parent,
)
from daypass.blueprint.plan import organization_steps
from daypass.blueprint.plan.copies import (
    check,
    node_at,
    with_account,
    with_entry,
    with_node,
    without_entry,
    without_keys,
)
from daypass.blueprint.plan.steps import Step
from daypass.core.organizations.policies.policy_types import POLICY_TYPES, RCP, SCP


def attached_count(node: Node, kind: str) -> int:
    """Count the policies of a type that are attached to a node, AWS's own included."""
    own = sum(1 for each in node.policies if each.type == kind)
    return own + (kind == RCP or (kind == SCP and bool(node.has_full_access)))


def _fresh(now: Organization) -> Node:
    return Node(has_full_access=True if SCP in (now.types or ()) else None)


def _create_organization(now: Organization, _step: Any) -> Organization:
    check(not now.exists, "there is an organization")
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


def _trust(now: Organization, step: organization_steps.TrustService) -> Organization:
    return replace(now, services=(now.services or frozenset()) | {step.service})


def _distrust(now: Organization, step: organization_steps.DistrustService) -> Organization:
    needed = any(POLICY_TYPES[each].service == step.service for each in now.types or ())
    check(not needed, f"a policy type needs {step.service}")
    accounts = {
        key: replace(each, administers=each.administers - {step.service})
        for key, each in now.accounts.items()
    }
    return replace(now, accounts=accounts, services=(now.services or frozenset()) - {step.service})


def _enable(now: Organization, step: organization_steps.EnableType) -> Organization:
    service = POLICY_TYPES[step.type].service
    check(step.type not in (now.types or ()), f"{step.type} is enabled")
    check(not service or service in (now.services or ()), f"{step.type} needs {service}")
    now = replace(now, types=(now.types or frozenset()) | {step.type})
    if step.type == SCP:
        for place, node in list(now.nodes()):
            now = with_node(now, place, replace(node, has_full_access=True))
    return now


def _disable(now: Organization, step: organization_steps.DisableType) -> Organization:
    check(step.type in (now.types or ()), f"{step.type} is not enabled")
    for place, node in list(now.nodes()):
        kept = frozenset(each for each in node.policies if each.type != step.type)
        full = None if step.type == SCP else node.has_full_access
        now = with_node(now, place, replace(node, policies=kept, has_full_access=full))
    return replace(now, types=(now.types or frozenset()) - {step.type})


def _create_unit(now: Organization, step: organization_steps.CreateUnit) -> Organization:
    node_at(now, parent(step.path))
    check(step.path not in (now.units or ()), f"there is a {step.path}")
    node = replace(_fresh(now), tags=dict(step.tags))
    return replace(now, units=with_entry(now.units, step.path, node))


def _delete_unit(now: Organization, step: organization_steps.DeleteUnit) -> Organization:
    node_at(now, step.path)
    used = any(each.unit == step.path for each in now.accounts.values())
    used = used or any(parent(each) == step.path for each in now.units or ())
    check(not used, f"{step.path} is not empty")
    return replace(now, units=without_entry(now.units, step.path))


def _create_account(now: Organization, step: organization_steps.CreateAccount) -> Organization:
    check(step.key not in now.accounts, f"there is a {step.key}")
    node = replace(_fresh(now), tags=dict(step.account.node.tags))
    made = Account(
        email=step.account.email,
        name=step.account.name,
        node=node,
        access_role=step.account.access_role,
        principals=Principals(),
    )
    return replace(now, accounts=with_entry(now.accounts, step.key, made))


def _move(now: Organization, step: organization_steps.MoveAccount) -> Organization:
    node_at(now, step.destination)
    check(now.accounts[step.key].unit == step.source, f"{step.key} is not in {step.source}")
    return with_account(now, step.key, unit=step.destination)


def _close(now: Organization, step: organization_steps.CloseAccount) -> Organization:
    check(step.key != MANAGEMENT and now.accounts[step.key].is_open, f"{step.key} stays")
    return with_account(now, step.key, is_open=False)


def _create_policy(now: Organization, step: organization_steps.CreatePolicy) -> Organization:
    check(step.policy.key not in (now.policies or ()), f"there is a {step.policy.key}")
    return replace(now, policies=with_entry(now.policies, step.policy.key, step.policy))


def _policy(now: Organization, key: PolicyKey) -> Policy:
    check(key in (now.policies or {}), f"there is no {key}")
    return (now.policies or {})[key]


def _update_policy(now: Organization, step: organization_steps.UpdatePolicy) -> Organization:
    known = _policy(now, step.policy.key)
    changed = replace(step.policy, tags=known.tags)
    return replace(now, policies=with_entry(now.policies, known.key, changed))


def _delete_policy(now: Organization, step: organization_steps.DeletePolicy) -> Organization:
    _policy(now, step.key)
    check(not any(step.key in node.policies for _, node in now.nodes()), f"{step.key} is in use")
    return replace(now, policies=without_entry(now.policies, step.key))


def _attach(now: Organization, step: organization_steps.Attach) -> Organization:
    node, kind = node_at(now, step.place), step.key.type
    check(kind in (now.types or ()), f"{kind} is not enabled")
    check(
        attached_count(node, kind) < POLICY_TYPES[kind].attached_max,
        f"{step.place} is full of {kind}",
    )
    if step.key == FULL_ACCESS:
        check(not node.has_full_access, f"{step.key} hangs on {step.place}")
        return with_node(now, step.place, replace(node, has_full_access=True))
    _policy(now, step.key)
    check(step.key not in node.policies, f"{step.key} hangs on {step.place}")
    return with_node(now, step.place, replace(node, policies=node.policies | {step.key}))


def _detach(now: Organization, step: organization_steps.Detach) -> Organization:
    node, kind = node_at(now, step.place), step.key.type
    is_there = node.has_full_access if step.key == FULL_ACCESS else step.key in node.policies
    check(bool(is_there), f"{step.key} does not hang on {step.place}")
    check(
        attached_count(node, kind) > POLICY_TYPES[kind].attached_min, f"{step.key} is the last one"
    )
    if step.key == FULL_ACCESS:
        return with_node(now, step.place, replace(node, has_full_access=False))
    return with_node(now, step.place, replace(node, policies=node.policies - {step.key}))


def _tag(now: Organization, step: organization_steps.Tag) -> Organization:
    return _retagged(now, step.thing, lambda tags: {**tags, **step.tags})


def _untag(now: Organization, step: organization_steps.Untag) -> Organization:
    return _retagged(now, step.thing, lambda tags: without_keys(tags, step.keys))


def _retagged(
    now: Organization, thing: str | PolicyKey, change: Callable[[Any], dict[str, str]]
) -> Organization:
    if isinstance(thing, PolicyKey):
        known = _policy(now, thing)
        changed = replace(known, tags=change(known.tags))
        return replace(now, policies=with_entry(now.policies, thing, changed))
    node = node_at(now, thing)
    return with_node(now, thing, replace(node, tags=change(node.tags)))


def _register(now: Organization, step: organization_steps.Register) -> Organization:
    check(step.service in (now.services or ()), f"{step.service} is not trusted")
    check(step.key != MANAGEMENT, "the management account administers nothing")
    known = now.accounts[step.key].administers
    return with_account(now, step.key, administers=known | {step.service})


def _deregister(now: Organization, step: organization_steps.Deregister) -> Organization:
    known = now.accounts[step.key].administers
    check(step.service in known, f"{step.key} does not administer {step.service}")
    return with_account(now, step.key, administers=known - {step.service})


def _put_resource_policy(
    now: Organization, step: organization_steps.PutResourcePolicy
) -> Organization:
    return replace(now, resource_policy=step.content, has_resource_policy=True)


def _delete_resource_policy(now: Organization, _step: Any) -> Organization:
    check(bool(now.has_resource_policy), "there is no resource policy")
    return replace(now, resource_policy="", has_resource_policy=False)


ORGANIZATION: Mapping[type[Step], Callable[[Organization, Any], Organization]] = {
    organization_steps.CreateOrganization: _create_organization,
    organization_steps.TrustService: _trust,
    organization_steps.DistrustService: _distrust,
    organization_steps.EnableType: _enable,
    organization_steps.DisableType: _disable,
    organization_steps.CreateUnit: _create_unit,
    organization_steps.DeleteUnit: _delete_unit,
    organization_steps.CreateAccount: _create_account,
    organization_steps.MoveAccount: _move,
    organization_steps.CloseAccount: _close,
    organization_steps.CreatePolicy: _create_policy,
    organization_steps.UpdatePolicy: _update_policy,
    organization_steps.DeletePolicy: _delete_policy,
    organization_steps.Attach: _attach,
    organization_steps.Detach: _detach,
    organization_steps.Tag: _tag,
    organization_steps.Untag: _untag,
    organization_steps.Register: _register,
    organization_steps.Deregister: _deregister,
    organization_steps.PutResourcePolicy: _put_resource_policy,
    organization_steps.DeleteResourcePolicy: _delete_resource_policy,
}
