"""The outcome of each class in `organization_steps`, by AWS's rules, as values."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from daypass.blueprint.organization import (
    FULL_ACCESS,
    MANAGEMENT,
    Account,
    AccountIAM,
    Organization,
    OrganizationPolicy,
    PolicyKey,
    PolicyTarget,
    parent_path,
)
from daypass.blueprint.plan import organization_steps
from daypass.blueprint.plan.changed_copies import (
    require,
    target_at,
    with_account,
    with_entry,
    with_target,
    without_entry,
    without_keys,
)
from daypass.blueprint.plan.steps import PlanStep
from daypass.core.organizations.policies.policy_types import POLICY_TYPES, RCP, SCP


def attached_count(target: PolicyTarget, kind: str) -> int:
    """Return how many policies of a type a target has, AWS's own included."""
    own = sum(1 for each in target.policies if each.type == kind)
    return own + (kind == RCP or (kind == SCP and bool(target.has_full_access)))


def _new_target(now: Organization) -> PolicyTarget:
    return PolicyTarget(has_full_access=True if SCP in (now.types or ()) else None)


def _create_organization(now: Organization, _step: Any) -> Organization:
    require(not now.exists, "there is an organization")
    mine = replace(now.accounts[MANAGEMENT], target=PolicyTarget(has_full_access=True))
    return Organization(
        root=PolicyTarget(has_full_access=True),
        units={},
        accounts={MANAGEMENT: mine},
        policies={},
        types=frozenset({SCP}),
        services=frozenset(),
        has_resource_policy=False,
    )


def _trust_service(now: Organization, step: organization_steps.TrustService) -> Organization:
    return replace(now, services=(now.services or frozenset()) | {step.service})


def _distrust_service(now: Organization, step: organization_steps.DistrustService) -> Organization:
    needed = any(POLICY_TYPES[each].service == step.service for each in now.types or ())
    require(not needed, f"a policy type needs {step.service}")
    accounts = {
        key: replace(each, administers=each.administers - {step.service})
        for key, each in now.accounts.items()
    }
    return replace(now, accounts=accounts, services=(now.services or frozenset()) - {step.service})


def _enable_type(now: Organization, step: organization_steps.EnableType) -> Organization:
    service = POLICY_TYPES[step.type].service
    require(step.type not in (now.types or ()), f"{step.type} is enabled")
    require(not service or service in (now.services or ()), f"{step.type} needs {service}")
    now = replace(now, types=(now.types or frozenset()) | {step.type})
    if step.type == SCP:
        for place, target in list(now.targets()):
            now = with_target(now, place, replace(target, has_full_access=True))
    return now


def _disable_type(now: Organization, step: organization_steps.DisableType) -> Organization:
    require(step.type in (now.types or ()), f"{step.type} is not enabled")
    for place, target in list(now.targets()):
        kept = frozenset(each for each in target.policies if each.type != step.type)
        full = None if step.type == SCP else target.has_full_access
        now = with_target(now, place, replace(target, policies=kept, has_full_access=full))
    return replace(now, types=(now.types or frozenset()) - {step.type})


def _create_unit(now: Organization, step: organization_steps.CreateUnit) -> Organization:
    target_at(now, parent_path(step.path))
    require(step.path not in (now.units or ()), f"there is a {step.path}")
    target = replace(_new_target(now), tags=dict(step.tags))
    return replace(now, units=with_entry(now.units, step.path, target))


def _delete_unit(now: Organization, step: organization_steps.DeleteUnit) -> Organization:
    target_at(now, step.path)
    used = any(each.unit == step.path for each in now.accounts.values())
    used = used or any(parent_path(each) == step.path for each in now.units or ())
    require(not used, f"{step.path} is not empty")
    return replace(now, units=without_entry(now.units, step.path))


def _create_account(now: Organization, step: organization_steps.CreateAccount) -> Organization:
    require(step.key not in now.accounts, f"there is a {step.key}")
    target = replace(_new_target(now), tags=dict(step.account.target.tags))
    made = Account(
        email=step.account.email,
        name=step.account.name,
        target=target,
        access_role=step.account.access_role,
        iam=AccountIAM(),
    )
    return replace(now, accounts=with_entry(now.accounts, step.key, made))


def _move_account(now: Organization, step: organization_steps.MoveAccount) -> Organization:
    target_at(now, step.destination)
    require(now.accounts[step.key].unit == step.source, f"{step.key} is not in {step.source}")
    return with_account(now, step.key, unit=step.destination)


def _close_account(now: Organization, step: organization_steps.CloseAccount) -> Organization:
    require(step.key != MANAGEMENT and now.accounts[step.key].is_open, f"{step.key} stays")
    return with_account(now, step.key, is_open=False)


def _create_policy(now: Organization, step: organization_steps.CreatePolicy) -> Organization:
    require(step.policy.key not in (now.policies or ()), f"there is a {step.policy.key}")
    return replace(now, policies=with_entry(now.policies, step.policy.key, step.policy))


def _existing_policy(now: Organization, key: PolicyKey) -> OrganizationPolicy:
    require(key in (now.policies or {}), f"there is no {key}")
    return (now.policies or {})[key]


def _update_policy(now: Organization, step: organization_steps.UpdatePolicy) -> Organization:
    known = _existing_policy(now, step.policy.key)
    changed = replace(step.policy, tags=known.tags)
    return replace(now, policies=with_entry(now.policies, known.key, changed))


def _delete_policy(now: Organization, step: organization_steps.DeletePolicy) -> Organization:
    _existing_policy(now, step.key)
    require(
        not any(step.key in target.policies for _, target in now.targets()), f"{step.key} is in use"
    )
    return replace(now, policies=without_entry(now.policies, step.key))


def _attach(now: Organization, step: organization_steps.Attach) -> Organization:
    target, kind = target_at(now, step.place), step.key.type
    require(kind in (now.types or ()), f"{kind} is not enabled")
    require(
        attached_count(target, kind) < POLICY_TYPES[kind].attached_max,
        f"{step.place} is full of {kind}",
    )
    if step.key == FULL_ACCESS:
        require(not target.has_full_access, f"{step.key} is attached to {step.place} already")
        return with_target(now, step.place, replace(target, has_full_access=True))
    _existing_policy(now, step.key)
    require(step.key not in target.policies, f"{step.key} is attached to {step.place} already")
    return with_target(now, step.place, replace(target, policies=target.policies | {step.key}))


def _detach(now: Organization, step: organization_steps.Detach) -> Organization:
    target, kind = target_at(now, step.place), step.key.type
    is_there = target.has_full_access if step.key == FULL_ACCESS else step.key in target.policies
    require(bool(is_there), f"{step.key} is not attached to {step.place}")
    require(
        attached_count(target, kind) > POLICY_TYPES[kind].attached_min,
        f"{step.key} is the last one",
    )
    if step.key == FULL_ACCESS:
        return with_target(now, step.place, replace(target, has_full_access=False))
    return with_target(now, step.place, replace(target, policies=target.policies - {step.key}))


def _tag(now: Organization, step: organization_steps.Tag) -> Organization:
    return _with_tags(now, step.thing, lambda tags: {**tags, **step.tags})


def _untag(now: Organization, step: organization_steps.Untag) -> Organization:
    return _with_tags(now, step.thing, lambda tags: without_keys(tags, step.keys))


def _with_tags(
    now: Organization, thing: str | PolicyKey, change: Callable[[Any], dict[str, str]]
) -> Organization:
    if isinstance(thing, PolicyKey):
        known = _existing_policy(now, thing)
        changed = replace(known, tags=change(known.tags))
        return replace(now, policies=with_entry(now.policies, thing, changed))
    target = target_at(now, thing)
    return with_target(now, thing, replace(target, tags=change(target.tags)))


def _register(now: Organization, step: organization_steps.Register) -> Organization:
    require(step.service in (now.services or ()), f"{step.service} is not trusted")
    require(step.key != MANAGEMENT, "the management account administers nothing")
    known = now.accounts[step.key].administers
    return with_account(now, step.key, administers=known | {step.service})


def _deregister(now: Organization, step: organization_steps.Deregister) -> Organization:
    known = now.accounts[step.key].administers
    require(step.service in known, f"{step.key} does not administer {step.service}")
    return with_account(now, step.key, administers=known - {step.service})


def _put_resource_policy(
    now: Organization, step: organization_steps.PutResourcePolicy
) -> Organization:
    return replace(now, resource_policy=step.content, has_resource_policy=True)


def _delete_resource_policy(now: Organization, _step: Any) -> Organization:
    require(bool(now.has_resource_policy), "there is no resource policy")
    return replace(now, resource_policy="", has_resource_policy=False)


ORGANIZATION_OUTCOMES: Mapping[type[PlanStep], Callable[[Organization, Any], Organization]] = {
    organization_steps.CreateOrganization: _create_organization,
    organization_steps.TrustService: _trust_service,
    organization_steps.DistrustService: _distrust_service,
    organization_steps.EnableType: _enable_type,
    organization_steps.DisableType: _disable_type,
    organization_steps.CreateUnit: _create_unit,
    organization_steps.DeleteUnit: _delete_unit,
    organization_steps.CreateAccount: _create_account,
    organization_steps.MoveAccount: _move_account,
    organization_steps.CloseAccount: _close_account,
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
