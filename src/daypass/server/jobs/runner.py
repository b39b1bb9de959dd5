"""Running jobs when they are due, one at a time.

A lease keeps other nodes from running the same job meanwhile.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from daypass.core.audit_records.texts import escape_text
from daypass.core.faults import Fault
from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.authority.settle import Proposal, Settler
from daypass.server.health.metrics import Metrics
from daypass.server.jobs.job import Job, JobInput, JobWork
from daypass.state.data_directory.node_data import NodeData
from daypass.state.snapshot.tracking_directory import TrackingDirectory

ACTOR = "daypass up"
"""Who runs a job, in the audit log: the same name as for what a start does by itself."""
DONE, NO_WORK, ELSEWHERE, FAILED = "done", "nothing", "elsewhere", "failed"
"""The outcomes of a run, as the metrics name them; `elsewhere`: another node has the lease."""


@dataclass(slots=True)
class _ScheduledJob:
    """A job, when it is due by the monotonic clock, and its last failure that was reported."""

    job: Job
    due: float
    reported: str = ""


class JobRunner:
    """Runs the jobs of one node when they are due; `report` takes a line for the operator."""

    def __init__(
        self,
        jobs: Iterable[Job],
        data: NodeData,
        settler: Settler,
        metrics: Metrics,
        report: Callable[[str], None],
    ) -> None:
        self._data = data
        self._settler = settler
        self._metrics = metrics
        self._clock = data.clocks.monotonic
        now = self._clock()
        self._scheduled_jobs = [_ScheduledJob(job, now) for job in jobs]
        self._report = report
        self._running: asyncio.Task[None] | None = None
        self._is_stopped = False

    def tick(self) -> None:
        """Begin the job that has been due for longest, unless one is running.

        Called every second, on the event loop.
        """
        if self._is_stopped or not (self._running is None or self._running.done()):
            return
        now = self._clock()
        scheduled = min(self._scheduled_jobs, key=lambda each: each.due, default=None)
        if scheduled is None or scheduled.due > now:
            return
        # The period runs from the start of one run to the start of the next, whatever its outcome.
        scheduled.due = now + scheduled.job.period_seconds
        self._running = asyncio.get_running_loop().create_task(self._run(scheduled))

    def stop(self) -> None:
        """Begin no more jobs; a running one continues."""
        self._is_stopped = True

    async def wait(self) -> None:
        """Wait for the running job, if there is one."""
        if self._running is not None:
            await self._running

    async def _run(self, scheduled: _ScheduledJob) -> None:
        name = scheduled.job.name
        try:
            outcome, has_more = await self._run_if_needed(scheduled.job)
        except Exception as error:  # noqa: BLE001 - one job's failure must not stop anything else
            self._metrics.count_job(name, FAILED)
            why = _failure_reason(error)
            if why != scheduled.reported:
                scheduled.reported = why
                self._report(f"error: the job {name} failed: {why}; it is tried again")
            return
        self._metrics.count_job(name, outcome)
        scheduled.reported = ""
        if has_more:
            scheduled.due = self._clock()

    async def _run_if_needed(self, job: Job) -> tuple[str, bool]:
        """Run a job if it has changes to make and no other node runs it.

        Returns the outcome, and whether there may be more to do at once.
        """
        if not (await self._propose(job)).changes:
            return NO_WORK, False
        if not await asyncio.wrap_future(
            self._data.take_lease(job.name, seconds=limits.LEASE_SECONDS)
        ):
            return ELSEWHERE, False
        try:
            work = await self._settler.settle(lambda: self._propose(job), asks_store=True)
            return (DONE if work.changes else NO_WORK), work.has_more
        finally:
            await asyncio.wrap_future(self._data.release_lease(job.name))

    async def _propose(self, job: Job) -> Proposal[JobWork]:
        """Return a job's work as it is now, with its event.

        Another node may have done the work since the job was last asked.
        """
        leftovers = await asyncio.wrap_future(self._data.leftovers())
        moment = self._data.clocks.moment()
        directory = TrackingDirectory(self._data.committer.directory)
        job_input = JobInput(directory, int(moment.steady), leftovers)
        # On a thread: a job may read every organization.
        work = await asyncio.to_thread(job.propose, job_input)
        return Proposal(
            directory.with_read_set(work.changes), _job_event(job, work, moment.wall), work
        )


def _job_event(job: Job, work: JobWork, now: float) -> Event:
    """Return the audit record of a job's work."""
    detail = {"by": ACTOR, "what": escape_text(work.description)}
    return Event(time=now, request="", service="daypass", operation=job.name, detail=detail)


def _failure_reason(error: Exception) -> str:
    """Return why a job failed, in words for the operator.

    For a defect, the exception's name alone.
    """
    if isinstance(error, Fault):
        return error.operator or error.message
    return type(error).__name__
