"""Who gains or loses what by a plan: each account under its ceilings, and each role and user by its own policies."""

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
    Entity,
    Organization,
    Principals,
    line,
)
from daypass.blueprint.plan import outcome
from daypass.blueprint.plan.probe_requests import (
    Answer,
    Levels,
    Named,
    Probe,
    as_identity,
    probes,
    under_ceilings,
)
from daypass.blueprint.plan.steps import Plan
from daypass.core.organizations.policies.policy_types import AWS_OWNED_POLICIES, RCP, SCP

_FULL = next(each.content for each in AWS_OWNED_POLICIES.values() if each.name == FULL_ACCESS.name)


@dataclass(frozen=True, slots=True)
class Change:
    """What is gained or lost for one reason; `actions` are patterns, `on` and `where` narrow them."""

    gains: bool
    actions: tuple[str, ...]
    because: str = ""
    on: str = "*"
    where: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """Whom it concerns: an account, its resources, or somebody in it; and what changes for them."""

    who: str
    changes: tuple[Change, ...]


def effects(now: Organization, plan: Plan) -> tuple[Effect, ...]:
    """Say what a plan changes for everybody who is there; an account that is made with it has nobody yet but its roles."""
    then = outcome.after(now, plan.steps)
    found: list[Effect] = []
    for key, account in then.accounts.items():
        known = now.accounts.get(key)
        if known is not None and known.is_open and account.is_open and key != MANAGEMENT:
            found += _ceilings(now, then, known, account)
        if known is None or known.is_open:
            found += _entities(known, account)
    return tuple(found)


def named(account: Account) -> str:
    """Call an account so that a person knows which one it is."""
    return f"{account.name} ({account.id})" if account.id else account.name or account.email


def _ceilings(
    now: Organization, then: Organization, known: Account, account: Account
) -> Iterator[Effect]:
    for kind, whose in ((SCP, ""), (RCP, "resources of ")):
        before, after = _levels(now, known, kind), _levels(then, account, kind)
        if _by_level(before) == _by_level(after):
            continue

        changes = _changes(
            probes(_texts(before) + _texts(after)),
            partial(under_ceilings, before, is_rcp=kind == RCP),
            partial(under_ceilings, after, is_rcp=kind == RCP),
        )
        if changes:
            yield Effect(whose + named(account), changes)


def _levels(organization: Organization, account: Account, kind: str) -> Levels | None:
    """Return the policies of a type above an account and on it. None: the type is off."""
    if kind not in (organization.types or ()):
        return None
    places = [*line(account.unit), ""]
    found = []
    for place in places:
        node = organization.node(place) if place else account.node
        if node is None:
            continue
        here = [Named(FULL_ACCESS.name, _FULL)] if kind == SCP and node.has_full_access else []
        for key in sorted(each for each in node.policies if each.type == kind):
            policy = (organization.policies or {}).get(key)
            here += [Named(key.name, policy.content)] if policy else []
        found.append((place or "the account", here))
    return found


def _texts(levels: Levels | None) -> list[str]:
    if levels is None:
        return []
    return [each.text for _, here in levels for each in here]


def _by_level(levels: Levels | None) -> list[list[str]] | None:
    return None if levels is None else [[each.text for each in here] for _, here in levels]


def _changes(
    asked: Iterable[Probe], before: Callable[[Probe], Answer], after: Callable[[Probe], Answer]
) -> tuple[Change, ...]:
    """Ask both sides, and gather what differs by its reason; what a more general question has said is not said again."""
    said: dict[Probe, tuple[bool, str]] = {}
    for probe in asked:
        was, is_ = before(probe), after(probe)
        if was.is_allowed == is_.is_allowed:
            continue
        gains = is_.is_allowed
        difference = (gains, (was if gains else is_).because or (is_ if gains else was).because)
        said[probe] = difference
    grouped: dict[tuple[bool, str, str, str], list[str]] = {}
    for probe, (gains, because) in said.items():
        if not _is_implied(probe, gains, said):
            key = (gains, because, probe.resource, probe.condition)
            grouped.setdefault(key, []).append(probe.action)
    return tuple(
        Change(gains, tuple(sorted(actions)), because, resource, condition)
        for (gains, because, resource, condition), actions in grouped.items()
    )


def _is_implied(probe: Probe, gains: bool, said: dict[Probe, tuple[bool, str]]) -> bool:  # noqa: FBT001 - what was said
    return any(
        other != probe
        and is_gain is gains
        and other.condition in {"", probe.condition}
        and _covers(other.resource, probe.resource)
        and _covers(other.action.lower(), probe.action.lower())
        and (other.condition, other.resource, other.action.lower())
        != (probe.condition, probe.resource, probe.action.lower())
        for other, (is_gain, _) in said.items()
    )


def _covers(pattern: str, text: str) -> bool:
    return pattern == text or fnmatchcase(text, pattern.replace("[", "[[]"))


def _entities(known: Account | None, account: Account) -> Iterator[Effect]:
    before = (known.principals if known else None) or Principals()
    after = account.principals or Principals()
    for key in sorted({*before.entities, *after.entities}):
        changes = (
            *_trust(before.entities.get(key), after.entities.get(key)),
            *_permissions(key, before, after),
        )
        if changes:
            yield Effect(f"{key.kind} {key.name} of {named(account)}", changes)


def _trust(was: Entity | None, is_: Entity | None) -> Iterator[Change]:
    before, after = (set(_trusted(each.trust)) if each else set() for each in (was, is_))
    for gains, names in ((True, after - before), (False, before - after)):
        for who in sorted(names):
            yield Change(gains, (f"being assumed by {who}",))


def _trusted(text: str) -> Iterator[str]:
    for statement in policy_texts.statements(text):
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


def _permissions(key: EntityKey, before: Principals, after: Principals) -> Iterator[Change]:
    was, is_ = _policies(key, before), _policies(key, after)
    bounds = _boundary(key, before), _boundary(key, after)
    if was != is_ or bounds[0] != bounds[1]:
        texts = [each.text for each in (*was, *is_, *(bounds[0] or ()), *(bounds[1] or ()))]
        yield from _changes(
            probes(texts),
            lambda probe: as_identity(was, bounds[0], probe),
            lambda probe: as_identity(is_, bounds[1], probe),
        )
    old, new = _elsewhere(key, before), _elsewhere(key, after)
    for reference in sorted(new - old):
        yield Change(gains=True, actions=(f"what {reference} says",))
    for reference in sorted(old - new):
        yield Change(gains=False, actions=(f"what {reference} says",))


def _policies(key: EntityKey, known: Principals) -> tuple[Named, ...]:
    """Return the known documents of an entity: its own, the account's, and its groups'."""
    entity = known.entities.get(key)
    if entity is None:
        return ()
    found = [Named(name, text) for name, text in sorted(entity.inline.items())]
    found += [
        Named(each.name, each.content)
        for each in known.managed.values()
        if each.reference in entity.attached
    ]
    for group in sorted(entity.groups):
        found += _policies(EntityKey(EntityKind.GROUP, group), known)
    return tuple(found)


def _boundary(key: EntityKey, known: Principals) -> Sequence[Named] | None:
    entity = known.entities.get(key)
    if entity is None or not entity.boundary:
        return None
    at_hand = [each for each in known.managed.values() if each.reference == entity.boundary]
    return tuple(Named(each.name, each.content) for each in at_hand) if at_hand else None


def _elsewhere(key: EntityKey, known: Principals) -> set[str]:
    """Return the managed policies whose text is not at hand."""
    entity = known.entities.get(key)
    own = {each.reference for each in known.managed.values()}
    return set(entity.attached) - own if entity else set()
