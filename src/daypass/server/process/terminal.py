"""The terminal of a server that outlives it: a window is closed, a pipe has no reader any more, and the server goes on."""

import sys
from typing import TextIO


class Outlived:
    """A stream whose end is no failure; everything else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write as far as anybody reads, and return how many characters were given."""
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            # Closed, or without a reader: what is said there the audit log and `/readyz` say too.
            return len(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, as far as anybody reads."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return

    def __getattr__(self, name: str) -> object:
        """Return what else the stream has."""
        return getattr(self._stream, name)


class Named:
    """A stream on which one of several processes says who it is, at the beginning of each line."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._is_at_start = True

    def write(self, text: str) -> int:
        """Write lines, each with the name before it, in one piece; return how many characters were given."""
        named = ""
        for line in text.splitlines(keepends=True):
            named += f"{self._name}{line}" if self._is_at_start else line
            self._is_at_start = line.endswith("\n")
        self._stream.write(named)
        return len(text)

    def __getattr__(self, name: str) -> object:
        """Return what else the stream has."""
        return getattr(self._stream, name)


def say(line: str) -> None:
    """Write a line to standard error, where whoever runs the server reads it at once."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def outlive() -> None:
    """Let no write to standard error end the process from now on."""
    sys.stderr = Outlived(sys.stderr)
