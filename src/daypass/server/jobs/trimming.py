"""The job that deletes old commits that all nodes have applied and all audit logs have lines of."""

from daypass.core import quotas
from daypass.server.jobs.job import Job, JobInput, JobWork
from daypass.state.changes import Changes

COMMITS_TRIMMED_MIN = 1_000  # ours: fewer are not worth a commit, which has a line itself


def propose(job_input: JobInput) -> JobWork:
    """Return the deletion of old commits once they are many, or empty work.

    Of very many, the oldest.
    """
    leftovers = job_input.leftovers
    if leftovers.commits < COMMITS_TRIMMED_MIN:
        return JobWork()
    description = f"commits up to {leftovers.trim_to}: {leftovers.commits}"
    has_more = leftovers.commits >= quotas.COMMITS_TRIMMED_MAX
    return JobWork(Changes(trim_to=leftovers.trim_to), description, has_more=has_more)


JOB = Job("trimming", 10 * 60, propose)
