"""Copies of an organization with one value changed, for the outcome of a step."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from daypass.blueprint.organization import ROOT, Organization, PolicyTarget, is_path

Key = TypeVar("Key")
Value = TypeVar("Value")


class ImpossibleStep(Exception):
    """A step that AWS's rules would refuse."""


def require(condition: bool, why: str) -> None:  # noqa: FBT001 - the caller shows the condition
    """Raise `ImpossibleStep` with a reason unless a condition holds."""
    if not condition:
        raise ImpossibleStep(why)


def with_entry(table: Mapping[Key, Value] | None, key: Key, value: Value) -> dict[Key, Value]:
    """Return a table with one entry added or replaced."""
    return {**(table or {}), key: value}


def without_entry(table: Mapping[Key, Value] | None, key: Key) -> dict[Key, Value]:
    """Return a table without one entry."""
    return {each: value for each, value in (table or {}).items() if each != key}


def without_keys(tags: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """Return tags without those of some keys."""
    return {key: value for key, value in tags.items() if key not in keys}


def target_at(now: Organization, place: str) -> PolicyTarget:
    """Return the tags and attached policies of the root, a unit or an account.

    Raises `ImpossibleStep` if it does not exist.
    """
    found = now.target(place)
    if found is None:
        raise ImpossibleStep(f"there is no {place}")
    return found


def with_target(now: Organization, place: str, target: PolicyTarget) -> Organization:
    """Return an organization with the tags and attached policies of one place replaced."""
    if place == ROOT:
        return replace(now, root=target)
    if is_path(place):
        return replace(now, units=with_entry(now.units, place, target))
    return replace(
        now, accounts=with_entry(now.accounts, place, replace(now.accounts[place], target=target))
    )


def with_account(now: Organization, key: str, **changes: Any) -> Organization:
    """Return an organization with fields of an account changed; raises `ImpossibleStep`."""
    require(key in now.accounts, f"there is no {key}")
    changed = replace(now.accounts[key], **changes)
    return replace(now, accounts=with_entry(now.accounts, key, changed))
