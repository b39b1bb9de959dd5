"""The audit log: one line for every decision, chained by hash, written before the answer leaves.

Lines of one turn of the event loop are written together. What was written is forced to disk by a thread of its own,
again and again while there is something new; with `durable=True` an answer waits for that too. `daypass root` appends
to the same file from another process: both hold the file's lock while they append, and each checks the other's lines.

Before each append the file is compared with what is known of it: the same file under its name, not shorter, and the last
line as it was.

Not here: what is worth recording (the authority and the gate say that), reading lines
(`log_lines`), showing them (`daypass log`), and what becomes of a log that is not as it was (`audit`).
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from daypass.core.audit_records.texts import clean
from daypass.server.audit import disk
from daypass.server.audit.event import Event
from daypass.server.audit.line import LINE_BYTES_MAX, START, BadLine, Mark, written
from daypass.server.audit.log_lines import Line, following, read_line
from daypass.server.audit.unrecorded import Broken, Unrecorded

EVENT_BYTES_MAX = LINE_BYTES_MAX // 2
"""Longest event that is written whole; ours."""
LOCK_SECONDS_MAX = 0.5
"""How long another process may hold the file's lock before a line is refused: it needs microseconds."""
LOCK_LOOK_SECONDS = 0.001


class Entry(NamedTuple):
    """An event that is to be written, and the commit that it belongs to; 0 for none."""

    event: Event
    commit: int = 0


_encoder = msgspec.json.Encoder()


class AuditLog:
    """An append-only file of lines. One thread appends, another may force to disk; several processes may do both."""

    def __init__(
        self, path: Path, *, checkpoint: Mark = START, is_behind_break: bool = False
    ) -> None:
        """Open the file, or make it; what stands behind `checkpoint` is read, and half a line at its end cut off.

        Behind a break that is being accepted, the next line follows the checkpoint though its own line may be gone.
        Raises `Broken` unless the file still holds the checkpoint's line where it was, and whole lines behind it.
        """
        self._path = path
        with self._explained():
            self._file = _opened(path, checkpoint)
        self._head = self._mark = checkpoint
        self._last = b""
        self._is_doubtful = self._is_held = False
        self.bytes_cut = 0
        """How much of half a line was cut off the end: what a crash leaves."""
        try:
            with self._explained(), self._locked():
                if not is_behind_break:
                    self._find(checkpoint)
                self._catch_up()
        except BaseException:
            os.close(self._file)
            raise

    @property
    def path(self) -> Path:
        """Return where the file is."""
        return self._path

    @property
    def head(self) -> Mark:
        """Return the last line that this process knows of."""
        return self._head

    @property
    def mark(self) -> Mark:
        """Return the last line of which all is on disk, as far as this process has seen to it."""
        return self._mark

    def append(self, events: Iterable[Event | Entry]) -> None:
        """Write events as lines, all or none; an event alone belongs to no commit. Without any the file is compared alone.

        Raises `Unrecorded` if the file cannot take them, and `Broken` if it is not what was written.
        """
        with self._explained(), self._locked():
            self._check()
            self._catch_up()
            self._write(events)

    def sync(self) -> None:
        """Force what was written to disk; raises `Unrecorded` where that fails."""
        head = self._head
        with self._explained():
            if self._is_doubtful:
                disk.write_again(
                    self._path, self._file, self._mark.position or 0, head.position or 0
                )
            self._is_doubtful = True
            os.fdatasync(self._file)
        self._is_doubtful = False
        self._mark = head

    def close(self) -> None:
        """Force everything to disk and let go of the file."""
        try:
            self.sync()
        finally:
            os.close(self._file)

    def _write(self, events: Iterable[Event | Entry]) -> None:
        head, lines = self._head, []
        for each in events:
            event, commit = each if isinstance(each, Entry) else (each, 0)
            line, link = written(head.seq + 1, commit, _encoded(event), head.hash)
            head = Mark(head.seq + 1, link, (head.position or 0) + len(line))
            lines.append(line)
        data = b"".join(lines)
        wrote = os.write(self._file, data) if data else 0
        if wrote != len(data):
            # A full disk takes a part: take it back, so that no half line stands between whole ones.
            os.ftruncate(self._file, self._head.position or 0)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if lines:
            self._last = lines[-1]
        self._head = head

    def _check(self) -> None:
        head, here = self._head, os.fstat(self._file)
        try:
            named = self._path.stat()
        except FileNotFoundError:
            raise Broken(self._path, 1, "is missing: the file was removed") from None
        if (named.st_dev, named.st_ino) != (here.st_dev, here.st_ino):
            raise Broken(self._path, 1, "is missing: another file was put in its place")
        end = head.position or 0
        if here.st_size < end:
            raise _shorter(self._path, self._file, head)
        if (
            self._last
            and os.pread(self._file, len(self._last), end - len(self._last)) != self._last
        ):
            raise Broken(self._path, head.seq, "was changed")

    def _find(self, checkpoint: Mark) -> None:
        """Make sure that the checkpoint's line is there; where its place is not known, from the beginning."""
        end = checkpoint.position
        if end is None:
            self._head = self._mark = START
            for line, head in self._lines():
                if line.seq == checkpoint.seq:
                    if not checkpoint.is_at(line.seq, line.hash):
                        raise _another(self._path, checkpoint)
                    self._head = self._mark = head
                    return
            if checkpoint.seq:
                raise _shorter(self._path, self._file, checkpoint)
        elif end:
            if os.fstat(self._file).st_size < end:
                raise _shorter(self._path, self._file, checkpoint)
            raw = disk.line_before(self._file, end)
            try:
                line = read_line(raw)
            except BadLine as error:
                raise Broken(self._path, checkpoint.seq, str(error)) from None
            if not checkpoint.is_at(line.seq, line.hash):
                raise _another(self._path, checkpoint)
            self._last = raw

    def _catch_up(self) -> None:
        """Take over what other processes have appended since; cut off half a line that a crash left."""
        if os.fstat(self._file).st_size == self._head.position:
            return
        for _, head in self._lines():
            self._head = head

    def _lines(self) -> Iterator[tuple[Line, Mark]]:
        """Yield each whole line behind the head with its mark; raises `Broken` at one that does not follow."""
        head = self._head
        with os.fdopen(os.dup(self._file), "rb") as file:
            file.seek(head.position or 0)
            while raw := file.readline(LINE_BYTES_MAX):
                if not raw.endswith(b"\n") and not file.read(1):
                    os.ftruncate(self._file, head.position or 0)
                    self.bytes_cut = len(raw)
                    return
                try:
                    line = following(raw, head)
                except BadLine as error:
                    raise Broken(self._path, head.seq + 1, str(error)) from None
                head = Mark(line.seq, line.hash, (head.position or 0) + len(raw))
                self._last = raw
                yield line, head

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the operating system says into `Unrecorded`."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise Unrecorded(
                "The audit log cannot be written.",
                operator=f"{self._path}: {reason}",
                reason=reason,
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the file's lock; a process that holds it for longer than it needs stops lines, and never the event loop."""
        # Who found it held too long does not wait for it again before it is free.
        end = time.monotonic() + (0 if self._is_held else LOCK_SECONDS_MAX)
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    self._is_held = True
                    raise OSError(errno.EAGAIN, "another process holds its lock") from None
                time.sleep(LOCK_LOOK_SECONDS)
        self._is_held = False
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)


def _opened(path: Path, checkpoint: Mark) -> int:
    """Open the file; make it only where no line of it is known."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(path, flags if checkpoint.seq else flags | os.O_CREAT, 0o600)
    except FileNotFoundError:
        if not checkpoint.seq:
            raise
        raise Broken(path, 1, f"is missing: there were {checkpoint.seq} lines") from None


def _shorter(path: Path, file: int, known: Mark) -> Broken:
    """Return the break of a file that lost lines at its end; the first that is missing is named."""
    try:
        first = read_line(disk.last_line(file)).seq + 1
    except BadLine:
        first = 1
    return Broken(path, min(first, known.seq), f"is missing: there were {known.seq} lines")


def _another(path: Path, checkpoint: Mark) -> Broken:
    return Broken(path, checkpoint.seq, "is not the line that was here at the last checkpoint")


def _encoded(event: Event) -> bytes:
    """Return an event as it is hashed and written; one that is too long, or no Unicode text, says less."""
    try:
        found = _encoder.encode(event)
        if len(found) <= EVENT_BYTES_MAX:
            return found
    except UnicodeEncodeError:
        pass
    texts = {
        name: clean(value)
        for name in event.__struct_fields__
        if isinstance(value := getattr(event, name), str)
    }
    cut = {"cut": "the event was too long, or no text"}
    return _encoder.encode(msgspec.structs.replace(event, **texts, decisions=(), detail=cut))
