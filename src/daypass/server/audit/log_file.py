"""The audit log's file, which is compared with its last known state before each append.

Lines of one turn of the event loop are written together. A separate thread forces written lines to
disk, again and again while there are new ones; with `durable=True` an answer waits for that too.
`daypass root` appends to the same file from another process: both hold the file's lock while they
append, and each verifies the other's lines.

The comparison: the path still names the same file, the file is not shorter, and its last line is
unchanged. A line that is read is decoded, encoded again and compared byte for byte.

Not here: which events are recorded (the authority and the gate decide that), showing lines
(`daypass log`), and handling a log that was changed (`open_log`, `log_watch`, `break_acceptance`).
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from daypass.core.faults import Fault
from daypass.server.audit import disk
from daypass.server.audit.event import Event
from daypass.server.audit.line_format import (
    CHAIN_START,
    LINE_BYTES_MAX,
    BadLine,
    ChainPoint,
    format_line,
)
from daypass.server.audit.log_lines import (
    LogEntry,
    LogLine,
    decode_line,
    decode_next_line,
    encode_event,
)

LOCK_SECONDS_MAX = 0.5
"""How long another process may hold the file's lock before an append is refused: an append takes
microseconds."""
LOCK_LOOK_SECONDS = 0.001
"""How long an append sleeps before it tries the lock again."""


class Unrecorded(Fault):
    """The audit log could not be written: the decision to be recorded must not take effect.

    `reason` is for everybody, without a path; `operator` names the file.
    """

    def __init__(self, message: str, *, operator: str = "", reason: str = "") -> None:
        """Take the caller's message, and the operator's with file and reason."""
        super().__init__(message, operator=operator)
        self.reason = reason or "its file refuses them"


class BrokenLog(Unrecorded):
    """The file is not what was written: lines were changed, cut off, added or replaced.

    `seq` is the number of the first line that differs; `why` continues "line 7 …".
    """

    def __init__(self, path: Path, seq: int, why: str) -> None:
        """Take the file, the number of the first line that differs, and how it differs."""
        super().__init__(
            "The audit log cannot be written.",
            operator=f"{path}: line {seq} {why}",
            reason="the file is not what was written",
        )
        self.path = path
        self.seq = seq
        self.why = why


class AuditLog:
    """An append-only file of lines. One thread appends, another may force lines to disk.

    Several processes may do both.
    """

    def __init__(
        self, path: Path, *, checkpoint: ChainPoint = CHAIN_START, is_after_break: bool = False
    ) -> None:
        """Open the file, or create it if the checkpoint is the chain's start, and read from there.

        An incomplete line at the end is cut off. With `is_after_break` the checkpoint's own line is
        not required: the next line follows an accepted break. Raises `BrokenLog` unless the file
        still has the checkpoint's line at its offset and valid lines behind it, `Unrecorded` if it
        cannot be opened.
        """
        self._path, self._name = path, os.fspath(path)
        with self._os_errors_as_unrecorded():
            self._file = _open_file(path, checkpoint)
        self._head = self._durable_point = checkpoint
        self._last = b""
        self._is_rewrite_due = self._is_lock_contended = False
        self.bytes_cut = 0
        """How many bytes of an incomplete line were cut off the end, which a crash leaves."""
        try:
            with self._os_errors_as_unrecorded(), self._locked():
                if not is_after_break:
                    self._verify_checkpoint(checkpoint)
                self._catch_up()
        except BaseException:
            os.close(self._file)
            raise

    @property
    def path(self) -> Path:
        """Return the file's path."""
        return self._path

    @property
    def head(self) -> ChainPoint:
        """Return the point behind the last line that this process has written or read."""
        return self._head

    @property
    def durable_point(self) -> ChainPoint:
        """Return the point up to which the file is on disk, as far as this process knows."""
        return self._durable_point

    def append(self, events: Iterable[Event | LogEntry]) -> None:
        """Write events as lines, all or none; a bare event belongs to no commit.

        Without events, only compare the file. Raises `Unrecorded` if the file cannot take them, and
        `BrokenLog` if it is not what was written.
        """
        # Without the context managers below, which for each batch cost as much as all its calls of
        # the system.
        try:
            self._lock()
            try:
                size = self._compare_file()
                if size != self._head.position:
                    self._catch_up()
                self._write_lines(events)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        except OSError as error:
            raise self._unrecorded(error) from error

    def sync(self) -> None:
        """Force the written lines to disk; raises `Unrecorded` if that fails."""
        head = self._head
        with self._os_errors_as_unrecorded():
            if self._is_rewrite_due:
                disk.rewrite(
                    self._path, self._file, self._durable_point.position or 0, head.position or 0
                )
            self._is_rewrite_due = True
            os.fdatasync(self._file)
        self._is_rewrite_due = False
        self._durable_point = head

    def close(self) -> None:
        """Force everything to disk and close the file; raises `Unrecorded` if the sync fails."""
        try:
            self.sync()
        finally:
            os.close(self._file)

    def _write_lines(self, events: Iterable[Event | LogEntry]) -> None:
        seq, line_hash, lines = self._head.seq, self._head.hash, []
        for each in events:
            event, commit = each if isinstance(each, LogEntry) else (each, 0)
            seq += 1
            line, line_hash = format_line(seq, commit, encode_event(event), line_hash)
            lines.append(line)
        data = b"".join(lines)
        bytes_written = os.write(self._file, data) if data else 0
        if bytes_written != len(data):
            # A full disk takes a part of the bytes: remove it, so that no incomplete line is left.
            os.ftruncate(self._file, self._head.position or 0)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if lines:
            self._last = lines[-1]
            self._head = ChainPoint(seq, line_hash, (self._head.position or 0) + len(data))

    def _compare_file(self) -> int:
        """Return the size of the file, which is what was written, and whatever came behind it."""
        head, opened = self._head, os.fstat(self._file)
        try:
            named = os.stat(self._name)  # noqa: PTH116 - for every batch; a Path costs as much again
        except FileNotFoundError:
            raise BrokenLog(self._path, 1, "is missing: the file was removed") from None
        if (named.st_dev, named.st_ino) != (opened.st_dev, opened.st_ino):
            raise BrokenLog(self._path, 1, "is missing: another file was put in its place")
        end = head.position or 0
        if opened.st_size < end:
            raise _missing_lines(self._path, self._file, head)
        if (
            self._last
            and os.pread(self._file, len(self._last), end - len(self._last)) != self._last
        ):
            raise BrokenLog(self._path, head.seq, "was changed")
        return opened.st_size

    def _verify_checkpoint(self, checkpoint: ChainPoint) -> None:
        """Raise `BrokenLog` unless the checkpoint's line is in the file.

        Without an offset, search from the beginning.
        """
        end = checkpoint.position
        if end is None:
            self._head = self._durable_point = CHAIN_START
            for line, head in self._following_lines():
                if line.seq == checkpoint.seq:
                    if not checkpoint.matches(line.seq, line.hash):
                        raise _other_line(self._path, checkpoint)
                    self._head = self._durable_point = head
                    return
            if checkpoint.seq:
                raise _missing_lines(self._path, self._file, checkpoint)
        elif end:
            if os.fstat(self._file).st_size < end:
                raise _missing_lines(self._path, self._file, checkpoint)
            raw = disk.read_line_before(self._file, end)
            try:
                line = decode_line(raw)
            except BadLine as error:
                raise BrokenLog(self._path, checkpoint.seq, str(error)) from None
            if not checkpoint.matches(line.seq, line.hash):
                raise _other_line(self._path, checkpoint)
            self._last = raw

    def _catch_up(self) -> None:
        """Read lines that other processes have appended.

        Cut off an incomplete line that a crash left.
        """
        if os.fstat(self._file).st_size == self._head.position:
            return
        for _, head in self._following_lines():
            self._head = head

    def _following_lines(self) -> Iterator[tuple[LogLine, ChainPoint]]:
        """Yield each complete line behind the head with its point.

        Raises `BrokenLog` at a line that does not follow.
        """
        head = self._head
        with os.fdopen(os.dup(self._file), "rb") as file:
            file.seek(head.position or 0)
            while raw := file.readline(LINE_BYTES_MAX):
                if not raw.endswith(b"\n") and not file.read(1):
                    os.ftruncate(self._file, head.position or 0)
                    self.bytes_cut = len(raw)
                    return
                try:
                    line = decode_next_line(raw, head)
                except BadLine as error:
                    raise BrokenLog(self._path, head.seq + 1, str(error)) from None
                head = ChainPoint(line.seq, line.hash, (head.position or 0) + len(raw))
                self._last = raw
                yield line, head

    @contextmanager
    def _os_errors_as_unrecorded(self) -> Iterator[None]:
        """Raise an `OSError` of the block as `Unrecorded`."""
        try:
            yield
        except OSError as error:
            raise self._unrecorded(error) from error

    def _unrecorded(self, error: OSError) -> Unrecorded:
        reason = error.strerror or type(error).__name__
        return Unrecorded(
            "The audit log cannot be written.", operator=f"{self._path}: {reason}", reason=reason
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the file's lock in the block; raises as `_lock` does."""
        self._lock()
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _lock(self) -> None:
        """Take the file's lock.

        Raises `OSError` if another process holds it for longer than `LOCK_SECONDS_MAX`: another
        process can stop lines from being written, but never the event loop.
        """
        # After one timeout, do not wait again until the lock has been free once.
        end = time.monotonic() + (0 if self._is_lock_contended else LOCK_SECONDS_MAX)
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    self._is_lock_contended = True
                    raise OSError(errno.EAGAIN, "another process holds its lock") from None
                time.sleep(LOCK_LOOK_SECONDS)
        self._is_lock_contended = False


def _open_file(path: Path, checkpoint: ChainPoint) -> int:
    """Return the file's descriptor; create the file only if the checkpoint has no line."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(path, flags if checkpoint.seq else flags | os.O_CREAT, 0o600)
    except FileNotFoundError:
        if not checkpoint.seq:
            raise
        raise BrokenLog(path, 1, f"is missing: there were {checkpoint.seq} lines") from None


def _missing_lines(path: Path, file: int, known: ChainPoint) -> BrokenLog:
    """Return the break of a file that lost lines at its end, which names the first missing line."""
    try:
        first = decode_line(disk.read_last_line(file)).seq + 1
    except BadLine:
        first = 1
    return BrokenLog(path, min(first, known.seq), f"is missing: there were {known.seq} lines")


def _other_line(path: Path, checkpoint: ChainPoint) -> BrokenLog:
    """Return the break of a file with another line than the checkpoint's at its place."""
    return BrokenLog(path, checkpoint.seq, "is not the line that was here at the last checkpoint")
