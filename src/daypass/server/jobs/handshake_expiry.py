"""Remove handshakes and invitations to transfers that ended so long ago that nobody is told of them any more."""

from collections.abc import Iterator
from itertools import islice

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.organizations.forgetting import forgotten_handshakes, forgotten_transfers
from daypass.server.jobs.job import Job, Snapshot, Work
from daypass.state.changes import Changes, Remove

REMOVED_AT_ONCE = 500  # ours: others wait for this commit


def propose(snapshot: Snapshot) -> Work:
    """Return the removal of what is told of no longer, in whichever organization; of very many some, and the others next."""
    found = list(islice(_forgotten(snapshot), REMOVED_AT_ONCE))
    if not found:
        return Work()
    owners = sorted({each.account for each in found})
    changes = Changes([Remove(each) for each in found])
    what = f"handshakes and transfers: {len(found)}, of {', '.join(owners)}"
    return Work(changes, what, has_more=len(found) == REMOVED_AT_ONCE)


def _forgotten(snapshot: Snapshot) -> Iterator[Handshake | ResponsibilityTransfer]:
    # Not through the recording: only organizations that something is removed from may not move meanwhile, and those are
    # recorded because they are written to.
    for view in snapshot.directory.snapshot.organizations:
        yield from forgotten_handshakes(view.of(Handshake), snapshot.now)
        yield from forgotten_transfers(view.of(ResponsibilityTransfer), snapshot.now)


JOB = Job("handshake-expiry", 60 * 60, propose)
