"""The reference of AWS's services during one run of lint: cached, with a bound on comparisons.

Anybody may submit a document. Every comparison of pairs that has no shorter way is counted here and
ends at a bound: then warnings are lost, and a finding says so.
"""

import difflib
from collections.abc import Collection, Iterable, Mapping

from daypass.core.policy.checks.reference import AuthorizationReference

COMPARISONS_MAX = 50_000
"""Steps of comparing pairs in one document, some microseconds each; ours.

The policies that come with Daypass take at most 400.
"""
SUGGESTIONS_MAX = 20
"""How many unknown names of a document get a suggestion; ours.

Each takes milliseconds to find.
"""


class CachedReference:
    """A cache of an `AuthorizationReference` for one document."""

    def __init__(self, reference: AuthorizationReference) -> None:
        self._reference = reference
        self._services: frozenset[str] | None = None
        self._actions: dict[str, Mapping[str, str]] = {}
        self._multivalued: dict[str, bool | None] = {}
        self._formats: dict[tuple[str, str], list[str] | None] = {}
        self._types: dict[str, str] = {}
        self._resource_services: dict[str, frozenset[str]] = {}
        self._has_key: dict[tuple[str, str, str], bool | None] = {}
        self._suggestions = SUGGESTIONS_MAX
        self.comparisons = 0

    @property
    def is_exhausted(self) -> bool:
        """Return whether the bound was exceeded, so that something was not compared."""
        return self.comparisons > COMPARISONS_MAX

    def may_compare(self, comparisons: int = 1) -> bool:
        """Count a comparison of so many steps; return whether it is within the bound."""
        self.comparisons += 0 if self.is_exhausted else comparisons
        return not self.is_exhausted

    def services(self) -> Collection[str]:
        """Return the prefixes of all services."""
        if self._services is None:
            self._services = frozenset(self._reference.services())
        return self._services

    def actions(self, service: str) -> Mapping[str, str]:
        """Return the names of a service's actions by their lower case, sorted."""
        if service not in self._actions:
            listed = {name.lower(): name for name in self._reference.actions(service)}
            self._actions[service] = dict(sorted(listed.items()))
        return self._actions[service]

    def is_multivalued(self, key: str) -> bool | None:
        """Return whether a condition key has a list of values; None for an unknown key."""
        if key not in self._multivalued:
            self._multivalued[key] = self._reference.is_multivalued(key)
        return self._multivalued[key]

    def resource_arn_formats(self, service: str, action: str) -> list[str] | None:
        """Return the ARN formats of the resources of an action; None for an unknown action."""
        action_key = (service, action.lower())
        if action_key not in self._formats:
            self._formats[action_key] = self._reference.resource_arn_formats(service, action)
        return self._formats[action_key]

    def key_type(self, key: str) -> str:
        """Return what a condition key's values are, such as `string`; empty for an unknown key."""
        if key not in self._types:
            self._types[key] = self._reference.key_type(key)
        return self._types[key]

    def resource_services(self, service: str) -> frozenset[str]:
        """Return the services whose resources the actions of a service act on."""
        if service not in self._resource_services:
            self._resource_services[service] = frozenset(
                text.split(":")[2]
                for name in self.actions(service)
                for text in self.resource_arn_formats(service, name) or ()
            )
        return self._resource_services[service]

    def has_condition_key(self, service: str, action: str, key: str) -> bool | None:
        """Return whether requests for an action may have a condition key; None if not known."""
        asked = (service, action.lower(), key.lower())
        if asked not in self._has_key:
            self._has_key[asked] = self._reference.has_condition_key(*asked)
        return self._has_key[asked]

    def is_key_of_some_action(self, service: str, key: str) -> bool:
        """Return whether any action of a service has a condition key, as far as is known."""
        return any(self.has_condition_key(service, name, key) for name in self.actions(service))

    def suggest_key(self, service: str, key: str) -> str:
        """Return `; did you mean …?` with the nearest condition key; empty if none is near."""
        return (
            self.suggest(key, self._reference.condition_keys(service)) if self._suggestions else ""
        )

    def suggest(self, name: str, names: Iterable[str], *, prefix: str = "") -> str:
        """Return `; did you mean …?` with the nearest name; empty if none is near.

        Also empty once `SUGGESTIONS_MAX` suggestions were made.
        """
        if not self._suggestions:
            return ""
        self._suggestions -= 1
        return _suggest_name(name, names, prefix=prefix)


def _suggest_name(name: str, names: Iterable[str], *, prefix: str = "") -> str:
    """Return `; did you mean …?` with the nearest name, in any case; empty if none is near."""
    by_lower = {each.lower(): each for each in names}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    return f"; did you mean `{prefix}{by_lower[found[0]]}`?" if found else ""
