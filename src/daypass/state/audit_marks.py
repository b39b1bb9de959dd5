"""What the database remembers of the audit log: how far it was on disk (the checkpoint), and the breaks that were found.

Both are kept apart from the log's file, so that a file that was cut, replaced or taken away is found. Not here: what a break
is (`server.audit`); its text is kept as it comes.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from daypass.core.faults import Fault
from daypass.state import nodes
from daypass.state.nodes import Checkpoint
from daypass.state.tables import breaks

HASH_CHARACTERS = 64
"""A SHA-256 in hex."""


class Spoilt(Fault):
    """The checkpoint in the database is none: nobody can say how long the log was."""


class AuditMarks:
    """The checkpoint and the breaks of one database."""

    def __init__(
        self, engine: Engine, writing: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        self._engine = engine
        self._writing = writing

    def checkpoint(self) -> Checkpoint | None:
        """Return the checkpoint, None if there never was one; raises `Spoilt` for one that cannot be read."""
        with self._engine.connect() as connection:
            return _checkpoint(connection)

    def raise_checkpoint(self, mark: Checkpoint) -> None:
        """Remember a later place of the log; one that is not later changes nothing. Raises `Spoilt`."""
        with self._writing() as connection:
            known = _checkpoint(connection)
            if known is None or known.seq > mark.seq:
                return
            if known.seq == mark.seq and known.hash != mark.hash:
                return
            nodes.write(connection, mark._replace(drained=max(known.drained, mark.drained)))

    def breaks(self) -> tuple[str, ...]:
        """Return every break that was found, the oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(breaks.c.text).order_by(breaks.c.number))
            return tuple(text for (text,) in rows)

    def add_break(self, text: str) -> None:
        """Keep a break for good."""
        with self._writing() as connection:
            connection.execute(sa.insert(breaks).values(text=text))

    def accept(self, found: Sequence[str], mark: Checkpoint) -> None:
        """Replace what is kept of all breaks, and the checkpoint, which may be lowered by this alone."""
        with self._writing() as connection:
            connection.execute(sa.delete(breaks))
            for text in found:
                connection.execute(sa.insert(breaks).values(text=text))
            nodes.write(connection, mark)


def _checkpoint(connection: Connection) -> Checkpoint | None:
    found = nodes.read(connection)
    if found is None:
        return None
    # A spoilt row may hold anything.
    numbers: tuple[object, ...] = (found.drained, found.seq, found.position or 0)
    are_numbers = all(isinstance(each, int) and each >= 0 for each in numbers)
    if not are_numbers or len(str(found.hash)) != HASH_CHARACTERS:
        raise Spoilt("the checkpoint of the audit log in the database cannot be read")
    return found
