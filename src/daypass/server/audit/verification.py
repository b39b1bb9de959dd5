"""Verifying a whole log against its hash chain: finding every part that is not what was written.

A break ends at the next line that is valid by itself; from there the chain is followed again, so
that one break hides no other. An accepted break is skipped only if the same bytes are there,
between the same lines, as when it was accepted.
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

from daypass.server.audit.line_format import CHAIN_START, LINE_BYTES_MAX, BadLine, ChainPoint
from daypass.server.audit.log_file import LOCK_LOOK_SECONDS, LOCK_SECONDS_MAX
from daypass.server.audit.log_lines import LogLine, decode_line, decode_next_line

BREAKS_MAX = 100
"""How many breaks are reported separately; ours. The last contains the rest of the file."""
EMPTY_DIGEST = hashlib.sha256(b"").hexdigest()


class Break(msgspec.Struct, frozen=True):
    """A part of a log that is not what was written.

    `line` counts the lines of the file from 1, `seq` is the number expected there; `why` continues
    "line 7 …".
    """

    line: int
    seq: int
    why: str
    before: ChainPoint
    """The point behind the last valid line before the break."""
    after: ChainPoint
    """The point where the chain continues."""
    digest: str
    """SHA-256 of the bytes between the two."""

    def __str__(self) -> str:
        """Return the break as text, as `line 7 (number 9) was changed`."""
        number = "" if self.line == self.seq else f" (number {self.seq})"
        return f"line {self.line}{number} {self.why}"


class LogVerification(msgspec.Struct, frozen=True):
    """The result of verifying a log.

    Without `breaks` it is valid, apart from breaks that were `accepted`.
    """

    head: ChainPoint
    breaks: tuple[Break, ...] = ()
    accepted: tuple[Break, ...] = ()
    lines: int = 0
    """How many lines the file has."""


def verify_log(
    path: Path, *, checkpoint: ChainPoint = CHAIN_START, accepted: Iterable[Break] = ()
) -> LogVerification:
    """Return the result of verifying a whole log; a missing file has no lines.

    The chain must pass through `checkpoint`, a point that was on disk before; `accepted` are breaks
    to skip. Raises `OSError` for a file that cannot be read.
    """
    try:
        file: BinaryIO = path.open("rb")
    except FileNotFoundError:
        file = BytesIO()
    with file:
        reading = _LogReading(file, _stable_size(file), checkpoint, accepted)
        reading.run()
    return LogVerification(
        reading.head, tuple(reading.breaks), tuple(reading.skipped), reading.lines
    )


class _LogReading:
    """One reading of a log from start to end, which collects its breaks."""

    def __init__(
        self, file: BinaryIO, size: int, checkpoint: ChainPoint, accepted: Iterable[Break]
    ) -> None:
        self._file = file
        self._bytes_left = size
        self._checkpoint = checkpoint
        self._accepted = {each.before.position: each for each in accepted}
        self._has_passed_checkpoint = checkpoint.seq == 0
        self.head = CHAIN_START
        self.lines = 0
        self.breaks: list[Break] = []
        self.skipped: list[Break] = []

    def run(self) -> None:
        """Read to the end."""
        self._skip_accepted()
        while raw := self._next():
            try:
                line = decode_next_line(raw, self.head)
            except BadLine as error:
                self._add_break_and_resume(raw, str(error))
                continue
            if line.seq == self._checkpoint.seq and not self._checkpoint.matches(
                line.seq, line.hash
            ):
                self._add_replaced_checkpoint()
            self._advance(line, raw)
        if not self._has_passed_checkpoint:
            self._add_missing_end()

    def _next(self) -> bytes:
        raw = (
            self._file.readline(min(LINE_BYTES_MAX, self._bytes_left)) if self._bytes_left else b""
        )
        self._bytes_left -= len(raw)
        self.lines += bool(raw)
        return raw

    def _advance(self, line: LogLine, raw: bytes) -> None:
        self._go_to(ChainPoint(line.seq, line.hash, (self.head.position or 0) + len(raw)))
        self._skip_accepted()

    def _go_to(self, point: ChainPoint) -> None:
        self.head = point
        if self._checkpoint.matches(point.seq, point.hash):
            self._has_passed_checkpoint = True

    def _add_break_and_resume(self, raw: bytes, why: str) -> None:
        """Add the break that begins with this line.

        Continue at the next line that is valid by itself. The last break of `BREAKS_MAX` contains
        all the rest of the file.
        """
        first, before, is_last = self.lines, self.head, len(self.breaks) == BREAKS_MAX - 1
        digest, size = hashlib.sha256(), 0
        after, line = (before.seq, before.hash), None
        while raw:
            line = _valid_line(raw)
            if line is not None:
                after = (line.seq, line.hash) if is_last else (line.seq - 1, line.prev)
                if not is_last:
                    break
            digest.update(raw)
            size += len(raw)
            raw = self._next()
        end = ChainPoint(*after, (before.position or 0) + size)
        self.breaks.append(Break(first, before.seq + 1, why, before, end, digest.hexdigest()))
        self._go_to(end)
        if raw and line is not None:
            self._advance(line, raw)

    def _add_replaced_checkpoint(self) -> None:
        """Add the break of another line in the place of the checkpoint's."""
        why = "is not the line that was here at the last checkpoint"
        self.breaks.append(
            Break(self.lines, self._checkpoint.seq, why, self.head, self.head, EMPTY_DIGEST)
        )
        self._has_passed_checkpoint = True

    def _add_missing_end(self) -> None:
        """Add the break of lines missing at the end.

        None is added if all lines are there and an earlier break may have hidden the checkpoint's
        line.
        """
        known, head = self._checkpoint, self.head
        if head.seq < known.seq:
            why = f"is missing: there were {known.seq} lines"
            end = ChainPoint(known.seq, known.hash, head.position)
            self.breaks.append(Break(self.lines + 1, head.seq + 1, why, head, end, EMPTY_DIGEST))
            self._go_to(end)
        elif not self.breaks:
            self._add_replaced_checkpoint()

    def _skip_accepted(self) -> None:
        """Skip the accepted breaks that begin here, if the file has the same bytes in them."""
        while (accepted := self._accepted.pop(self.head.position, None)) is not None:
            if accepted.before != self.head or not self._try_skip(accepted):
                return
            self.skipped.append(accepted)
            self._go_to(accepted.after)

    def _try_skip(self, accepted: Break) -> bool:
        """Skip an accepted break; return whether its bytes were there.

        Otherwise the file stays where it was.
        """
        start = self._file.tell()
        size = (accepted.after.position or 0) - start
        digest, lines = hashlib.sha256(), 0
        for piece in _read_pieces(self._file, min(size, self._bytes_left)):
            digest.update(piece)
            lines += piece.count(b"\n")
        if self._file.tell() - start != size or digest.hexdigest() != accepted.digest:
            self._file.seek(start)
            return False
        self._bytes_left -= size
        self.lines += lines
        return True


def _read_pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (piece := file.read(min(size, LINE_BYTES_MAX))):
        size -= len(piece)
        yield piece


def _valid_line(raw: bytes) -> LogLine | None:
    """Return the decoded line, wherever it is in the chain.

    None for bytes that are no valid line.
    """
    try:
        return decode_line(raw)
    except BadLine:
        return None


def _stable_size(file: BinaryIO) -> int:
    """Return the file's size between two appends.

    If an appending process holds the lock for long, return the present size.
    """
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
