"""The job that removes handshakes and responsibility transfers that ended long ago.

By then no operation lists them any more.
"""

from collections.abc import Iterator
from itertools import islice

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.organizations.retention import removable_handshakes, removable_transfers
from daypass.server.jobs.job import Job, JobInput, JobWork
from daypass.state.changes import Changes, Remove

REMOVED_PER_COMMIT_MAX = 500  # ours: other changes wait for this commit


def propose(job_input: JobInput) -> JobWork:
    """Return the removal of old handshakes and transfers of all organizations, or empty work.

    At most `REMOVED_PER_COMMIT_MAX` are removed at once; `has_more` says that more may be left.
    """
    old = list(islice(_old_handshakes(job_input), REMOVED_PER_COMMIT_MAX))
    if not old:
        return JobWork()
    owners = sorted({each.account for each in old})
    changes = Changes([Remove(each) for each in old])
    description = f"handshakes and transfers: {len(old)}, of {', '.join(owners)}"
    return JobWork(changes, description, has_more=len(old) == REMOVED_PER_COMMIT_MAX)


def _old_handshakes(job_input: JobInput) -> Iterator[Handshake | ResponsibilityTransfer]:
    # Read without the recording, so that only a change to an organization that this job removes
    # from makes it run again; such an organization is recorded because it is written to.
    for view in job_input.directory.snapshot.organizations:
        yield from removable_handshakes(view.of(Handshake), job_input.now)
        yield from removable_transfers(view.of(ResponsibilityTransfer), job_input.now)


JOB = Job("handshake-expiry", 60 * 60, propose)
