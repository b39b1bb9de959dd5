"""Data that can be deleted: expired tickets, and commits that every audit log has behind it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core import quotas
from daypass.state.schema.tables import commits, head, log, nodes, tickets


@dataclass(frozen=True, slots=True)
class Leftovers:
    """How many tickets and commits a job may delete, as of the moment they were counted."""

    expired_tickets: int = 0
    """How many tickets have expired."""
    log_from: int = 0
    """The last commit that is deleted already, with all before it."""
    trim_to: int = 0
    """The last commit that one commit may delete too; at most `log_from` if there is none."""

    @property
    def commits(self) -> int:
        """Return how many commits one commit may delete, `quotas.COMMITS_TRIMMED_MAX` at most."""
        return max(0, self.trim_to - self.log_from)


def find_leftovers(connection: Connection) -> Leftovers:
    """Return what can be deleted now."""
    seq, mark, log_from = connection.execute(
        sa.select(head.c.seq, head.c.mark, head.c.log_from)
    ).one()
    expired = sa.select(sa.func.count()).where(tickets.c.expires <= mark)
    last = min(seq - quotas.COMMITS_KEPT, log_from + quotas.COMMITS_TRIMMED_MAX)
    trim_to = _last_trimmable_commit(connection, last)
    return Leftovers(connection.scalar(expired) or 0, log_from, trim_to)


def _last_trimmable_commit(connection: Connection, last: int) -> int:
    """Return the last commit up to `last` such that all until it have lines in an audit log.

    A commit without an event needs no line. For a node that has not stored a checkpoint, none
    has.
    """
    drained = sa.func.coalesce(nodes.c.drained, 0)
    joined = sa.outerjoin(commits, nodes, commits.c.node == nodes.c.id)
    waiting = (commits.c.seq <= last) & (commits.c.seq > drained) & (commits.c.event != b"")
    first = sa.select(sa.func.min(commits.c.seq)).select_from(joined).where(waiting)
    found = connection.scalar(first)
    return last if found is None else int(found) - 1


def trim_commits(connection: Connection, trim_to: int, seq: int) -> None:
    """Delete the commits up to `trim_to` with their log, in the transaction of the commit `seq`.

    Commits that some audit log still waits for are kept, and so is `seq` itself: its id
    distinguishes a node that has applied it from a node that has applied another commit of that
    number. `head.log_from` records how far the commits are deleted.
    """
    last = _last_trimmable_commit(connection, min(trim_to, seq - 1))
    known = connection.scalar(sa.select(head.c.log_from)) or 0
    if last <= known:
        return
    connection.execute(sa.delete(commits).where(commits.c.seq <= last))
    connection.execute(sa.delete(log).where(log.c.seq <= last))
    connection.execute(sa.update(head).values(log_from=last))


def delete_expired_tickets(connection: Connection, mark: int) -> None:
    """Delete the tickets that expired by `mark` (epoch seconds), not those without an expiry."""
    connection.execute(sa.delete(tickets).where(tickets.c.expires <= mark))
