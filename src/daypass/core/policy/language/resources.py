"""Resource and NotResource: ARN patterns, whose stars treat colons differently part by part.

A star at the end of one of the first five parts also matches colons, one in the middle of a part
does not. In the sixth part stars and question marks match any character, slashes and colons
included, and only there `${…}` is a variable. Source: IAM user guide, "IAM JSON policy elements:
Resource".
"""

from collections.abc import Callable, Mapping

from daypass.core.arn import PARTS
from daypass.core.policy.language import undocumented_rules
from daypass.core.policy.language.globs import Matcher, Wildcard, compile_glob, compile_starred
from daypass.core.policy.language.patterns import (
    Pattern,
    RequestContext,
    Tokens,
    Variable,
    compile_wildcards,
    tokenize,
)

ResourceMatcher = Callable[[str, RequestContext], bool]
"""Returns whether a resource matches one entry, in a request context."""


ACCOUNT_WIDE_RESOURCES: Mapping[str, str] = {"s3:listallmybuckets": "arn:aws:s3:::*"}
"""The resources of actions on a whole account that AWS documents as ARNs, by action in lower case.

Source: Amazon S3 user guide, "Identity-based policy examples for Amazon S3", whose policies allow
ListAllMyBuckets on this ARN.
"""


def requested_resource(action: str, resource: str) -> str:
    """Return what a request for an action acts on: `resource`, or the documented ARN for `*`."""
    return ACCOUNT_WIDE_RESOURCES.get(action.lower(), resource) if resource == "*" else resource


def is_all_stars(text: str) -> bool:
    """Return whether an entry consists of stars alone.

    Only such an entry matches a request whose resource is `*`.
    """
    return bool(text) and not text.strip("*")


def split_arn_pattern(text: str, *, variables: bool) -> list[str]:
    """Return the parts of an ARN pattern, split at its first five colons outside variables."""
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


def is_readable_resource(text: str, *, variables: bool) -> bool:
    """Return whether an entry is readable in a policy that names principals.

    A star, an ARN of six parts, and a shorter one with a wildcard are.
    """
    is_short = len(split_arn_pattern(text, variables=variables)) < PARTS
    return not is_short or undocumented_rules.is_readable_short_arn(text)


def match_every_resource(_resource: str, _context: RequestContext) -> bool:
    """Return True: the matcher of `*`."""
    return True


def match_no_resource(_resource: str, _context: RequestContext) -> bool:
    """Return False: the matcher of an entry that matches no resource."""
    return False


def compile_resource(text: str, *, variables: bool) -> ResourceMatcher:
    """Return the matcher of one entry; a short ARN is padded with stars, as IAM does."""
    if is_all_stars(text):
        return match_every_resource
    parts = split_arn_pattern(text, variables=variables)
    parts += ["*"] * (PARTS - len(parts))
    head = ":".join(parts[:-1]) + ":"
    if not set("*?") & set(head) and "?" not in parts[-1] and "${" not in parts[-1]:
        simple = compile_starred(head + parts[-1])
        return lambda resource, _context: simple(resource)
    tail = tokenize(parts[-1], variables=variables)
    if set("*?") & set(head):
        return _segments_matcher(parts[:-1], tail)
    if any(isinstance(token, Variable) for token in tail):
        return Pattern((head, *tail)).matches
    fixed = compile_glob((head, *(token for token in tail if not isinstance(token, Variable))))
    return lambda resource, _context: fixed(resource)


def _segments_matcher(head: list[str], tail: Tokens) -> ResourceMatcher:
    """Return the matcher of an entry with a wildcard in one of its first five parts."""
    segments = [(compile_wildcards(part), part.endswith("*")) for part in head]
    matches_colons = segments[-1][1]
    # After a star that matches colons the sixth part may begin after any later colon.
    # One pattern stands for all of these places.
    last = Pattern((Wildcard.ANY, ":", *tail) if matches_colons else tail)
    # A pattern that begins with a star matches the longest rest if it matches any.
    takes_longest = tail[:1] == (Wildcard.ANY,)

    def matches(resource: str, context: RequestContext) -> bool:
        pieces = resource.split(":")
        places = _tail_starts(segments, pieces) if len(pieces) >= PARTS else []
        if not places:
            return False
        if matches_colons:
            return last.matches(":" + ":".join(pieces[places[0] :]), context)
        return any(
            last.matches(":".join(pieces[at:]), context)
            for at in (places[:1] if takes_longest else places)
        )

    return matches


def _tail_starts(segments: list[tuple[Matcher, bool]], pieces: list[str]) -> list[int]:
    """Return every index in `pieces` at which the sixth part may begin, in order.

    The text before a part's last star stays inside one piece, so that taking the first piece that
    fits loses no match.
    """
    places = [0]
    for matches_part, matches_colons in segments:
        fitting = [at for at in places if at < len(pieces) and matches_part(pieces[at])]
        if not fitting:
            return []
        places = (
            list(range(fitting[0] + 1, len(pieces)))
            if matches_colons
            else [at + 1 for at in fitting]
        )
    return [at for at in places if at < len(pieces)]
