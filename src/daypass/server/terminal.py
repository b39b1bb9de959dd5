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


def outlive() -> None:
    """Let no write to standard error end the process from now on."""
    sys.stderr = Outlived(sys.stderr)
