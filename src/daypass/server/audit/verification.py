"""Reading a whole log against its chain: what of it is as it was written, and each stretch that is not.

A break ends where the next line is whole by itself; from there the chain is followed again, so that one break hides no other.
A break that was accepted is crossed only by the same bytes that were accepted, between the same lines.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from daypass.server.audit.line import LINE_BYTES_MAX, START, BadLine, Mark
from daypass.server.audit.log_file import LOCK_LOOK_SECONDS, LOCK_SECONDS_MAX
from daypass.server.audit.log_lines import Line, following, read_line

BREAKS_MAX = 100
"""Breaks of which each is told; ours."""
EMPTY = hashlib.sha256(b"").hexdigest()


class Break(msgspec.Struct, frozen=True):
    """A stretch of a log that is not what was written.

    `line` counts the lines of the file from 1, `seq` is the number that was expected there; `why` continues "line 7 …".
    """

    line: int
    seq: int
    why: str
    before: Mark
    """The last line that was whole."""
    after: Mark
    """Where the chain goes on."""
    digest: str
    """SHA-256 of the bytes between the two."""

    def __str__(self) -> str:
        """Return the break in words."""
        number = "" if self.line == self.seq else f" (number {self.seq})"
        return f"line {self.line}{number} {self.why}"


class Verdict(msgspec.Struct, frozen=True):
    """What a log was found to be; without `breaks` it is whole, but for those that were `accepted`."""

    head: Mark
    breaks: tuple[Break, ...] = ()
    accepted: tuple[Break, ...] = ()
    lines: int = 0
    """Lines in the file."""


def verify(path: Path, *, checkpoint: Mark = START, accepted: Iterable[Break] = ()) -> Verdict:
    """Return what a log is, read from its first line to its last; a missing file has no lines.

    The chain must pass through `checkpoint`, a mark that was on disk before. Raises `OSError` for a file that cannot be read.
    """
    try:
        file: BinaryIO = path.open("rb")
    except FileNotFoundError:
        file = BytesIO()
    with file:
        walk = _Walk(file, _size(file), checkpoint, accepted)
        walk.run()
    return Verdict(walk.head, tuple(walk.breaks), tuple(walk.crossed), walk.lines)


class _Walk:
    """One reading of a log."""

    def __init__(
        self, file: BinaryIO, size: int, checkpoint: Mark, accepted: Iterable[Break]
    ) -> None:
        self._file = file
        self._left = size
        self._checkpoint = checkpoint
        self._accepted = {each.before.position: each for each in accepted}
        self._has_passed = checkpoint.seq == 0
        self.head = START
        self.lines = 0
        self.breaks: list[Break] = []
        self.crossed: list[Break] = []

    def run(self) -> None:
        """Read to the end."""
        self._cross()
        while raw := self._next():
            try:
                line = following(raw, self.head)
            except BadLine as error:
                self._resume(raw, str(error))
                continue
            if line.seq == self._checkpoint.seq and not self._checkpoint.is_at(line.seq, line.hash):
                self._replaced()
            self._advance(line, raw)
        if not self._has_passed:
            self._end_early()

    def _next(self) -> bytes:
        raw = self._file.readline(min(LINE_BYTES_MAX, self._left)) if self._left else b""
        self._left -= len(raw)
        self.lines += bool(raw)
        return raw

    def _advance(self, line: Line, raw: bytes) -> None:
        self._go_to(Mark(line.seq, line.hash, (self.head.position or 0) + len(raw)))
        self._cross()

    def _go_to(self, mark: Mark) -> None:
        self.head = mark
        if self._checkpoint.is_at(mark.seq, mark.hash):
            self._has_passed = True

    def _resume(self, raw: bytes, why: str) -> None:
        """Tell of a break that begins with this line, and go on at the next line that is whole by itself.

        The last break of which is told has all the rest of the file in it.
        """
        first, before, is_last = self.lines, self.head, len(self.breaks) == BREAKS_MAX - 1
        stretch, size = hashlib.sha256(), 0
        after, line = (before.seq, before.hash), None
        while raw:
            line = _whole(raw)
            if line is not None:
                after = (line.seq, line.hash) if is_last else (line.seq - 1, line.prev)
                if not is_last:
                    break
            stretch.update(raw)
            size += len(raw)
            raw = self._next()
        end = Mark(*after, (before.position or 0) + size)
        self.breaks.append(Break(first, before.seq + 1, why, before, end, stretch.hexdigest()))
        self._go_to(end)
        if raw and line is not None:
            self._advance(line, raw)

    def _replaced(self) -> None:
        """Tell that the checkpoint's line is another."""
        why = "is not the line that was here at the last checkpoint"
        self.breaks.append(
            Break(self.lines, self._checkpoint.seq, why, self.head, self.head, EMPTY)
        )
        self._has_passed = True

    def _end_early(self) -> None:
        """Tell of lines that are missing at the end; a break before it may have hidden the checkpoint's line."""
        known, head = self._checkpoint, self.head
        if head.seq < known.seq:
            why = f"is missing: there were {known.seq} lines"
            end = Mark(known.seq, known.hash, head.position)
            self.breaks.append(Break(self.lines + 1, head.seq + 1, why, head, end, EMPTY))
            self._go_to(end)
        elif not self.breaks:
            self._replaced()

    def _cross(self) -> None:
        """Cross the accepted breaks that begin here, as far as the file still has the same bytes in them."""
        while (found := self._accepted.pop(self.head.position, None)) is not None:
            if found.before != self.head or not self._has_skipped(found):
                return
            self.crossed.append(found)
            self._go_to(found.after)

    def _has_skipped(self, found: Break) -> bool:
        """Skip what was accepted, and say whether it was there."""
        here = self._file.tell()
        size = (found.after.position or 0) - here
        stretch, lines = hashlib.sha256(), 0
        for piece in _pieces(self._file, min(size, self._left)):
            stretch.update(piece)
            lines += piece.count(b"\n")
        if self._file.tell() - here != size or stretch.hexdigest() != found.digest:
            self._file.seek(here)
            return False
        self._left -= size
        self.lines += lines
        return True


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (piece := file.read(min(size, LINE_BYTES_MAX))):
        size -= len(piece)
        yield piece


def _whole(raw: bytes) -> Line | None:
    """Return a line that is as somebody wrote it, wherever it stands; None for any other bytes."""
    try:
        return read_line(raw)
    except BadLine:
        return None


def _size(file: BinaryIO) -> int:
    """Return how long the file is between two writes, or now if a writer is at it for long."""
    if isinstance(file, BytesIO):
        return 0
    end = time.monotonic() + LOCK_SECONDS_MAX
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end:
                return os.fstat(file.fileno()).st_size
            time.sleep(LOCK_LOOK_SECONDS)
    try:
        return os.fstat(file.fileno()).st_size
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
