"""The job that removes what a deleted Identity Center instance left, part by part.

Nobody reaches these records since the instance was deleted. A small instance leaves none.
"""

from daypass.core.domain.identity_center.ended_instance import EndedInstance
from daypass.server.jobs.job import Job, JobInput, JobWork
from daypass.services.kit.identity_center.departures import next_removals
from daypass.state.changes import Changes, Put, Remove


def propose(job_input: JobInput) -> JobWork:
    """Return the next removals of one deleted instance, or empty work if there is none."""
    # Read without the recording, since any change of any instance would make the job run again;
    # what is read of the one that was found is recorded.
    found = next(job_input.directory.snapshot.all_records(EndedInstance), None)
    if found is None:
        return JobWork()
    removals = next_removals(job_input.directory, found)
    changes = Changes([Remove(each) for each in removals.records])
    changes.records.append(Remove(found) if removals.rest is None else Put(removals.rest))
    description = f"records of the deleted instance {found.account}: {len(removals.records)}"
    return JobWork(changes, description, has_more=True)


JOB = Job("ended-instances", 60, propose)
