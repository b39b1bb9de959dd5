"""The outcome of each class in `iam_steps`: an account's IAM after the step, as values."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from daypass.aws.entities import EntityKey
from daypass.blueprint.organization import AccountIAM, CustomerManagedPolicy, Entity, Organization
from daypass.blueprint.plan import iam_steps
from daypass.blueprint.plan.changed_copies import (
    ImpossibleStep,
    require,
    with_account,
    with_entry,
    without_entry,
    without_keys,
)
from daypass.blueprint.plan.steps import PlanStep

StepOutcome = Callable[[Organization, Any], Organization]
"""Takes an organization and a step; returns the organization after the step."""


def _account_iam(now: Organization, key: str) -> AccountIAM:
    require(key in now.accounts, f"there is no {key}")
    return now.accounts[key].iam or AccountIAM()


def _put_managed(now: Organization, account: str, policy: CustomerManagedPolicy) -> Organization:
    known = _account_iam(now, account)
    managed = with_entry(known.managed, policy.name, policy)
    return with_account(now, account, iam=replace(known, managed=managed))


def _create_managed(now: Organization, step: iam_steps.CreateManaged) -> Organization:
    return _put_managed(now, step.account, step.policy)


def _update_managed(now: Organization, step: iam_steps.UpdateManaged) -> Organization:
    known = _account_iam(now, step.account).managed[step.policy.name]
    return _put_managed(now, step.account, replace(known, content=step.policy.content))


def _tag_managed(now: Organization, step: iam_steps.TagManaged) -> Organization:
    known = _account_iam(now, step.account).managed[step.policy.name]
    return _put_managed(now, step.account, replace(known, tags={**known.tags, **step.tags}))


def _untag_managed(now: Organization, step: iam_steps.UntagManaged) -> Organization:
    known = _account_iam(now, step.account).managed[step.policy.name]
    return _put_managed(now, step.account, replace(known, tags=without_keys(known.tags, step.keys)))


def _put_entity(now: Organization, account: str, entity: Entity) -> Organization:
    known = _account_iam(now, account)
    entities: dict[EntityKey, Entity] = with_entry(known.entities, entity.key, entity)
    return with_account(now, account, iam=replace(known, entities=entities))


def _create_entity(now: Organization, step: iam_steps.CreateEntity) -> Organization:
    require(
        step.entity.key not in _account_iam(now, step.account).entities,
        f"there is a {step.entity.name}",
    )
    bare = replace(step.entity, inline={}, attached=frozenset(), groups=frozenset())
    return _put_entity(now, step.account, bare)


def _with_changed_entity(
    now: Organization, who: iam_steps.AccountEntity, change: Callable[[Entity], Mapping[str, Any]]
) -> Organization:
    known = _account_iam(now, who.account).entities.get(who.key)
    if known is None:
        raise ImpossibleStep(f"there is no {who.kind} {who.name}")
    return _put_entity(now, who.account, replace(known, **change(known)))


def _entity_outcome(change: Callable[[Entity, Any], Mapping[str, Any]]) -> StepOutcome:
    return lambda now, step: _with_changed_entity(now, step.who, lambda known: change(known, step))


IAM_OUTCOMES: Mapping[type[PlanStep], StepOutcome] = {
    iam_steps.CreateManaged: _create_managed,
    iam_steps.UpdateManaged: _update_managed,
    iam_steps.TagManaged: _tag_managed,
    iam_steps.UntagManaged: _untag_managed,
    iam_steps.CreateEntity: _create_entity,
    iam_steps.UpdateRole: _entity_outcome(
        lambda _, step: {
            "description": step.description,
            "max_session_seconds": step.max_session_seconds,
        }
    ),
    iam_steps.SetTrust: _entity_outcome(lambda _, step: {"trust": step.trust}),
    iam_steps.PutInline: _entity_outcome(
        lambda known, step: {"inline": with_entry(known.inline, step.policy, step.content)}
    ),
    iam_steps.DeleteInline: _entity_outcome(
        lambda known, step: {"inline": without_entry(known.inline, step.policy)}
    ),
    iam_steps.AttachManaged: _entity_outcome(
        lambda known, step: {"attached": known.attached | {step.reference}}
    ),
    iam_steps.DetachManaged: _entity_outcome(
        lambda known, step: {"attached": known.attached - {step.reference}}
    ),
    iam_steps.SetBoundary: _entity_outcome(lambda _, step: {"boundary": step.reference}),
    iam_steps.DeleteBoundary: _entity_outcome(lambda *_: {"boundary": ""}),
    iam_steps.JoinGroup: _entity_outcome(
        lambda known, step: {"groups": known.groups | {step.group}}
    ),
    iam_steps.LeaveGroup: _entity_outcome(
        lambda known, step: {"groups": known.groups - {step.group}}
    ),
    iam_steps.TagEntity: _entity_outcome(lambda known, step: {"tags": {**known.tags, **step.tags}}),
    iam_steps.UntagEntity: _entity_outcome(
        lambda known, step: {"tags": without_keys(known.tags, step.keys)}
    ),
}
