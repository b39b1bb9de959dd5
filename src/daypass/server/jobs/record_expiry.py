"""The job that removes expired records, of every kind that declares its expiry (`Record.expiry`).

Until a record is removed, its readers compare its expiry themselves. Not here: handshakes and
transfers, whose removal depends on how they ended.
"""

from collections.abc import Iterator
from itertools import islice

from daypass.core.domain.record import Record
from daypass.server.jobs.job import Job, JobInput, JobWork
from daypass.state.changes import Changes, Remove
from daypass.state.snapshot.kinds import RECORDS

REMOVED_PER_COMMIT_MAX = 500  # ours: other changes wait for this commit


def propose(job_input: JobInput) -> JobWork:
    """Return the removal of expired records of all partitions, or empty work.

    At most `REMOVED_PER_COMMIT_MAX` are removed at once; `has_more` says that more may be left.
    """
    expired = list(islice(_expired_records(job_input), REMOVED_PER_COMMIT_MAX))
    if not expired:
        return JobWork()
    names = ", ".join(sorted({each.kind for each in expired}))
    changes = Changes([Remove(each) for each in expired])
    description = f"expired records: {len(expired)}, of kind {names}"
    return JobWork(changes, description, has_more=len(expired) == REMOVED_PER_COMMIT_MAX)


def _expired_records(job_input: JobInput) -> Iterator[Record]:
    for kind in RECORDS:
        if not kind.expiry:
            continue
        # Read without the recording, so that only a change to a partition that this job removes
        # from makes it run again; such a partition is recorded because it is written to.
        for each in job_input.directory.snapshot.all_records(kind):
            if 0 < getattr(each, kind.expiry) <= job_input.now:
                yield each


JOB = Job("record-expiry", 10 * 60, propose)
