"""Guesses at what is secret, such as a one-time code: counted on disk, outside the order of commits."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.state.tables import attempts


class Attempts(NamedTuple):
    """How often somebody has guessed wrong, and until when (epoch seconds) each further guess is refused."""

    tries: int
    until: int


def read(connection: Connection) -> dict[str, Attempts]:
    """Return the attempts of every subject that has some."""
    rows = connection.execute(sa.select(attempts.c.subject, attempts.c.tries, attempts.c.until))
    return {subject: Attempts(tries, until) for subject, tries, until in rows}


def write(connection: Connection, subject: str, counted: Attempts | None) -> None:
    """Keep a subject's attempts in place of those before, or forget them."""
    connection.execute(sa.delete(attempts).where(attempts.c.subject == subject))
    if counted is not None:
        connection.execute(
            sa.insert(attempts).values(subject=subject, tries=counted.tries, until=counted.until)
        )
