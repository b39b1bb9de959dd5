"""The job that removes what is left of the memberships of a deleted group, part by part.

They are nobody's memberships since the group was deleted. A group of ordinary size leaves none.
"""

from daypass.core import quotas
from daypass.core.domain.identity_center.ended_group import EndedGroup
from daypass.server.jobs.job import Job, JobInput, JobWork
from daypass.services.kit.identity_center.people import next_memberships
from daypass.state.changes import Changes, Remove


def propose(job_input: JobInput) -> JobWork:
    """Return the next removals of one deleted group, or empty work if there is none."""
    # Read without the recording, since any change of any store would make the job run again; what
    # is read of the store of the one that was found is recorded.
    found = next(job_input.directory.snapshot.all_records(EndedGroup), None)
    if found is None:
        return JobWork()
    memberships = next_memberships(job_input.directory.identity_store(found.account), found)
    changes = Changes([Remove(each) for each in memberships])
    if len(memberships) < quotas.GROUP_REMOVALS_PER_COMMIT_MAX:
        changes.records.append(Remove(found))
    description = f"memberships of the deleted group {found.id}: {len(memberships)}"
    return JobWork(changes, description, has_more=True)


JOB = Job("ended-groups", 60, propose)
