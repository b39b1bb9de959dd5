"""Lines of the audit log as values: decoded with their event, encoded, and read from a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from daypass.core.audit_records.texts import escape_text
from daypass.server.audit.event import Event
from daypass.server.audit.line_format import (
    LINE_BYTES_MAX,
    BadLine,
    ChainPoint,
    format_line,
    split_line,
)

EVENT_BYTES_MAX = LINE_BYTES_MAX // 2
"""Longest event that is written whole, in bytes; ours."""
_encoder = msgspec.json.Encoder()
_event_decoder = msgspec.json.Decoder(Event)
_MEMBERS = frozenset(Event.__struct_fields__)


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded line: an event with its number, its hash, and the previous line's hash (`prev`)."""

    seq: int
    commit: int | None = 0
    """The commit that the event belongs to; 0 for none, None in a line of the earlier format."""
    event: Event
    prev: str
    hash: str = ""


class LogEntry(NamedTuple):
    """An event to be written, and the commit that it belongs to; 0 for none."""

    event: Event
    commit: int = 0


def decode_line(raw: bytes) -> LogLine:
    """Return the decoded line.

    Raises `BadLine` unless encoding it again gives the same bytes, including the hash.
    """
    parts = split_line(raw)
    try:
        members = msgspec.json.decode(parts.event)
        event = _event_decoder.decode(parts.event)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadLine("cannot be read") from None
    # The plain values are encoded, not the event: a time that is a whole number stays one.
    again, _ = format_line(parts.seq, parts.commit, _encoder.encode(members), parts.prev)
    if again != raw or not set(members) <= _MEMBERS:
        raise BadLine("was changed")
    return LogLine(
        seq=parts.seq, commit=parts.commit, event=event, prev=parts.prev, hash=parts.hash
    )


def decode_next_line(raw: bytes, head: ChainPoint) -> LogLine:
    """Return the decoded line that directly follows `head`; raises `BadLine` for any other line."""
    line = decode_line(raw)
    if line.seq != head.seq + 1:
        raise BadLine(f"has the number {line.seq}")
    if line.prev != head.hash:
        raise BadLine("does not follow the line before it: one of the two was changed")
    return line


def encode_line(line: LogLine) -> str:
    """Return a line as text, as it is in the file, without its line feed."""
    raw, _ = format_line(line.seq, line.commit, _encoder.encode(line.event), line.prev)
    return raw.decode()[:-1]


def encode_event(event: Event) -> bytes:
    """Return an event as JSON, shortened if it is too long or no valid Unicode.

    A shortened event has cleaned texts, no decisions, and a note of that as its detail.
    """
    try:
        encoded = _encoder.encode(event)
        if len(encoded) <= EVENT_BYTES_MAX:
            return encoded
    except UnicodeEncodeError:
        pass
    texts = {
        name: escape_text(value)
        for name in event.__struct_fields__
        if isinstance(value := getattr(event, name), str)
    }
    cut = {"cut": "the event was too long, or no text"}
    return _encoder.encode(msgspec.structs.replace(event, **texts, decisions=(), detail=cut))


class UnreadableLine(Exception):
    """A line of a log that cannot be decoded; the message names file and line."""


def read_log(path: Path) -> Iterator[LogLine]:
    """Yield the decoded lines of a log.

    Raises `UnreadableLine` at one that cannot be decoded, `OSError` if reading fails. The chain
    between lines is not verified: `verification` does that.
    """
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LINE_BYTES_MAX):
            number += 1
            try:
                yield decode_line(raw)
            except BadLine as error:
                raise UnreadableLine(f"{path}: line {number} {error}") from None
