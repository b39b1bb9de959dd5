"""Action and NotAction: a literal service prefix and a pattern for the name, without case.

Source: IAM user guide, "IAM JSON policy elements: Action".
"""

from collections.abc import Iterable

from daypass.core.policy.language.globs import Matcher
from daypass.core.policy.language.patterns import compile_wildcards

ANY_SERVICE = ""
"""The service prefix of the entry `*`, which matches the actions of every service."""

_WILDCARDS = frozenset("*?")


def service_prefix(text: str) -> str | None:
    """Return the lower-case service of an entry such as `s3:Get*`; `ANY_SERVICE` for `*`.

    None for an entry that can never match: it is not ASCII, lacks the service or the name, has
    white space in the name or a wildcard in the service.
    """
    if text == "*":
        return ANY_SERVICE
    service, _, name = text.partition(":")
    can_match = text.isascii() and service and name and not _WILDCARDS & set(service)
    return service.lower() if can_match and not any(map(str.isspace, name)) else None


def _name_matcher(pattern: str) -> Matcher:
    """Return the matcher of an action's name.

    A pattern longer than any usual name is compiled only when a name comes that is long enough for
    it, so that compiling a document of long patterns stays cheap.
    """
    if len(pattern) <= USUAL_NAME_CHARACTERS:
        return compile_wildcards(pattern)
    length_min = len(pattern) - pattern.count("*")
    return lambda name: len(name) >= length_min and compile_wildcards(pattern)(name)


USUAL_NAME_CHARACTERS = 128
"""No action of AWS has a longer name."""


class ActionPatterns:
    """The entries of an Action or NotAction element, indexed by service."""

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
        """Return whether any entry matches a whole action, given in lower case: `s3:getobject`."""
        if self.matches_everything or action in self._exact:
            return True
        service, _, name = action.partition(":")
        return any(matches(name) for matches in self._patterns.get(service, ()))
