"""What a set of changes does beside its records: the tickets that it takes, and deletions."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core.faults import Fault
from daypass.state.changes import Changes, TakeTicket
from daypass.state.schema.tables import tickets
from daypass.state.side_tables import leftovers
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Stale


def take_tickets(
    connection: Connection, directory: Directory, changes: Changes, mark: int
) -> Stale | Fault | None:
    """Take the tickets of a set of changes, all or none; return why the set is refused, if it is.

    `Stale` if a partition that was read has changed in `directory`, the directory of the last
    commit; the fault of a ticket that was taken before. `mark` is the time by which tickets expire.
    """
    if directory.makes_stale(changes):
        return Stale()
    if not changes.tickets:
        return None
    with connection.begin_nested() as savepoint:
        for take in changes.tickets:
            if not _take_ticket(connection, take, mark):
                savepoint.rollback()
                return take.refused
    return None


def _take_ticket(connection: Connection, take: TakeTicket, mark: int) -> bool:
    """Take a ticket that is absent, expired or in a lower state; return whether it could be."""
    ticket = take.ticket
    same = (tickets.c.kind == ticket.kind) & (tickets.c.key == ticket.key)
    connection.execute(sa.delete(tickets).where(same & (tickets.c.expires <= mark)))
    values = {"state": ticket.state, "body": ticket.body, "expires": ticket.expires}
    if connection.scalar(sa.select(tickets.c.state).where(same)) is None:
        connection.execute(sa.insert(tickets).values(kind=ticket.kind, key=ticket.key, **values))
        return True
    later = same & (tickets.c.state < ticket.state)
    return bool(connection.execute(sa.update(tickets).where(later).values(**values)).rowcount)


def delete_leftovers(connection: Connection, changes: Changes, seq: int, mark: int) -> None:
    """Delete what a set of changes says can be deleted; its own commit `seq` stays."""
    if changes.trim_to:
        leftovers.trim_commits(connection, changes.trim_to, seq)
    if changes.sweep_tickets:
        leftovers.delete_expired_tickets(connection, mark)
