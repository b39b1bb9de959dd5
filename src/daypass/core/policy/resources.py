"""Resource and NotResource: ARN patterns whose stars know about colons.

A star at the end of one of the first five segments runs past colons, one in the middle stays inside; in the sixth part
stars and question marks match everything, slashes and colons too. Source: IAM user guide, "Resource".
"""

from dataclasses import dataclass

from daypass.core.policy.match import Context, Tokens, Wild, glob, substituted, tokenize

_PARTS = 6


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """One entry of a Resource list."""

    is_star: bool
    head: tuple[Tokens, ...] = ()
    """The patterns of the first five segments, in pieces that a star may run across."""
    tail: Tokens = ()
    prefix: str = ""
    """The first five segments, where none of them has a wildcard."""

    def matches(self, resource: str, context: Context) -> bool:
        """Say whether a resource matches; `*` is matched by nothing but stars."""
        if self.is_star:
            return True
        if resource == "*":
            return False
        tail = substituted(self.tail, context)
        if tail is None:
            return False
        if self.prefix:
            return resource.startswith(self.prefix) and glob(tail, resource[len(self.prefix) :])
        pieces = resource.split(":")
        return len(pieces) >= _PARTS and _matches_parts(self.head, tail, pieces)


def compile_resource(text: str, *, variables: bool) -> ResourcePattern:
    """Compile one entry; a short ARN is padded with stars, as IAM pads it."""
    if text and not text.strip("*"):
        return ResourcePattern(is_star=True)
    parts = text.split(":", _PARTS - 1)
    parts += ["*"] * (_PARTS - len(parts))
    head = tuple(tokenize(part, variables=False) for part in parts[:-1])
    plain = all(
        len(tokens) <= 1 and not isinstance(next(iter(tokens), ""), Wild) for tokens in head
    )
    return ResourcePattern(
        is_star=False,
        head=head,
        tail=tokenize(parts[-1], variables=variables),
        prefix=":".join(parts[:-1]) + ":" if plain else "",
    )


def _matches_parts(head: tuple[Tokens, ...], tail: Tokens, pieces: list[str]) -> bool:
    """Walk the segments over the colon-separated pieces, keeping every place where the walk may stand.

    What stands before a segment's last star stays inside one piece, so that the first piece it fits is as good as any.
    """
    places = [0]
    for tokens in head:
        fitting = [at for at in places if at < len(pieces) and glob(tokens, pieces[at])]
        if not fitting:
            return False
        if tokens and tokens[-1] is Wild.ANY:
            places = list(range(fitting[0] + 1, len(pieces)))
        else:
            places = [at + 1 for at in fitting]
    return any(at < len(pieces) and glob(tail, ":".join(pieces[at:])) for at in places)
