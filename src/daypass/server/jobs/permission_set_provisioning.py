"""The job that goes on with requests to provision a permission set in many accounts.

Each of its commits does the next accounts of one request, and notes with them how far the request
is, so that after a restart, or on another node, it goes on where it was.
"""

from msgspec.structs import replace

from daypass.core.domain.identity_center.provisioning_request import OPEN, ProvisioningRequest
from daypass.core.slices import at_once
from daypass.server import clock
from daypass.server.jobs.job import Job, JobInput, JobWork
from daypass.services.ssoadmin.provisioning.account_roles import ProvisioningInput, permit_all
from daypass.services.ssoadmin.provisioning.parts import next_part
from daypass.state.changes import Changes, Put


def propose(job_input: JobInput) -> JobWork:
    """Return the next part of the request that has had the fewest, or empty work.

    So no organization's request waits until another one's has ended.
    """
    # Read without the recording, so that only a change to what this part reads makes it run again.
    snapshot = job_input.directory.snapshot
    found = [
        each
        for each in snapshot.grouped_records(ProvisioningRequest, OPEN, "phase")
        # The records of a deleted instance may go in several commits.
        if snapshot.instance(each.account).record is not None
    ]
    if not found:
        return JobWork()
    chosen = min(found, key=lambda each: (each.parts, each.created, each.id))
    directory = job_input.directory
    view = directory.instance(chosen.account)
    assert view.record is not None  # noqa: S101 - looked at above
    work = ProvisioningInput(directory, view.record, job_input.now, clock.entropy, permit_all)
    records, request = at_once(next_part(work, replace(chosen, parts=chosen.parts + 1)))
    description = (
        f"permission set {chosen.permission_set} of {chosen.account} provisioned, request"
        f" {chosen.id}, part {request.parts}"
    )
    return JobWork(Changes([Put(each) for each in (*records, request)]), description, has_more=True)


JOB = Job("permission-set-provisioning", 5, propose)
