"""How a line of the audit log is spelled: one way for each set of parts, with a hash over every byte before it.

A line is `{"seq":…,"commit":…,"event":{…},"prev":"…","hash":"…"}` and a line feed. Lines of the format before have no
`commit`, and a hash over sequence number, event and the hash before; they stay readable.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import NamedTuple

GENESIS = "0" * 64
"""The hash before the first line."""
LINE_BYTES_MAX = 1 << 20
"""Longest line that is read; ours. What an event may hold is far less."""

_SPELLING = re.compile(
    rb'\{"seq":([1-9][0-9]{0,18})(?:,"commit":(0|[1-9][0-9]{0,18}))?,"event":(\{.*\})'
    rb',"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}\n'
)


class BadLine(Exception):
    """A line that nobody wrote like this; its words continue "line 7 …"."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a log: the last line up to there, its hash, and the byte behind it.

    `position` is None where only line and hash are known: versions before this one kept no more.
    """

    seq: int
    hash: str
    position: int | None = None

    def is_at(self, seq: int, link: str) -> bool:
        """Say whether a line with this number and hash is the line of the mark."""
        return (self.seq, self.hash) == (seq, link)


START = Mark(0, GENESIS, 0)
"""The place before the first line."""


class Parts(NamedTuple):
    """The parts of a line as they are spelled; `commit` is None in the format before."""

    seq: int
    commit: int | None
    event: bytes
    prev: str
    hash: str


def written(seq: int, commit: int | None, event: bytes, prev: str) -> tuple[bytes, str]:
    """Return the line of these parts, and its hash."""
    if commit is None:
        link = hashlib.sha256(b"%d\n%s\n%s" % (seq, prev.encode(), event)).hexdigest()
        head = b'{"seq":%d,"event":%s,"prev":"%s"' % (seq, event, prev.encode())
    else:
        head = b'{"seq":%d,"commit":%d,"event":%s,"prev":"%s"' % (seq, commit, event, prev.encode())
        link = hashlib.sha256(head).hexdigest()
    return b'%s,"hash":"%s"}\n' % (head, link.encode()), link


def split(raw: bytes) -> Parts:
    """Return the parts of a line as they stand; raises `BadLine` for any other spelling.

    It proves no hash: whoever uses the parts rebuilds the line from what it understood, and compares.
    """
    found = _SPELLING.fullmatch(raw)
    if found is None:
        raise BadLine("has no line end" if raw and not raw.endswith(b"\n") else "cannot be read")
    seq, commit, event, prev, link = found.groups()
    return Parts(
        int(seq), None if commit is None else int(commit), event, prev.decode(), link.decode()
    )
