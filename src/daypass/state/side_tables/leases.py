"""Leases of the server's own jobs: which node runs a job, and until when.

A lease keeps nodes from doing the same work twice. Correctness does not depend on it: what a job
changes goes through a commit like any other change.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.state.schema.tables import jobs


def take_lease(connection: Connection, name: str, holder: str, *, now: int, seconds: int) -> bool:
    """Take or renew the lease of a job for `seconds`; return whether the holder has it now.

    `now` is steady time in epoch seconds. An expired lease is free, and so is one that ends
    later than any lease that begins now could: the clock that it was taken by was wrong, and no
    node is to wait for that time.
    """
    until = now + seconds
    is_free = (jobs.c.until <= now) | (jobs.c.until > until) | (jobs.c.holder == holder)
    values = {"holder": holder, "until": until}
    done = connection.execute(sa.update(jobs).where((jobs.c.name == name) & is_free).values(values))
    if done.rowcount:
        return True
    absent = ~sa.exists().where(jobs.c.name == name)
    row = sa.select(sa.literal(name), sa.literal(holder), sa.literal(until)).where(absent)
    done = connection.execute(sa.insert(jobs).from_select(["name", "holder", "until"], row))
    return bool(done.rowcount)


def release_lease(connection: Connection, name: str, holder: str) -> None:
    """Release the lease of a job; one that another holder has taken since is not changed."""
    mine = (jobs.c.name == name) & (jobs.c.holder == holder)
    connection.execute(sa.update(jobs).where(mine).values(until=0))
