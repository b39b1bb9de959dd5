"""Find who gains or loses permissions by a plan: accounts by SCPs and RCPs, entities by IAM."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint import policy_texts
from daypass.blueprint.organization import (
    FULL_ACCESS,
    MANAGEMENT,
    Account,
    AccountIAM,
    Entity,
    Organization,
    paths_from_root,
)
from daypass.blueprint.plan import outcome
from daypass.blueprint.plan.probe_requests import (
    NamedDocument,
    PolicyLevels,
    ProbeDecision,
    ProbeRequest,
    decide_control_policies,
    decide_identity,
    probe_requests,
)
from daypass.blueprint.plan.steps import OrganizationPlan
from daypass.core.organizations.policies.policy_types import AWS_OWNED_POLICIES, RCP, SCP

_FULL = next(each.content for each in AWS_OWNED_POLICIES.values() if each.name == FULL_ACCESS.name)


@dataclass(frozen=True, slots=True)
class PermissionChange:
    """Actions gained or lost for one reason.

    `actions` are patterns; `on` is a resource pattern, and `where` a condition as JSON or empty.
    """

    gains: bool
    actions: tuple[str, ...]
    because: str = ""
    on: str = "*"
    where: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """The changes for an account, its resources, or an entity in it, named by `who`."""

    who: str
    changes: tuple[PermissionChange, ...]


def plan_effects(now: Organization, plan: OrganizationPlan) -> tuple[Effect, ...]:
    """Return what a plan changes for existing accounts and for all entities, new ones included."""
    then = outcome.apply_steps(now, plan.steps)
    found: list[Effect] = []
    for key, account in then.accounts.items():
        known = now.accounts.get(key)
        if known is not None and known.is_open and account.is_open and key != MANAGEMENT:
            found += _account_effects(now, then, known, account)
        if known is None or known.is_open:
            found += _entity_effects(known, account)
    return tuple(found)


def account_label(account: Account) -> str:
    """Return an account's name and id for people, or its e-mail address."""
    return f"{account.name} ({account.id})" if account.id else account.name or account.email


def _account_effects(
    now: Organization, then: Organization, known: Account, account: Account
) -> Iterator[Effect]:
    for kind, whose in ((SCP, ""), (RCP, "resources of ")):
        before, after = _policy_levels(now, known, kind), _policy_levels(then, account, kind)
        if _texts_by_level(before) == _texts_by_level(after):
            continue

        changes = _decision_changes(
            probe_requests(_level_texts(before) + _level_texts(after)),
            partial(decide_control_policies, before, is_rcp=kind == RCP),
            partial(decide_control_policies, after, is_rcp=kind == RCP),
        )
        if changes:
            yield Effect(whose + account_label(account), changes)


def _policy_levels(organization: Organization, account: Account, kind: str) -> PolicyLevels | None:
    """Return the policies of a type above an account and on it; None if the type is disabled."""
    if kind not in (organization.types or ()):
        return None
    places = [*paths_from_root(account.unit), ""]
    found = []
    for place in places:
        target = organization.target(place) if place else account.target
        if target is None:
            continue
        here = (
            [NamedDocument(FULL_ACCESS.name, _FULL)]
            if kind == SCP and target.has_full_access
            else []
        )
        for key in sorted(each for each in target.policies if each.type == kind):
            policy = (organization.policies or {}).get(key)
            here += [NamedDocument(key.name, policy.content)] if policy else []
        found.append((place or "the account", here))
    return found


def _level_texts(levels: PolicyLevels | None) -> list[str]:
    if levels is None:
        return []
    return [each.text for _, here in levels for each in here]


def _texts_by_level(levels: PolicyLevels | None) -> list[list[str]] | None:
    return None if levels is None else [[each.text for each in here] for _, here in levels]


def _decision_changes(
    asked: Iterable[ProbeRequest],
    before: Callable[[ProbeRequest], ProbeDecision],
    after: Callable[[ProbeRequest], ProbeDecision],
) -> tuple[PermissionChange, ...]:
    """Decide probes before and after, and return what differs, grouped by reason.

    A difference that a more general probe shows already is left out.
    """
    said: dict[ProbeRequest, tuple[bool, str]] = {}
    for probe in asked:
        was, is_ = before(probe), after(probe)
        if was.is_allowed == is_.is_allowed:
            continue
        gains = is_.is_allowed
        difference = (gains, (was if gains else is_).because or (is_ if gains else was).because)
        said[probe] = difference
    grouped: dict[tuple[bool, str, str, str], list[str]] = {}
    for probe, (gains, because) in said.items():
        if not _is_implied(probe, said, gains=gains):
            key = (gains, because, probe.resource, probe.condition)
            grouped.setdefault(key, []).append(probe.action)
    return tuple(
        PermissionChange(gains, tuple(sorted(actions)), because, resource, condition)
        for (gains, because, resource, condition), actions in grouped.items()
    )


def _is_implied(
    probe: ProbeRequest,
    said: dict[ProbeRequest, tuple[bool, str]],
    *,
    gains: bool,
) -> bool:
    return any(
        other != probe
        and is_gain is gains
        and other.condition in {"", probe.condition}
        and _pattern_covers(other.resource, probe.resource)
        and _pattern_covers(other.action.lower(), probe.action.lower())
        and (other.condition, other.resource, other.action.lower())
        != (probe.condition, probe.resource, probe.action.lower())
        for other, (is_gain, _) in said.items()
    )


def _pattern_covers(pattern: str, text: str) -> bool:
    return pattern == text or fnmatchcase(text, pattern.replace("[", "[[]"))


def _entity_effects(known: Account | None, account: Account) -> Iterator[Effect]:
    before = (known.iam if known else None) or AccountIAM()
    after = account.iam or AccountIAM()
    for key in sorted({*before.entities, *after.entities}):
        changes = (
            *_trust_changes(before.entities.get(key), after.entities.get(key)),
            *permission_changes(key, before, after),
        )
        if changes:
            yield Effect(f"{key.kind} {key.name} of {account_label(account)}", changes)


def _trust_changes(was: Entity | None, is_: Entity | None) -> Iterator[PermissionChange]:
    before, after = (set(_trusted_principals(each.trust)) if each else set() for each in (was, is_))
    for gains, names in ((True, after - before), (False, before - after)):
        for who in sorted(names):
            yield PermissionChange(gains, (f"being assumed by {who}",))


def _trusted_principals(text: str) -> Iterator[str]:
    for statement in policy_texts.parse_statements(text):
        principal = statement.get("Principal", {})
        if statement.get("Effect") != "Allow":
            continue
        found = principal if isinstance(principal, dict) else {"AWS": principal}
        condition = (
            " where " + json.dumps(statement["Condition"]) if "Condition" in statement else ""
        )
        for names in found.values():
            for each in names if isinstance(names, list) else [names]:
                yield f"{each}{condition}"


def permission_changes(
    key: EntityKey, before: AccountIAM, after: AccountIAM
) -> Iterator[PermissionChange]:
    """Yield what an entity's policies allow after a change and not before, and the reverse."""
    was, is_ = _entity_policies(key, before), _entity_policies(key, after)
    bounds = _entity_boundary(key, before), _entity_boundary(key, after)
    if was != is_ or bounds[0] != bounds[1]:
        texts = [each.text for each in (*was, *is_, *(bounds[0] or ()), *(bounds[1] or ()))]
        yield from _decision_changes(
            probe_requests(texts),
            lambda probe: decide_identity(was, bounds[0], probe),
            lambda probe: decide_identity(is_, bounds[1], probe),
        )
    old, new = _unread_policies(key, before), _unread_policies(key, after)
    for reference in sorted(new - old):
        yield PermissionChange(gains=True, actions=(f"what {reference} says",))
    for reference in sorted(old - new):
        yield PermissionChange(gains=False, actions=(f"what {reference} says",))


def _entity_policies(key: EntityKey, known: AccountIAM) -> tuple[NamedDocument, ...]:
    """Return the known documents of an entity: inline, customer managed, and its groups'."""
    entity = known.entities.get(key)
    if entity is None:
        return ()
    found = [NamedDocument(name, text) for name, text in sorted(entity.inline.items())]
    found += [
        NamedDocument(each.name, each.content)
        for each in known.managed.values()
        if each.reference in entity.attached
    ]
    for group in sorted(entity.groups):
        found += _entity_policies(EntityKey(EntityKind.GROUP, group), known)
    return tuple(found)


def _entity_boundary(key: EntityKey, known: AccountIAM) -> Sequence[NamedDocument] | None:
    entity = known.entities.get(key)
    if entity is None or not entity.boundary:
        return None
    at_hand = [each for each in known.managed.values() if each.reference == entity.boundary]
    return tuple(NamedDocument(each.name, each.content) for each in at_hand) if at_hand else None


def _unread_policies(key: EntityKey, known: AccountIAM) -> set[str]:
    """Return references of attached policies whose documents are not known."""
    entity = known.entities.get(key)
    own = {each.reference for each in known.managed.values()}
    return set(entity.attached) - own if entity else set()
