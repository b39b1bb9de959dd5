"""The bytes of an audit log line: one encoding for each set of parts, ending in a hash over it.

A line is `{"seq":…,"commit":…,"event":{…},"prev":"…","hash":"…"}` and a line feed. Lines of the
earlier format have no `commit`, and a hash over sequence number, event and previous hash; they stay
readable.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import NamedTuple

from daypass.core.hashes import sha256_hex

GENESIS_HASH = "0" * 64
"""The previous hash of the first line."""
LINE_BYTES_MAX = 1 << 20
"""Longest line that is read, in bytes; ours. An event may hold far less."""

_LINE_PATTERN = re.compile(
    rb'\{"seq":([1-9][0-9]{0,18})(?:,"commit":(0|[1-9][0-9]{0,18}))?,"event":(\{.*\})'
    rb',"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}\n'
)


class BadLine(Exception):
    """Bytes that are no valid line of the audit log; the message continues "line 7 …"."""


@dataclass(frozen=True, slots=True)
class ChainPoint:
    """A point in a log's hash chain: the number and hash of a line, and the byte offset behind it.

    `position` is None if only number and hash are known: earlier versions stored no more.
    """

    seq: int
    hash: str
    position: int | None = None

    def matches(self, seq: int, line_hash: str) -> bool:
        """Return whether this point is behind the line with this number and hash."""
        return (self.seq, self.hash) == (seq, line_hash)


CHAIN_START = ChainPoint(0, GENESIS_HASH, 0)
"""The point before the first line."""


class LineParts(NamedTuple):
    """The parts of a line as they are encoded; `commit` is None in the earlier format."""

    seq: int
    commit: int | None
    event: bytes
    prev: str
    hash: str


def format_line(seq: int, commit: int | None, event: bytes, prev: str) -> tuple[bytes, str]:
    """Return the bytes of a line with these parts, and its hash.

    `commit` None makes a line of the earlier format.
    """
    if commit is None:
        line_hash = hashlib.sha256(b"%d\n%s\n%s" % (seq, prev.encode(), event)).hexdigest()
        head = b'{"seq":%d,"event":%s,"prev":"%s"' % (seq, event, prev.encode())
    else:
        head = b'{"seq":%d,"commit":%d,"event":%s,"prev":"%s"' % (seq, commit, event, prev.encode())
        line_hash = sha256_hex(head)
    return b'%s,"hash":"%s"}\n' % (head, line_hash.encode()), line_hash


def split_line(raw: bytes) -> LineParts:
    """Return the parts of a line's bytes; raises `BadLine` for any other encoding.

    The hash is not verified: the caller encodes what it decoded once more, and compares the bytes.
    """
    match = _LINE_PATTERN.fullmatch(raw)
    if match is None:
        raise BadLine("has no line end" if raw and not raw.endswith(b"\n") else "cannot be read")
    seq, commit, event, prev, line_hash = match.groups()
    return LineParts(
        int(seq), None if commit is None else int(commit), event, prev.decode(), line_hash.decode()
    )
