"""Finding out what a call needs beside the snapshot: away from its run, within one deadline, a kept fact once for all who need it.

Not here: which fact a run needs (it names it), and how a fact is found (it knows that itself).
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from daypass.core.faults import Fault
from daypass.core.guesses import Guess
from daypass.core.sources import Clock
from daypass.server import clock, limits
from daypass.server.authority.guesses import Guesses
from daypass.server.others import Others
from daypass.services.kit.fact import Fact, Found, Kept
from daypass.state.store import Unavailable

LATE = "What the request needs could not be found out in time."
BUSY = "Too much is being found out for other requests; try again."


@dataclass(frozen=True, slots=True)
class Attempt(Fact[Guess]):
    """That a guess at a one-time code is counted, durably: nobody may look at the code before."""

    subject: str
    """Whose guesses are counted."""
    guesses: Guesses = field(compare=False, repr=False)
    steady: int = field(compare=False)
    """When it is made, in seconds of steady time."""

    async def find(self) -> Guess:
        """Return the guess, counted; raises `Throttled` for one that has to wait, which is not counted."""
        return await asyncio.wrap_future(self.guesses.count(self.subject, self.steady))


@dataclass(frozen=True, slots=True)
class Fresh(Fact[None]):
    """That this server knows what the others knew when the call was about to be refused."""

    others: Others = field(compare=False, repr=False)

    async def find(self) -> None:
        """Return when that is so, or will not be soon."""
        await self.others.caught_up()


class Facts:
    """Finds facts, and keeps those that all calls share."""

    def __init__(self, *, monotonic: Clock = clock.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: dict[Kept[Any], tuple[Found, float]] = {}
        """What became of each kept fact, and when that is to be found out anew; the oldest first."""
        self._flights: dict[Kept[Any], asyncio.Task[Found]] = {}

    async def find(self, fact: Fact[Any], *, end: float) -> Found:
        """Return what became of a fact, by the moment `end` of the monotonic clock at the latest; then `Unavailable` is its fault.

        Raises whatever else finding it out raises: a failure of ours, which is never kept.
        """
        if isinstance(fact, Kept):
            return await self._shared(fact, end)
        return await self._found(fact, end - self._monotonic())

    async def _shared(self, fact: Kept[Any], end: float) -> Found:
        kept = self._kept.get(fact)
        if kept is not None and self._monotonic() < kept[1]:
            return kept[0]
        flight = self._flights.get(fact)
        if flight is None:
            if len(self._flights) >= limits.FLIGHTS_MAX:
                return Found(fault=Unavailable(BUSY))
            flight = self._flights[fact] = asyncio.create_task(self._fly(fact))
            flight.add_done_callback(_look_at)
        done, _ = await asyncio.wait([flight], timeout=max(0.0, end - self._monotonic()))
        # Whoever waits for too long goes; the flight goes on for the others.
        return flight.result() if done else Found(fault=Unavailable(LATE))

    async def _fly(self, fact: Kept[Any]) -> Found:
        """Find a fact out for everybody, and keep what became of it."""
        try:
            found = await self._found(fact, limits.FACT_SECONDS_MAX)
        finally:
            del self._flights[fact]
        seconds = fact.refused_seconds if found.fault else fact.seconds
        self._kept.pop(fact, None)
        while len(self._kept) >= limits.FACTS_KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[fact] = (found, self._monotonic() + seconds)
        return found

    async def _found(self, fact: Fact[Any], seconds: float) -> Found:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                return Found(await fact.find())
        except TimeoutError:
            return Found(fault=Unavailable(LATE))
        except Fault as fault:
            return Found(fault=fault)


def _look_at(flight: "asyncio.Task[Found]") -> None:
    """Look at how a flight ended, even if nobody waits for it any more."""
    if not flight.cancelled():
        flight.exception()
