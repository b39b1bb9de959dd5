"""Records of the audit log's breaks: when each was found, and who accepted it.

The database keeps them for good.
"""

import msgspec

from daypass.server.audit.verification import Break
from daypass.state.side_tables.nodes import FIRST_NODE


class BreakRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A break as it was found; times are seconds since 1970."""

    time: float
    what: str
    """Names file and line, as `/data/audit.log: line 7 was changed`."""
    accepted: float = 0.0
    """When an operator accepted the break; 0 for never."""
    by: str = ""
    """The operating system's name of the operator who accepted the break."""
    stretches: tuple[Break, ...] = ()
    """The parts of the file that were accepted with the break: verification skips them from then
    on."""
    node: str = FIRST_NODE
    """The node whose log is broken: a stretch that was accepted in one log is skipped in no
    other."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(BreakRecord)


def encode_record(record: BreakRecord) -> str:
    """Return a break's record as JSON for the database."""
    return _encoder.encode(record).decode()


def decode_records(texts: tuple[str, ...]) -> tuple[BreakRecord, ...]:
    """Return the records of the database's JSON texts, in their order.

    A text that cannot be decoded becomes a break that nobody has accepted.
    """
    return tuple(map(_decode_record, texts))


def _decode_record(text: str) -> BreakRecord:
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return BreakRecord(0.0, "a break whose record in the database cannot be read")


def accepted_breaks(records: tuple[BreakRecord, ...], node: str = FIRST_NODE) -> tuple[Break, ...]:
    """Return the parts of a node's log that verification skips: an operator accepted them."""
    return tuple(
        stretch
        for record in records
        if record.accepted and record.node == node
        for stretch in record.stretches
    )


def unaccepted_records(records: tuple[BreakRecord, ...]) -> tuple[BreakRecord, ...]:
    """Return the records of breaks that nobody has accepted, of all nodes."""
    return tuple(each for each in records if not each.accepted)


def count_breaks(records: tuple[BreakRecord, ...], node: str) -> int:
    """Return how many breaks of a node's log were ever found, including accepted ones."""
    return sum(each.node == node for each in records)
