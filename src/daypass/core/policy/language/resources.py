"""Resource and NotResource: ARN patterns whose stars know about colons.

A star at the end of one of the first five segments runs past colons, one in the middle stays inside; in the sixth part
stars and question marks match everything, slashes and colons too, and only there a variable stands for something. Source:
IAM user guide, "IAM JSON policy elements: Resource".
"""

from collections.abc import Callable

from daypass.core.arn import PARTS
from daypass.core.policy.language import qualifiers
from daypass.core.policy.language.globs import Matcher, Wild, matcher, starred
from daypass.core.policy.language.match import (
    Context,
    Pattern,
    Tokens,
    Variable,
    tokenize,
    wildcards,
)

Matches = Callable[[str, Context], bool]
"""Says whether a resource matches one entry, in a context."""


def is_star(text: str) -> bool:
    """Say whether an entry is nothing but stars: it alone matches requests whose resource is `*`."""
    return bool(text) and not text.strip("*")


def split(text: str, *, variables: bool) -> list[str]:
    """Split an ARN pattern at its first five colons, those inside a variable not counted."""
    parts = [""]
    rest = text
    while rest and len(parts) < PARTS:
        colon, variable = rest.find(":"), rest.find("${") if variables else -1
        end = rest.find("}", variable) if variable >= 0 else -1
        if colon < 0:
            break
        if 0 <= variable < colon and end >= 0:
            parts[-1] += rest[: end + 1]
            rest = rest[end + 1 :]
            continue
        parts[-1] += rest[:colon]
        parts.append("")
        rest = rest[colon + 1 :]
    parts[-1] += rest
    return parts


def is_readable(text: str, *, variables: bool) -> bool:
    """Say whether an entry can be read in a policy that names principals: a star, an ARN of six parts, or a short one with a wildcard."""
    is_short = len(split(text, variables=variables)) < PARTS
    return not is_short or qualifiers.is_readable_short_arn(text)


def everything(_resource: str, _context: Context) -> bool:
    """Match every resource."""
    return True


def nothing(_resource: str, _context: Context) -> bool:
    """Match no resource."""
    return False


def compile_resource(text: str, *, variables: bool) -> Matches:
    """Return what matches one entry; a short ARN is padded with stars, as IAM pads it."""
    if is_star(text):
        return everything
    parts = split(text, variables=variables)
    parts += ["*"] * (PARTS - len(parts))
    head = ":".join(parts[:-1]) + ":"
    if not set("*?") & set(head) and "?" not in parts[-1] and "${" not in parts[-1]:
        simple = starred(head + parts[-1])
        return lambda resource, _context: simple(resource)
    tail = tokenize(parts[-1], variables=variables)
    if set("*?") & set(head):
        return _by_parts(parts[:-1], tail)
    if any(isinstance(token, Variable) for token in tail):
        return Pattern((head, *tail)).matches
    fixed = matcher((head, *(token for token in tail if not isinstance(token, Variable))))
    return lambda resource, _context: fixed(resource)


def _by_parts(head: list[str], tail: Tokens) -> Matches:
    segments = [(wildcards(part), part.endswith("*")) for part in head]
    runs_on = segments[-1][1]
    # Behind a star that runs past colons the tail may begin after any later colon: one pattern for all of these places.
    last = Pattern((Wild.ANY, ":", *tail) if runs_on else tail)
    # What begins with a star fits the longest rest if it fits any.
    takes_longest = tail[:1] == (Wild.ANY,)

    def matches(resource: str, context: Context) -> bool:
        pieces = resource.split(":")
        places = _places(segments, pieces) if len(pieces) >= PARTS else []
        if not places:
            return False
        if runs_on:
            return last.matches(":" + ":".join(pieces[places[0] :]), context)
        return any(
            last.matches(":".join(pieces[at:]), context)
            for at in (places[:1] if takes_longest else places)
        )

    return matches


def _places(segments: list[tuple[Matcher, bool]], pieces: list[str]) -> list[int]:
    """Return every piece at which the part behind the head may begin, in order.

    What stands before a segment's last star stays inside one piece, so that the first piece it fits is as good as any.
    """
    places = [0]
    for fits, runs_on in segments:
        fitting = [at for at in places if at < len(pieces) and fits(pieces[at])]
        if not fitting:
            return []
        places = list(range(fitting[0] + 1, len(pieces))) if runs_on else [at + 1 for at in fitting]
    return [at for at in places if at < len(pieces)]
