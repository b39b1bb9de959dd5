"""Warnings about resources that no action of their statement is about, by the formats that each action's resources have.

Source: service authorization reference, "Resource types".
"""

from collections.abc import Iterator
from functools import lru_cache

from daypass.core.arn import PARTS
from daypass.core.policy.checks.lint_conditions import Said
from daypass.core.policy.checks.lint_known import Known
from daypass.core.policy.language import actions
from daypass.core.policy.language.match import Variable, tokenize
from daypass.core.policy.language.model import Statement

_OVERLAPS = 4096


def of_statement(statement: Statement, path: str, known: Known) -> Iterator[Said]:
    """Give actions that can never match, and resources that nothing here is about."""
    resources = statement.resources
    if not resources or any(not text.strip("*") for text in resources):
        return
    about = _About(resources, known)
    services: set[str] = set()
    is_sure = True
    for at, entry in enumerate(statement.actions or ()):
        service = actions.prefix(entry)
        name = entry.partition(":")[2]
        formats = None if service is None else known.formats(service, name)
        if formats is None:
            # A wildcard, or an action that is not known: it may be about anything.
            is_sure = is_sure and bool(service)
            services |= {service} if service else set()
            continue
        services |= {service or "", *(text.split(":")[2] for text in formats)}
        place = f"{path}.Action[{at}]"
        if not formats:
            yield "never", f'`{entry}` acts on no resource: it needs "Resource": "*"', place
        elif not any(about.may_be(text) for text in formats):
            yield "never", f"`{entry}` acts on {' or '.join(formats)}: no Resource here is one", place  # fmt: skip
    services |= _elsewhere(services)
    for at, text in enumerate(resources if is_sure and services else ()):
        theirs = ([*text.split(":"), "", "", ""])[2]
        if theirs and not set("*?$") & set(theirs) and theirs not in services:
            yield "never", f"no action here is about {theirs}: `{text}` matches nothing", f"{path}.Resource[{at}]"  # fmt: skip


class _About:
    """What a statement's resources may be; each format is compared once."""

    def __init__(self, resources: tuple[str, ...], known: Known) -> None:
        self._patterns = dict.fromkeys(map(_plain, resources))
        self._known = known
        self._found: dict[str, bool] = {}

    def may_be(self, text: str) -> bool:
        """Say whether a resource here may be of a format, True where that takes too many comparisons to say."""
        if text not in self._found:
            self._found[text] = any(
                not self._known.may_compare(len(pattern)) or overlap(pattern, text)
                for pattern in self._patterns
            )
        return self._found[text]


def _elsewhere(services: set[str]) -> set[str]:
    """Return services whose resources are acted on by another service's actions."""
    return {"iam"} if "sts" in services else set()


def _plain(text: str) -> str:
    """Return a pattern with a star for each variable, and for each part that a short ARN lacks."""
    tokens = tokenize(text, variables=True, wildcards=False)
    plain = "".join("*" if isinstance(token, Variable) else str(token) for token in tokens)
    return plain + ":*" * max(0, PARTS - 1 - plain.count(":"))


@lru_cache(_OVERLAPS)
def overlap(one: str, other: str) -> bool:
    """Say whether any text matches both of two patterns of text, stars and question marks."""
    reached = _with_stars({0}, other)
    for mark in one:
        if mark == "*":
            after = set(range(min(reached), len(other) + 1)) if reached else reached
        else:
            after = {
                at if other[at] == "*" else at + 1
                for at in reached
                if at < len(other) and (mark == "?" or other[at] in {"*", "?", mark})
            }
        reached = _with_stars(after, other)
    return len(other) in reached


def _with_stars(places: set[int], pattern: str) -> set[int]:
    """Return the places with those behind the stars that stand there: a star may match nothing."""
    found = set(places)
    for place in places:
        at = place
        while at < len(pattern) and pattern[at] == "*":
            at += 1
            found.add(at)
    return found
