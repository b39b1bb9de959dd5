"""The audit log: one line for every decision, chained by hash, written before the answer leaves.

Lines of one turn of the event loop are written together. What was written is forced to disk by a thread of its own,
again and again while there is something new; with `durable=True` an answer waits for that too. `daypass root` appends
to the same file from another process: both hold the file's lock while they append, and each notices the other's lines.

Not here: what is worth recording (the pipeline and the gate say that), and showing it (`daypass log`).
"""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from daypass.core.faults import Fault
from daypass.server.event import Event

GENESIS = "0" * 64


class Unrecorded(Fault):
    """The audit log could not be written: nothing that it should have told may happen."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log: the event between its sequence number and the hash of everything up to it."""

    seq: int
    commit: int | None = None
    """The commit that the event belongs to; 0 for none, None in a line of the format before."""
    event: Event
    prev: str
    hash: str = ""


class Entry(NamedTuple):
    """An event that is to be written, and the commit that it belongs to; 0 for none."""

    event: Event
    commit: int = 0


_encoder = msgspec.json.Encoder()
_line_decoder = msgspec.json.Decoder(Line)


def digest(seq: int, commit: int | None, event: bytes, prev: str) -> str:
    """Return the hash that binds an event to its place, to its commit and to everything before it."""
    place = b"%d" % seq if commit is None else b"%d %d" % (seq, commit)
    return hashlib.sha256(b"%s\n%s\n%s" % (place, prev.encode(), event)).hexdigest()


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the log: its number, its hash, and where in the file it ends, in bytes."""

    seq: int
    hash: str
    position: int


@dataclass(frozen=True, slots=True)
class Head:
    """The last line: how many there are and the hash of them all."""

    seq: int
    hash: str


class AuditLog:
    """An append-only file of lines. Not safe for several threads; several processes are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._size = -1
        self._head = Head(0, GENESIS)
        with self._locked():
            self._catch_up()
        self._mark = Mark(self._head.seq, self._head.hash, self._size)

    @property
    def mark(self) -> Mark:
        """Return the last line of which all is on disk."""
        return self._mark

    @property
    def head(self) -> Head:
        """Return the last line that this process knows of."""
        return self._head

    def append(self, events: Iterable[Event | Entry]) -> None:
        """Write events as lines, all or none; an event alone belongs to no commit. Raises `Unrecorded` if the file cannot take them."""
        try:
            with self._locked():
                self._catch_up()
                self._write(events)
        except OSError as error:
            raise Unrecorded(
                "The audit log cannot be written.", operator=f"{self._path}: {error.strerror}"
            ) from error

    def sync(self) -> None:
        """Force what was written to disk."""
        mark = Mark(self._head.seq, self._head.hash, self._size)
        os.fdatasync(self._file)
        self._mark = mark

    def close(self) -> None:
        """Force everything to disk and let go of the file."""
        self.sync()
        os.close(self._file)

    def _write(self, events: Iterable[Event | Entry]) -> None:
        head, lines = self._head, []
        for each in events:
            event, commit = each if isinstance(each, Entry) else (each, 0)
            body = _encoder.encode(event)
            seq = head.seq + 1
            link = digest(seq, commit, body, head.hash)
            lines.append(
                b'{"seq":%d,"commit":%d,"event":%s,"prev":"%s","hash":"%s"}\n'
                % (seq, commit, body, head.hash.encode(), link.encode())
            )
            head = Head(seq, link)
        data = b"".join(lines)
        written = os.write(self._file, data) if data else 0
        if written != len(data):
            # A full disk takes a part: take it back, so that no half line stands between whole ones.
            os.ftruncate(self._file, self._size)
            raise OSError(28, "no space left for the audit log")
        self._size += len(data)
        self._head = head

    def _catch_up(self) -> None:
        """Learn the last line anew if another process has appended since."""
        size = os.fstat(self._file).st_size
        if size == self._size:
            return
        tail = _last_line(self._file, size)
        if tail:
            line = _line_decoder.decode(tail)
            self._head = Head(line.seq, line.hash)
        self._size = size

    def _locked(self) -> "_Lock":
        return _Lock(self._file)


class _Lock:
    """The file's lock, for as long as lines are appended."""

    def __init__(self, file: int) -> None:
        self._file = file

    def __enter__(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)


_BLOCK = 1 << 16


def _last_line(file: int, size: int) -> bytes:
    """Return the last line; cut off first what a crash left half written."""
    tail, start = b"", size
    while start > 0 and tail.count(b"\n") < 2:  # noqa: PLR2004 - the end of the line before, and its own
        step = min(_BLOCK, start)
        start -= step
        tail = os.pread(file, step, start) + tail
    whole, newline, torn = tail.rpartition(b"\n")
    if torn:
        os.ftruncate(file, size - len(torn))
    return whole.rpartition(b"\n")[2] if newline else b""


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain breaks: the first sequence number that is not as it was written."""

    seq: int
    why: str


def encoded(line: Line) -> str:
    """Return a line as it stands in the file."""
    return _encoder.encode(line).decode()


def read(path: Path) -> Iterator[Line]:
    """Yield the lines of a log as they stand, checking nothing."""
    with path.open("rb") as file:
        for raw in file:
            yield _line_decoder.decode(raw)


def verify(path: Path, *, checkpoint: Head | None = None) -> Head | Break:
    """Return the head of an unbroken chain, or the first place where it is broken.

    `checkpoint` is a head that was seen before: the chain must still pass through it.
    """
    head = Head(0, GENESIS)
    with path.open("rb") as file:
        for raw in file:
            broken = _broken(raw, head)
            if broken:
                return Break(head.seq + 1, broken)
            line = _line_decoder.decode(raw)
            head = Head(line.seq, line.hash)
            if checkpoint is not None and head.seq == checkpoint.seq and head != checkpoint:
                return Break(head.seq, "is not the line that was here at the last checkpoint")
    if checkpoint is not None and head.seq < checkpoint.seq:
        return Break(head.seq + 1, f"is missing: there were {checkpoint.seq} lines")
    return head


def _broken(raw: bytes, head: Head) -> str:
    try:
        line = _line_decoder.decode(raw)
    except msgspec.DecodeError:
        return "cannot be read"
    if line.seq != head.seq + 1:
        return f"has the number {line.seq}"
    if line.prev != head.hash:
        return "does not follow the line before it"
    # The bytes as they stand, not an encoding of what they mean: a rewritten line is a changed line.
    start = raw.index(b'"event":') + len(b'"event":')
    body = raw[start : raw.rindex(b',"prev":')]
    if line.hash != digest(line.seq, line.commit, body, head.hash):
        return "was changed"
    return ""
