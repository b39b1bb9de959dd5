"""Commit what was decided, or have it decided again: the one place that does, for the API, the gate and the operator.

What is committed was decided on the very snapshot that it builds on, and becomes durable together with what the audit log is told
of it. Not here: what is decided, and in whose words a refusal is told.
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
from daypass.server.others import Alone, Others
from daypass.state.changes import Changes
from daypass.state.commits import Committer
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Stale, Unavailable

T = TypeVar("T")
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Proposal(Generic[T]):
    """Changes, the event that tells of them, and what is returned once both are durable."""

    changes: Changes
    event: Event
    result: T


class Settler:
    """Commits proposals in the order in which they come; writers of one partition take turns."""

    def __init__(
        self, committer: Committer, recorder: Recorder, others: Others | None = None
    ) -> None:
        """Have what is committed known by `others` before it is answered."""
        self._committer = committer
        self._recorder = recorder
        self._others = others or Alone()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Whose turn it is; a lock that nobody holds or waits for is forgotten."""

    async def settle(
        self,
        propose: Callable[[], Awaitable[Proposal[T]]],
        turns: Sequence[str] = (),
        *,
        first: Proposal[T] | None = None,
        asks_store: bool = False,
    ) -> T:
        """Return the result of a proposal that is durable.

        `propose` decides on the snapshot of the moment, and again if somebody else was first; who is overtaken again and again
        decides while nobody commits. `first` is a proposal that was made already, and is taken while what it stands on has not moved.
        `turns` names, in order, what only one at a time should change, so that a crowd of writers costs one run each. `asks_store`
        says that `propose` waits for the store: others may always be first, then. Raises what `propose` raises, a ticket's own fault,
        `Unavailable` where the storage or the audit log refuses, `Conflict` if overtaken too often.
        """
        if first is not None and not first.changes.records:
            # A code is taken without a turn: whoever signs in does not wait for those who change the account.
            try:
                return await self._commit(first)
            except Stale:
                pass
        since = clock.monotonic()
        locks = [self._turns.setdefault(name, asyncio.Lock()) for name in turns]
        async with AsyncExitStack() as held:
            for lock in locks:
                await held.enter_async_context(lock)
            waited = clock.monotonic() - since
            if waited > limits.REFUSED_SECONDS_MAX and not self._committer.is_healthy:
                # Each of a crowd would wait for a refusal of its own.
                raise Unavailable("The request could not be stored in time.")
            if first is not None and self._committer.directory.has_moved(first.changes):
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
        """Decide while nobody else commits; raises `Stale` if that takes too long."""
        reservation = self._committer.reserve()
        try:
            await asyncio.wrap_future(reservation.begun)
            proposal = await propose()
            if not proposal.changes:
                return proposal.result
            self._recorder.expect_commit()
            event = _encoder.encode(proposal.event)
            committing = self._committer.commit_reserved(reservation, proposal.changes, event)
            after = await asyncio.wrap_future(committing)
        finally:
            reservation.give_up()
        await self._others.passed(after.revision)
        return proposal.result

    async def _commit(self, proposal: Proposal[T]) -> T:
        """Return a proposal's result once its changes and its event are durable, and known wherever requests are answered from this data.

        Raises `Stale` if what they were made from has moved.
        """
        if not proposal.changes:
            return proposal.result
        self._recorder.expect_commit()
        event = _encoder.encode(proposal.event)
        after = await asyncio.wrap_future(self._committer.submit(proposal.changes, event))
        await self._others.passed(after.revision)
        return proposal.result


def settle_at_once(committer: Committer, changes: Changes, event: Event) -> Directory:
    """Return the directory after changes where nobody else writes yet: at the start, or in a command that has the data alone."""
    if not changes:
        return committer.directory
    return committer.submit(changes, _encoder.encode(event)).result()
