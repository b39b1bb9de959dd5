"""Standard error of a server that outlives its terminal: a closed window or pipe is no failure."""

import sys
from typing import TextIO


class TolerantStream:
    """A stream whose writes succeed even if it is closed; all else is the wrapped stream's."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text if the stream still takes it; return the text's length in any case."""
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            # Closed, or without a reader: the audit log and `/readyz` have the same facts.
            return len(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream if it still takes output."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return

    def __getattr__(self, name: str) -> object:
        """Return another attribute of the wrapped stream."""
        return getattr(self._stream, name)


class PrefixedStream:
    """A stream that puts a process's name before each line, for processes on one terminal."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._is_at_start = True

    def write(self, text: str) -> int:
        """Write lines with the name before each, in one call; return the text's length."""
        prefixed = ""
        for line in text.splitlines(keepends=True):
            prefixed += f"{self._name}{line}" if self._is_at_start else line
            self._is_at_start = line.endswith("\n")
        self._stream.write(prefixed)
        return len(text)

    def __getattr__(self, name: str) -> object:
        """Return another attribute of the wrapped stream."""
        return getattr(self._stream, name)


def print_line(line: str) -> None:
    """Write a line to standard error, and flush it."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def tolerate_closed_stderr() -> None:
    """Replace standard error, so that no write to it ends the process."""
    sys.stderr = TolerantStream(sys.stderr)
