"""Commits what was decided, or has it decided again on a newer snapshot.

This is the one place that does so, for the API, the gate and the operator's commands. Changes are
committed only on the snapshot that they were decided on, and become durable together with their
audit event. Not here: the decision, and the wording of a refusal.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

import msgspec

from daypass.core.faults import Conflict
from daypass.server import clock, limits
from daypass.server.audit.event import Event
from daypass.server.audit.recorder import Recorder
from daypass.server.other_workers import NoOtherWorkers, OtherWorkers
from daypass.state.changes import Changes
from daypass.state.committer import Committer
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Stale, Unavailable

T = TypeVar("T")
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Proposal(Generic[T]):
    """Changes to commit, their audit event, and the result to return once both are durable."""

    changes: Changes
    event: Event
    result: T


class Settler:
    """Commits proposals in the order in which they come; writers of one partition take turns."""

    def __init__(
        self, committer: Committer, recorder: Recorder, others: OtherWorkers | None = None
    ) -> None:
        """Take the workers that have to apply a commit before it is answered, None without any."""
        self._committer = committer
        self._recorder = recorder
        self._others = others or NoOtherWorkers()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """One lock per partition; one that nobody holds or waits for is garbage-collected."""

    async def settle(
        self,
        propose: Callable[[], Awaitable[Proposal[T]]],
        lock_names: Sequence[str] = (),
        *,
        first: Proposal[T] | None = None,
        asks_store: bool = False,
    ) -> T:
        """Return the result of a proposal once its changes are durable.

        `propose` decides on the current snapshot, and is called again if another commit came first;
        after several such overtakings it is called while all other commits wait. `first` is a
        proposal made already; it is used unless a partition that it read has changed. `lock_names`
        are partitions, in order: their writers queue, so that each of a crowd decides only once.
        `asks_store` says that `propose` waits for the object store: then no commit waits for it.

        Raises the exceptions of `propose`, a ticket's own fault, `Unavailable` if the storage or
        the audit log refuses, and `Conflict` if it was overtaken too often.
        """
        if first is not None and not first.changes.records:
            # Using up a one-time code takes no lock: who signs in does not wait for those who
            # change the account.
            try:
                return await self._commit(first)
            except Stale:
                pass
        since = clock.monotonic()
        locks = [self._locks.setdefault(name, asyncio.Lock()) for name in lock_names]
        async with AsyncExitStack() as held:
            for lock in locks:
                await held.enter_async_context(lock)
            waited = clock.monotonic() - since
            if waited > limits.REFUSED_SECONDS_MAX and not self._committer.is_healthy:
                # Else each request in the queue would wait for a refusal of its own.
                raise Unavailable("The request could not be stored in time.")
            if first is not None and self._committer.directory.makes_stale(first.changes):
                first = None
            for number in range(limits.RUNS_MAX):
                proposal, first = first, None
                try:
                    if proposal is not None:
                        return await self._commit(proposal)
                    if asks_store or number < limits.RUNS_OVERTAKEN_MAX:
                        return await self._commit(await propose())
                    return await self._settle_reserved(propose)
                except Stale:
                    continue
        raise Conflict("The request was overtaken by others too often; try again.")

    async def _settle_reserved(self, propose: Callable[[], Awaitable[Proposal[T]]]) -> T:
        """Decide and commit while all other commits wait; raises `Stale` if that takes too long."""
        reservation = self._committer.reserve()
        try:
            await asyncio.wrap_future(reservation.ready)
            proposal = await propose()
            if not proposal.changes:
                return proposal.result
            self._recorder.expect_commit()
            event = _encoder.encode(proposal.event)
            committing = self._committer.commit_reserved(reservation, proposal.changes, event)
            directory = await asyncio.wrap_future(committing)
        finally:
            reservation.cancel()
        await self._others.wait_until_applied(directory.revision)
        return proposal.result

    async def _commit(self, proposal: Proposal[T]) -> T:
        """Return a proposal's result once it is durable and every other worker has applied it.

        Raises `Stale` if a partition that the changes were decided on has changed.
        """
        if not proposal.changes:
            return proposal.result
        self._recorder.expect_commit()
        event = _encoder.encode(proposal.event)
        directory = await asyncio.wrap_future(self._committer.submit(proposal.changes, event))
        await self._others.wait_until_applied(directory.revision)
        return proposal.result


def commit_and_wait(committer: Committer, changes: Changes, event: Event) -> Directory:
    """Commit changes and return the directory after them; blocks until they are durable.

    Only where nobody else writes: at the start, or in a command that has the data to itself.
    """
    if not changes:
        return committer.directory
    return committer.submit(changes, _encoder.encode(event)).result()
