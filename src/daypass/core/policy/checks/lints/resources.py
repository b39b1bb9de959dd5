"""Warnings about resources that no action of their statement acts on.

They are compared by the ARN formats of the resources of each action. Source: service authorization
reference, "Resource types".
"""

from collections.abc import Iterator, Mapping

from daypass.core.arn import PARTS
from daypass.core.policy.checks.lints.cached_reference import CachedReference
from daypass.core.policy.checks.lints.codes import LintMessage
from daypass.core.policy.checks.reference import WITHOUT_SLASH
from daypass.core.policy.language import actions
from daypass.core.policy.language.model import Statement
from daypass.core.policy.language.patterns import Variable, tokenize
from daypass.core.policy.language.resources import compile_resource, requested_resource


def check_resources(
    statement: Statement, path: str, reference: CachedReference
) -> Iterator[LintMessage]:
    """Yield warnings about actions and resources that can never match together."""
    resources = statement.resources
    if not resources or any(not text.strip("*") for text in resources):
        return
    overlaps = _ResourceOverlaps(resources, reference)
    services: set[str] = set()
    is_complete = True
    named_services = {_service_in_resource(text) for text in resources}
    for at, entry in enumerate(statement.actions or ()):
        service = actions.service_prefix(entry)
        name = entry.partition(":")[2]
        formats = None if service is None else reference.resource_arn_formats(service, name)
        if formats is None:
            # A wildcard or an unknown action may act on any resource of its service.
            is_complete = is_complete and bool(service)
            services |= {service, *reference.resource_services(service)} if service else set()
            continue
        services |= {service or "", *(text.split(":")[2] for text in formats)}
        entry_path = f"{path}.Action[{at}]"
        if not formats and not named_services.isdisjoint(
            _RESOURCES_OF_OTHERS.get(service or "", ())
        ):
            continue
        if not formats:
            account_wide = requested_resource(entry, "*")
            if account_wide != "*" and overlaps.match_exactly(account_wide):
                continue
            yield "never", f'`{entry}` acts on no resource: it needs "Resource": "*"', entry_path
        elif not any(overlaps.may_match(text) for text in formats):
            yield (
                "never",
                f"`{entry}` acts on {_shown(formats)}: no Resource of this statement is one",
                entry_path,
            )
    services |= _services_acted_on_by_others(services)
    for at, text in enumerate(resources if is_complete and services else ()):
        resource_service = _service_in_resource(text)
        if (
            resource_service
            and not set("*?$") & set(resource_service)
            and resource_service not in services
        ):
            yield (
                "never",
                f"no action of this statement acts on {resource_service}: `{text}` never matches",
                f"{path}.Resource[{at}]",
            )


def _service_in_resource(text: str) -> str:
    """Return the service of an ARN, empty for a text without one."""
    return ([*text.split(":", 3), "", "", ""])[2]


class _ResourceOverlaps:
    """A statement's resources, compared with each ARN format once."""

    def __init__(self, resources: tuple[str, ...], reference: CachedReference) -> None:
        self._resources = resources
        self._exact: dict[str, bool] = {}
        self._patterns = dict.fromkeys(map(_wildcard_pattern, resources))
        self._reference = reference
        self._found: dict[str, bool] = {}

    def match_exactly(self, arn: str) -> bool:
        """Return whether a resource of the statement, its variables left out, matches one ARN."""
        if arn not in self._exact:
            self._exact[arn] = any(
                compile_resource(text, variables=False)(arn, {}) for text in self._resources
            )
        return self._exact[arn]

    def may_match(self, text: str) -> bool:
        """Return whether a resource of the statement may have an ARN format.

        True also if that would take too many comparisons.
        """
        if text not in self._found:
            self._found[text] = any(
                not self._reference.may_compare(len(pattern)) or patterns_overlap(pattern, text)
                for pattern in self._patterns
            )
        return self._found[text]


def _shown(formats: list[str]) -> str:
    return " or ".join(text.replace(WITHOUT_SLASH, "*") for text in formats)


def _services_acted_on_by_others(services: set[str]) -> set[str]:
    """Return the services whose resources the actions of another service act on."""
    return {other for service in services for other in _RESOURCES_OF_OTHERS.get(service, ())}


_RESOURCES_OF_OTHERS: Mapping[str, tuple[str, ...]] = {
    "application-autoscaling": ("autoscaling",),
    "arc-zonal-shift": ("autoscaling", "elasticloadbalancing"),
    "codeconnections": ("codestar-connections",),
    "codestar-connections": ("codeconnections",),
    "ssmmessages": ("ssm",),
    "sts": ("iam",),
}
"""Services whose actions act on resources of others, although the reference does not list them.

Source: the user guides of the services, and policies that AWS manages.
"""


def _wildcard_pattern(text: str) -> str:
    """Return a pattern with `*` for each variable, and for each part that a short ARN lacks."""
    tokens = tokenize(text, variables=True, wildcards=False)
    plain = "".join("*" if isinstance(token, Variable) else str(token) for token in tokens)
    return plain + ":*" * max(0, PARTS - 1 - plain.count(":"))


def patterns_overlap(one: str, other: str) -> bool:
    """Return whether any text matches both of two patterns of text, stars and question marks.

    `other` may have `WITHOUT_SLASH` too.
    """
    reached = _past_stars({0}, other)
    for mark in one:
        if mark == "*":
            after = set(range(min(reached), len(other) + 1)) if reached else reached
        else:
            after = {
                at if other[at] in _RUNS else at + 1
                for at in reached
                if at < len(other) and _fits(mark, other[at])
            }
        reached = _past_stars(after, other)
    return len(other) in reached


def _fits(mark: str, other: str) -> bool:
    """Return whether a character, or `?` for any, fits a mark of the other pattern."""
    if other == WITHOUT_SLASH:
        return mark != "/"
    return mark == "?" or other in {"*", "?", mark}


_RUNS = frozenset({"*", WITHOUT_SLASH})
"""The marks that stand for a run of characters, which may be empty."""


def _past_stars(places: set[int], pattern: str) -> set[int]:
    """Return the positions in a pattern, and those after stars there: a star may match no text."""
    found = set(places)
    for entry_path in places:
        at = entry_path
        while at < len(pattern) and pattern[at] in _RUNS:
            at += 1
            found.add(at)
    return found
