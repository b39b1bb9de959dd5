"""Guesses at codes and passwords, counted in the database by subject, one count for all nodes."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core import guesses
from daypass.core.faults import Throttled
from daypass.core.guesses import NO_ATTEMPTS, Attempts, RecordedGuess
from daypass.state.schema.tables import attempts


def read_attempts(connection: Connection, subject: str) -> Attempts:
    """Return the count of a subject's guesses; `NO_ATTEMPTS` if none are counted."""
    columns = sa.select(attempts.c.tries, attempts.c.until)
    found = connection.execute(columns.where(attempts.c.subject == subject)).first()
    return NO_ATTEMPTS if found is None else Attempts(found.tries, found.until)


def count_guess(connection: Connection, subject: str, steady: int) -> RecordedGuess | Throttled:
    """Count a guess before it is checked; return it, or the `Throttled` if the subject has to wait.

    `steady` is steady time, in epoch seconds.
    """
    written = read_attempts(connection, subject)
    known = guesses.clamp_wait(written, steady)
    try:
        found = guesses.count_guess(known, steady)
    except Throttled as refusal:
        if known != written:
            _write_attempts(connection, subject, known)
        return refusal
    if written == NO_ATTEMPTS:
        _make_room(connection)
    _write_attempts(connection, subject, found)
    return RecordedGuess(subject, known.until, guesses.wait_seconds(found.tries))


def _make_room(connection: Connection) -> None:
    """Delete the subject with the least time to wait if the table is full.

    Subjects that no longer exist stay counted, so that the table would grow without this.
    """
    subjects = connection.scalar(sa.select(sa.func.count()).select_from(attempts)) or 0
    if subjects >= guesses.SUBJECTS_MAX:
        least = sa.select(attempts.c.subject).order_by(attempts.c.until, attempts.c.subject)
        connection.execute(
            sa.delete(attempts).where(attempts.c.subject == least.limit(1).scalar_subquery())
        )


def take_back_guess(connection: Connection, guess: RecordedGuess) -> None:
    """Undo the count of a guess that was not checked."""
    _write_attempts(
        connection,
        guess.subject,
        guesses.uncount_guess(read_attempts(connection, guess.subject), guess),
    )


def forget_guesses(connection: Connection, subject: str) -> None:
    """Delete the count of a subject whose last guess was right."""
    _write_attempts(connection, subject, NO_ATTEMPTS)


def _write_attempts(connection: Connection, subject: str, counted: Attempts) -> None:
    connection.execute(sa.delete(attempts).where(attempts.c.subject == subject))
    if counted != NO_ATTEMPTS:
        connection.execute(
            sa.insert(attempts).values(subject=subject, tries=counted.tries, until=counted.until)
        )
