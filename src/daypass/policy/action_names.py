"""Actions that do not exist: a mistyped name is in no policy, so every answer about it is no."""

import difflib
from collections.abc import Iterable
from functools import lru_cache

from daypass.policy.reference import IamdataReference

_CLOSE_ENOUGH = 0.7


@lru_cache(maxsize=1024)
def unknown_action(action: str) -> str:
    """Return why an action such as `s3:GetObject` is none of AWS's; empty if it is one.

    The text ends with the nearest name, if one is near.
    """
    service, _, name = action.partition(":")
    reference = IamdataReference()
    services = frozenset(reference.services())
    if service.lower() not in services:
        near = _nearest(service, services)
        is_there = near and name.lower() in map(str.lower, reference.actions(near))
        hint = f"; did you mean `{near}:{name}`?" if is_there else ""
        return f"there is no service `{service}`{hint}"
    names = list(reference.actions(service.lower()))
    if name.lower() in map(str.lower, names):
        return ""
    near = _nearest(name, names)
    hint = f"; did you mean `{service.lower()}:{near}`?" if near else ""
    return f"there is no action `{action}`{hint}"


def _nearest(name: str, names: Iterable[str]) -> str:
    by_lower = {each.lower(): each for each in names}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=_CLOSE_ENOUGH)
    return by_lower[found[0]] if found else ""
