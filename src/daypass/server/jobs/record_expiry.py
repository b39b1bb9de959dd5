"""Remove records whose time is over, of every kind that declares when that is (`Record.expiry`).

Until then they are there: who reads one compares its time. Not here: handshakes and transfers, which go by what others answered.
"""

from collections.abc import Iterator
from itertools import islice

from daypass.core.domain.record import Record
from daypass.server.jobs.job import Job, Snapshot, Work
from daypass.state.changes import Changes, Remove
from daypass.state.snapshot.kinds import RECORDS

REMOVED_AT_ONCE = 500  # ours: others wait for this commit


def propose(snapshot: Snapshot) -> Work:
    """Return the removal of what has expired, in whichever partition; of very many some, and the others next."""
    found = list(islice(_expired(snapshot), REMOVED_AT_ONCE))
    if not found:
        return Work()
    names = ", ".join(sorted({each.kind for each in found}))
    changes = Changes([Remove(each) for each in found])
    what = f"expired records: {len(found)}, of kind {names}"
    return Work(changes, what, has_more=len(found) == REMOVED_AT_ONCE)


def _expired(snapshot: Snapshot) -> Iterator[Record]:
    for kind in RECORDS:
        if not kind.expiry:
            continue
        # Not through the recording: only partitions that something is removed from may not move meanwhile, and those are
        # recorded because they are written to.
        for each in snapshot.directory.snapshot.everywhere(kind):
            if 0 < getattr(each, kind.expiry) <= snapshot.now:
                yield each


JOB = Job("record-expiry", 10 * 60, propose)
