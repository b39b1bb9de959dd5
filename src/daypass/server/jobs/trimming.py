"""Forget old commits and their log: every node has them behind it, and their lines are in the audit logs."""

from daypass.core import quotas
from daypass.server.jobs.job import Job, Snapshot, Work
from daypass.state.changes import Changes

COMMITS_TRIMMED_MIN = 1_000  # ours: for fewer it is not worth a commit, which has a line itself


def propose(snapshot: Snapshot) -> Work:
    """Return the commits that can go, once they are many; of very many the oldest, and the others next."""
    left = snapshot.leftovers
    if left.commits < COMMITS_TRIMMED_MIN:
        return Work()
    what = f"commits up to {left.trim_to}: {left.commits}"
    has_more = left.commits >= quotas.COMMITS_TRIMMED_MAX
    return Work(Changes(trim_to=left.trim_to), what, has_more=has_more)


JOB = Job("trimming", 10 * 60, propose)
