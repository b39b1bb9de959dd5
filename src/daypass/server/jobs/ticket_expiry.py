"""Forget tickets that have expired; one that was used and has no end, such as a device's last code, is kept for good."""

from daypass.server.jobs.job import Job, Snapshot, Work
from daypass.state.changes import Changes


def propose(snapshot: Snapshot) -> Work:
    """Return the sweep of all tickets that have expired, if there are any."""
    count = snapshot.leftovers.expired_tickets
    return Work(Changes(sweep_tickets=True), f"expired tickets: {count}") if count else Work()


JOB = Job("ticket-expiry", 10 * 60, propose)
