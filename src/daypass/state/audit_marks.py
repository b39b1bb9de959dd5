"""What the database remembers of the audit log: how far it was on disk (the checkpoint), and the breaks that were found.

Both are kept apart from the log's file, so that a file that was cut, replaced or taken away is found. Not here: what a break
is (`server.audit`); its text is kept as it comes.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from daypass.core.faults import Fault
from daypass.state.tables import meta

CHECKPOINT = "audit checkpoint"
BREAK = "audit break "

Checkpoint = tuple[int, str, int | None]
"""Number and hash of the last line that was on disk, and the byte behind it; None where an older version kept none."""


class Spoilt(Fault):
    """The checkpoint in the database is none: nobody can say how long the log was."""


class AuditMarks:
    """The checkpoint and the breaks of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def checkpoint(self) -> Checkpoint | None:
        """Return the checkpoint, None if there never was one; raises `Spoilt` for one that cannot be read."""
        with self._engine.connect() as connection:
            return _checkpoint(connection)

    def raise_checkpoint(self, mark: Checkpoint) -> None:
        """Remember a later place of the log; one that is not later changes nothing. Raises `Spoilt`."""
        with self._engine.begin() as connection:
            known = _checkpoint(connection)
            if known is None or known[0] < mark[0] or (known[:2] == mark[:2] and known[2] is None):
                _put(connection, CHECKPOINT, _spelled(mark))

    def breaks(self) -> tuple[str, ...]:
        """Return every break that was found, the oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(meta.c.value).where(meta.c.name.startswith(BREAK)).order_by(meta.c.name)
            )
            return tuple(text for (text,) in rows)

    def add_break(self, text: str) -> None:
        """Keep a break for good."""
        with self._engine.begin() as connection:
            names = sa.select(sa.func.count()).where(meta.c.name.startswith(BREAK))
            _put(connection, _name(connection.scalar(names) or 0), text)

    def accept(self, breaks: Sequence[str], mark: Checkpoint) -> None:
        """Replace what is kept of all breaks, and the checkpoint, which may be lowered by this alone."""
        with self._engine.begin() as connection:
            for number, text in enumerate(breaks):
                _put(connection, _name(number), text)
            _put(connection, CHECKPOINT, _spelled(mark))


def _name(number: int) -> str:
    return f"{BREAK}{number:06d}"


def _put(connection: Connection, name: str, value: str) -> None:
    connection.execute(sa.delete(meta).where(meta.c.name == name))
    connection.execute(sa.insert(meta).values(name=name, value=value))


def _spelled(mark: Checkpoint) -> str:
    seq, link, position = mark
    return f"{seq} {link}" if position is None else f"{seq} {link} {position}"


def _checkpoint(connection: Connection) -> Checkpoint | None:
    text = connection.scalar(sa.select(meta.c.value).where(meta.c.name == CHECKPOINT))
    if text is None:
        return None
    parts = text.split(" ")
    try:
        found = int(parts[0]), parts[1], int(parts[2]) if parts[2:] else None
    except (ValueError, IndexError):
        found = 0, "", None
    if _spelled(found) != text or len(found[1]) != 64:  # noqa: PLR2004 - a SHA-256 in hex
        raise Spoilt("the checkpoint of the audit log in the database cannot be read")
    return found
