"""Doing what is due: one job after the other, beside everything else, with the lease that keeps other nodes from doing it too."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from daypass.core.audit_records.texts import clean
from daypass.core.faults import Fault
from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.authority.settle import Proposal, Settler
from daypass.server.health.metrics import Metrics
from daypass.server.jobs.job import Job, Snapshot, Work
from daypass.state.data_directory.node_data import Data
from daypass.state.snapshot.recording import Recording

BY = "daypass up"
"""Who does it, in the audit log: the same as what a start does by itself."""
DONE, NOTHING, ELSEWHERE, FAILED = "done", "nothing", "elsewhere", "failed"
"""What may become of a look: `elsewhere` means that another node has the lease."""


@dataclass(slots=True)
class _Entry:
    """A job, when it is due by the monotonic clock, and what the operator was told of its last failure."""

    job: Job
    due: float
    told: str = ""


class Runner:
    """The jobs of one node. `say` takes a line for the operator."""

    def __init__(
        self,
        jobs: Iterable[Job],
        data: Data,
        settler: Settler,
        metrics: Metrics,
        say: Callable[[str], None],
    ) -> None:
        self._data = data
        self._settler = settler
        self._metrics = metrics
        self._clock = data.clocks.monotonic
        now = self._clock()
        self._entries = [_Entry(job, now) for job in jobs]
        self._say = say
        self._running: asyncio.Task[None] | None = None
        self._is_ended = False

    def tick(self) -> None:
        """Begin what has been due for longest, unless something is under way; called often, on the event loop."""
        if self._is_ended or not (self._running is None or self._running.done()):
            return
        now = self._clock()
        entry = min(self._entries, key=lambda each: each.due, default=None)
        if entry is None or entry.due > now:
            return
        # From the beginning of one look to that of the next, whatever becomes of it.
        entry.due = now + entry.job.seconds
        self._running = asyncio.get_running_loop().create_task(self._look(entry))

    def end(self) -> None:
        """Begin nothing more; what is under way goes on."""
        self._is_ended = True

    async def wait(self) -> None:
        """Wait for what is under way, if anything is."""
        if self._running is not None:
            await self._running

    async def _look(self, entry: _Entry) -> None:
        name = entry.job.name
        try:
            outcome, has_more = await self._do(entry.job)
        except Exception as error:  # noqa: BLE001 - whatever it was, the other jobs and everybody else go on
            self._metrics.count_job(name, FAILED)
            why = _reason(error)
            if why != entry.told:
                entry.told = why
                self._say(f"error: the job {name} failed: {why}; it is tried again")
            return
        self._metrics.count_job(name, outcome)
        entry.told = ""
        if has_more:
            entry.due = self._clock()

    async def _do(self, job: Job) -> tuple[str, bool]:
        """Do a job if there is anything to do and nobody else does it; return what became of it, and if there is more to do."""
        if not (await self._proposed(job)).changes:
            return NOTHING, False
        if not await asyncio.wrap_future(
            self._data.take_lease(job.name, seconds=limits.LEASE_SECONDS)
        ):
            return ELSEWHERE, False
        try:
            work = await self._settler.settle(lambda: self._proposed(job), asks_store=True)
            return (DONE if work.changes else NOTHING), work.has_more
        finally:
            await asyncio.wrap_future(self._data.give_back_lease(job.name))

    async def _proposed(self, job: Job) -> Proposal[Work]:
        """Return what a job proposes now, with its event; another node may have done it since it was looked at before."""
        leftovers = await asyncio.wrap_future(self._data.leftovers())
        moment = self._data.clocks.moment()
        directory = Recording(self._data.committer.directory)
        snapshot = Snapshot(directory, int(moment.steady), leftovers)
        # Beside the event loop: it may look at every organization.
        work = await asyncio.to_thread(job.propose, snapshot)
        return Proposal(directory.bound(work.changes), _event(job, work, moment.wall), work)


def _event(job: Job, work: Work, now: float) -> Event:
    """Return what the audit log is told of a job's work."""
    detail = {"by": BY, "what": clean(work.what)}
    return Event(time=now, request="", service="daypass", operation=job.name, detail=detail)


def _reason(error: Exception) -> str:
    """Return why a job failed, in words for the operator; a defect has the name of its kind alone."""
    if isinstance(error, Fault):
        return error.operator or error.message
    return type(error).__name__
