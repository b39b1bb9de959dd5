"""The reference as one run of lint asks it: each thing once, and with a bound on all comparisons of a document.

A document comes from anybody. Whatever has no shorter way than to compare pairs is counted here, and given up when there have been
too many: a warning is lost then, and the run says so.
"""

from collections.abc import Collection, Iterable, Mapping

from daypass.core.policy.checks import finding_paths
from daypass.core.policy.checks.reference import AuthorizationReference

COMPARISONS_MAX = 50_000
"""Steps of comparing pairs in one document, some microseconds each; ours. The policies that come with Daypass take 400 at most."""
SUGGESTIONS_MAX = 20
"""How many unknown names of a document get a nearest known one; ours: each takes milliseconds to find."""


class CachedReference:
    """A reference with a memory, for one document."""

    def __init__(self, reference: AuthorizationReference) -> None:
        self._reference = reference
        self._services: frozenset[str] | None = None
        self._actions: dict[str, Mapping[str, str]] = {}
        self._many: dict[str, bool | None] = {}
        self._formats: dict[tuple[str, str], list[str] | None] = {}
        self._suggestions = SUGGESTIONS_MAX
        self.comparisons = 0

    @property
    def is_exhausted(self) -> bool:
        """Say whether something was not compared."""
        return self.comparisons > COMPARISONS_MAX

    def may_compare(self, comparisons: int = 1) -> bool:
        """Count a comparison, and say whether it may be made."""
        self.comparisons += 0 if self.is_exhausted else comparisons
        return not self.is_exhausted

    def services(self) -> Collection[str]:
        """Return the prefixes of all services."""
        if self._services is None:
            self._services = frozenset(self._reference.services())
        return self._services

    def actions(self, service: str) -> Mapping[str, str]:
        """Return the names of a service's actions by their lower case, in the order of that."""
        if service not in self._actions:
            listed = {name.lower(): name for name in self._reference.actions(service)}
            self._actions[service] = dict(sorted(listed.items()))
        return self._actions[service]

    def is_multivalued(self, key: str) -> bool | None:
        """Say whether a key holds a list; None for a key that is not known."""
        if key not in self._many:
            self._many[key] = self._reference.is_multivalued(key)
        return self._many[key]

    def resource_arn_formats(self, service: str, action: str) -> list[str] | None:
        """Return the ARNs of what an action acts on; None for an unknown action."""
        named = (service, action.lower())
        if named not in self._formats:
            self._formats[named] = self._reference.resource_arn_formats(service, action)
        return self._formats[named]

    def suggest_key(self, service: str, key: str) -> str:
        """Return `; did you mean …?` with the nearest condition key."""
        return (
            self.suggest(key, self._reference.condition_keys(service)) if self._suggestions else ""
        )

    def suggest(self, name: str, known: Iterable[str], *, before: str = "") -> str:
        """Return `; did you mean …?` with the nearest of the known names, empty where none is near."""
        if not self._suggestions:
            return ""
        self._suggestions -= 1
        return finding_paths.suggest_name(name, known, before=before)
