"""The job that removes what Identity Center has in accounts that were closed ninety days ago.

Until then the roles and assignments of a closed account are listed, and grant nothing.
"""

from collections.abc import Iterator
from itertools import islice

from daypass.core import quotas
from daypass.core.domain.organizations.member import Member
from daypass.server.jobs.job import Job, JobInput, JobWork
from daypass.services.kit.identity_center.departures import account_departure
from daypass.state.changes import Changes, Remove
from daypass.state.snapshot.organization_view import OrganizationView


def propose(job_input: JobInput) -> JobWork:
    """Return the removals of one account of an organization with an instance, or empty work.

    At most `INSTANCE_REMOVALS_PER_COMMIT_MAX` records are removed at once.
    """
    for instance, account in _vanished_accounts(job_input):
        departing = account_departure(job_input.directory, instance, account)
        found = list(islice(departing, quotas.INSTANCE_REMOVALS_PER_COMMIT_MAX))
        if found:
            changes = Changes([Remove(each) for each in found])
            description = f"records of Identity Center of account {account}: {len(found)}"
            return JobWork(changes, description, has_more=True)
    return JobWork()


def _vanished_accounts(job_input: JobInput) -> Iterator[tuple[str, str]]:
    """Yield instance and account of each account that is no longer listed and has something."""
    # Read without the recording, since any change of an account would make the job run again;
    # what is read of the account that was found is recorded.
    snapshot = job_input.directory.snapshot
    for view in snapshot.organizations:
        instance = view.record.instance if view.record is not None else ""
        for account in _closed_long_ago(view, job_input):
            if next(account_departure(snapshot, instance, account), None) is not None:
                yield instance, account


def _closed_long_ago(view: OrganizationView, job_input: JobInput) -> Iterator[str]:
    for member in view.of(Member):
        record = job_input.directory.snapshot.account(member.id).record
        closed = record.closed if record is not None else 0
        if closed and job_input.now >= closed + quotas.CLOSED_ACCOUNT_SECONDS:
            yield member.id


JOB = Job("vanished-accounts", 60 * 60, propose)
