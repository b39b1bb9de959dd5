"""The job that deletes expired tickets.

A used ticket without an expiry, such as a device's last code, is kept for good.
"""

from daypass.server.jobs.job import Job, JobInput, JobWork
from daypass.state.changes import Changes


def propose(job_input: JobInput) -> JobWork:
    """Return the deletion of all expired tickets, or empty work if there are none."""
    count = job_input.leftovers.expired_tickets
    return JobWork(Changes(sweep_tickets=True), f"expired tickets: {count}") if count else JobWork()


JOB = Job("ticket-expiry", 10 * 60, propose)
