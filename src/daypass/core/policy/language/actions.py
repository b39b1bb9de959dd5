"""Action and NotAction: a service's literal prefix, and a pattern for the name; case means nothing.

Source: IAM user guide, "IAM JSON policy elements: Action".
"""

from collections.abc import Iterable

from daypass.core.policy.language.globs import Matcher
from daypass.core.policy.language.match import compile_wildcards

ANY_SERVICE = ""
"""The prefix under which `*` alone is kept: it is every service's."""

_WILDCARDS = frozenset("*?")


def service_prefix(text: str) -> str | None:
    """Return the service an entry speaks of, in lower case, or `ANY_SERVICE`.

    None for an entry that can never match: not ASCII, no service or no name, a space in it, a wildcard in the service.
    """
    if text == "*":
        return ANY_SERVICE
    service, _, name = text.partition(":")
    is_read = text.isascii() and service and name and not _WILDCARDS & set(service)
    return service.lower() if is_read and not any(map(str.isspace, name)) else None


def _name_matcher(pattern: str) -> Matcher:
    """Return what matches names against a pattern; a long one is read when a name comes that is long enough for it."""
    if len(pattern) <= USUAL_NAME_CHARACTERS:
        return compile_wildcards(pattern)
    least = len(pattern) - pattern.count("*")
    return lambda name: len(name) >= least and compile_wildcards(pattern)(name)


USUAL_NAME_CHARACTERS = 128
"""No action of AWS's has a name as long."""


class ActionPatterns:
    """The entries of one element, by service."""

    __slots__ = ("_exact", "_patterns", "matches_everything", "services")

    def __init__(self, texts: Iterable[str]) -> None:
        self._exact: set[str] = set()
        self._patterns: dict[str, list[Matcher]] = {}
        self.matches_everything = False
        services = set()
        for text in texts:
            service = service_prefix(text)
            if service is None:
                continue
            if service == ANY_SERVICE:
                self.matches_everything = True
                continue
            services.add(service)
            action = text.lower()
            if _WILDCARDS & set(action):
                self._patterns.setdefault(service, []).append(
                    _name_matcher(action.partition(":")[2])
                )
            else:
                self._exact.add(action)
        self.services = frozenset(services)

    def matches(self, action: str) -> bool:
        """Say whether any entry matches an action, given whole and in lower case."""
        if self.matches_everything or action in self._exact:
            return True
        service, _, name = action.partition(":")
        return any(matches(name) for matches in self._patterns.get(service, ()))
