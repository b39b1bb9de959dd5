"""Breaks of the log that were found, kept in the database for good, and who accepted which."""

import msgspec

from daypass.server.audit.verification import Break
from daypass.state.side_tables.nodes import NODE


class Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """A break as it was found; times are seconds since 1970."""

    time: float
    what: str
    """Names file and line, as `/data/audit.log: line 7 was changed`."""
    accepted: float = 0.0
    """When an operator accepted it; 0 for never."""
    by: str = ""
    """Who did, as the operating system knew them."""
    stretches: tuple[Break, ...] = ()
    """What was accepted with it: the parts of the file that are crossed from then on."""
    node: str = NODE
    """Whose log it is: what was accepted in one log is crossed in no other."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Found)


def spelled(found: Found) -> str:
    """Return a break as the database keeps it."""
    return _encoder.encode(found).decode()


def read(texts: tuple[str, ...]) -> tuple[Found, ...]:
    """Return the breaks that the database keeps, the oldest first; one that cannot be read counts as not accepted."""
    return tuple(map(_read, texts))


def _read(text: str) -> Found:
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return Found(0.0, "a break whose record in the database cannot be read")


def accepted(found: tuple[Found, ...], node: str = NODE) -> tuple[Break, ...]:
    """Return the parts of a node's log that were accepted as they are."""
    return tuple(
        stretch
        for each in found
        if each.accepted and each.node == node
        for stretch in each.stretches
    )


def open_ones(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """Return the breaks that nobody accepted."""
    return tuple(each for each in found if not each.accepted)


def count(found: tuple[Found, ...], node: str) -> int:
    """Return how many breaks of a node's log were found, accepted ones too."""
    return sum(each.node == node for each in found)
