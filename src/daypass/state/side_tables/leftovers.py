"""What a database still holds that nobody needs any more: tickets that have expired, and commits that every reader has behind it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core import quotas
from daypass.state.schema.tables import commits, head, log, nodes, tickets


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What a job may have forgotten, as it was when it was looked up."""

    expired_tickets: int = 0
    """How many tickets have expired."""
    log_from: int = 0
    """The last commit that is forgotten, with all before it."""
    trim_to: int = 0
    """The last commit that may be forgotten too, in one commit; not after `log_from` if there is none."""

    @property
    def commits(self) -> int:
        """Return how many commits may be forgotten in one commit, `quotas.COMMITS_TRIMMED_MAX` at most."""
        return max(0, self.trim_to - self.log_from)


def find_leftovers(connection: Connection) -> Leftovers:
    """Return what is left over."""
    seq, mark, log_from = connection.execute(sa.select(head.c.seq, head.c.mark, head.c.log_from)).one()  # fmt: skip
    expired = sa.select(sa.func.count()).where(tickets.c.expires <= mark)
    last = min(seq - quotas.COMMITS_KEPT, log_from + quotas.COMMITS_TRIMMED_MAX)
    trim_to = _last_trimmable_commit(connection, last)
    return Leftovers(connection.scalar(expired) or 0, log_from, trim_to)


def _last_trimmable_commit(connection: Connection, last: int) -> int:
    """Return the last commit, of those up to one, such that it and all before it have their lines in an audit log.

    A commit without an event needs no line. Of a node that has not said how far its log is, no commit has one.
    """
    drained = sa.func.coalesce(nodes.c.drained, 0)
    joined = sa.outerjoin(commits, nodes, commits.c.node == nodes.c.id)
    waiting = (commits.c.seq <= last) & (commits.c.seq > drained) & (commits.c.event != b"")
    first = sa.select(sa.func.min(commits.c.seq)).select_from(joined).where(waiting)
    found = connection.scalar(first)
    return last if found is None else int(found) - 1


def trim_commits(connection: Connection, trim_to: int, seq: int) -> None:
    """Forget the commits up to one, and their log, in the transaction of the commit `seq`; say so in `log_from`.

    What some audit log still waits for is kept whatever was asked, and so is `seq` itself: its id tells whoever has applied it
    from whoever has applied another commit of that number.
    """
    last = _last_trimmable_commit(connection, min(trim_to, seq - 1))
    known = connection.scalar(sa.select(head.c.log_from)) or 0
    if last <= known:
        return
    connection.execute(sa.delete(commits).where(commits.c.seq <= last))
    connection.execute(sa.delete(log).where(log.c.seq <= last))
    connection.execute(sa.update(head).values(log_from=last))


def delete_expired_tickets(connection: Connection, mark: int) -> None:
    """Forget the tickets that have expired by a time; one without an end is kept."""
    connection.execute(sa.delete(tickets).where(tickets.c.expires <= mark))
