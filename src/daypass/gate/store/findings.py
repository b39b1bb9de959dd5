"""Findings about a store: their names, which the gate needs, and what follows without one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CHUNKED_BODIES, CHECKSUMS = "chunked-bodies", "checksums"


@dataclass(frozen=True, slots=True)
class StoreFinding:
    """The result of one test: whether the gate needs the capability, and whether it holds."""

    name: str
    description: str
    is_needed: bool
    holds: bool

    @property
    def hint(self) -> str:
        """Return what follows if it does not hold; empty if that is obvious."""
        return CONSEQUENCES.get(self.name, "")


NEEDED_CAPABILITIES: Mapping[str, str] = {
    "torn-body": "a body shorter than its Content-Length leaves no object",
    "wrong-hash": "a wrong x-amz-content-sha256 is refused",
    "keys": "keys that differ stay apart",
    "parameters": "an unknown query parameter does not change a PUT",
    CHUNKED_BODIES: "a body in signed chunks (aws-chunked) is stored without its framing",
}
"""By name, what the gate needs of every store; the last one only of a store without TLS."""

CONSEQUENCES: Mapping[str, str] = {
    "torn-body": "an upload that the gate breaks off, because it is refused, leaves half an object",
    "wrong-hash": (
        "whoever can change bytes between the gate and the store is not found out;"
        " use https to the store"
    ),
    "keys": "a policy about one key lets somebody reach another; no setting mends that",
    "parameters": "a parameter that the gate passes on may do what no policy was asked about",
    CHUNKED_BODIES: (
        "uploads would be stored with lines of the framing in them; use https to the store,"
        " where the gate sends no chunks"
    ),
    CHECKSUMS: (
        "the gate checks what clients declare; the store does not check it again, nor tell it"
    ),
    "dot-segments": "keys with segments of dots are refused with 400",
    "bound-uploads": "clients are told upload ids of the gate's own",
    "exact-deletions": "a DeleteObjects with blanks around a key is refused with 400",
    "tagging": "policies about tags of objects find none",
    "trailers": "a checksum behind a body is checked by the gate and not passed on",
}
"""By name, what follows if a finding does not hold."""


def needed_capabilities(*, is_tls: bool) -> Mapping[str, str]:
    """Return by name what the gate needs of a store with TLS, or without."""
    return {
        name: what
        for name, what in NEEDED_CAPABILITIES.items()
        if name != CHUNKED_BODIES or not is_tls
    }


def missing_capabilities(
    holds: Mapping[str, bool], *, is_tls: bool, accepted: Iterable[str] = ()
) -> list[str]:
    """Return the names of needed capabilities that were tested and do not hold, unless accepted."""
    passed = set(accepted)
    return [
        name
        for name in needed_capabilities(is_tls=is_tls)
        if name not in passed and not holds.get(name, True)
    ]
