"""Breaks of the audit log that were found, stored apart from the log's file and never deleted.

`server.audit` defines what a break is; here it is opaque text.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.state.schema.tables import breaks


def read_breaks(connection: Connection) -> tuple[str, ...]:
    """Return every break that was found, as text, the oldest first."""
    rows = connection.execute(sa.select(breaks.c.body).order_by(breaks.c.number))
    return tuple(text for (text,) in rows)


def add_break(connection: Connection, text: str) -> None:
    """Add a break."""
    number = connection.scalar(sa.select(sa.func.max(breaks.c.number))) or 0
    connection.execute(sa.insert(breaks).values(number=number + 1, body=text))


def replace_breaks(connection: Connection, texts: Sequence[str]) -> None:
    """Overwrite the texts of all breaks, in the order of `read_breaks`.

    There may be more of them than before, never fewer.
    """
    for number, text in enumerate(texts, 1):
        connection.execute(sa.delete(breaks).where(breaks.c.number == number))
        connection.execute(sa.insert(breaks).values(number=number, body=text))
