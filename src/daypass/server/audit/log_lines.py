"""Lines of the audit log, read: what a line says is what its hash was made of.

It is rebuilt and compared byte for byte. Not here: how a line is spelled (`line`), and who appends
(`log_file`).
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from daypass.server.audit.event import Event
from daypass.server.audit.line import LINE_BYTES_MAX, BadLine, Mark, split, written

_encoder = msgspec.json.Encoder()
_event_decoder = msgspec.json.Decoder(Event)
_MEMBERS = frozenset(Event.__struct_fields__)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log: the event between its sequence number and the hash of everything up to it."""

    seq: int
    commit: int | None = 0
    """The commit that the event belongs to; 0 for none, None in a line of the format before."""
    event: Event
    prev: str
    hash: str = ""


def read_line(raw: bytes) -> Line:
    """Return what a line says; raises `BadLine` unless writing that again makes the same bytes, hash and all."""
    parts = split(raw)
    try:
        plain = msgspec.json.decode(parts.event)
        event = _event_decoder.decode(parts.event)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadLine("cannot be read") from None
    # By its values, not by its types: a time that is a whole number is written as one, and means
    # the same.
    again = _encoder.encode(plain)
    if written(parts.seq, parts.commit, again, parts.prev)[0] != raw or not set(plain) <= _MEMBERS:
        raise BadLine("was changed")
    return Line(seq=parts.seq, commit=parts.commit, event=event, prev=parts.prev, hash=parts.hash)


def following(raw: bytes, head: Mark) -> Line:
    """Return the line that follows a head; raises `BadLine` for any other."""
    line = read_line(raw)
    if line.seq != head.seq + 1:
        raise BadLine(f"has the number {line.seq}")
    if line.prev != head.hash:
        raise BadLine("does not follow the line before it: one of the two was changed")
    return line


class Unreadable(Exception):
    """A log whose line cannot be shown: its words name file and line."""


def read(path: Path) -> Iterator[Line]:
    """Yield the lines of a log as they stand; raises `Unreadable` for one that nobody wrote like this.

    That each follows the one before is not checked.
    """
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LINE_BYTES_MAX):
            number += 1
            try:
                yield read_line(raw)
            except BadLine as error:
                raise Unreadable(f"{path}: line {number} {error}") from None


def encoded(line: Line) -> str:
    """Return a line as it stands in the file, without its line feed."""
    return written(line.seq, line.commit, _encoder.encode(line.event), line.prev)[0].decode()[:-1]
