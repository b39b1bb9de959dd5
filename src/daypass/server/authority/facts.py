"""Finds the facts that calls need beside the snapshot, within one deadline per call.

A fact that all calls share (`CachedFact`) is looked up once for all of them and cached. Which fact
a run needs, and how that fact is found, is said elsewhere: by the run and by the fact's class.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from daypass.core.faults import Fault
from daypass.core.guesses import RecordedGuess
from daypass.core.sources import Clock
from daypass.server import clock, limits
from daypass.server.authority.guesses import GuessCounter
from daypass.server.other_workers import OtherWorkers
from daypass.services.kit.external_facts import CachedFact, ExternalFact, FactOutcome
from daypass.state.store import Unavailable

TIMED_OUT = "What the request needs could not be found out in time."
TOO_MANY_LOOKUPS = "Too much is being found out for other requests; try again."


@dataclass(frozen=True, slots=True)
class CountedGuess(ExternalFact[RecordedGuess]):
    """The fact that a guess at a one-time code is counted durably; no code is compared before."""

    subject: str
    """The caller whose guesses are counted."""
    guesses: GuessCounter = field(compare=False, repr=False)
    steady: int = field(compare=False)
    """When the guess is made, in seconds of steady time."""

    async def fetch(self) -> RecordedGuess:
        """Return the guess, counted; raises `Throttled`, without counting, if it has to wait."""
        return await asyncio.wrap_future(self.guesses.count(self.subject, self.steady))


@dataclass(frozen=True, slots=True)
class CaughtUp(ExternalFact[None]):
    """The fact that this worker has applied what the others had when a call was to be refused."""

    others: OtherWorkers = field(compare=False, repr=False)

    async def fetch(self) -> None:
        """Return when this worker has caught up, or the wait for that was given up."""
        await self.others.catch_up()


class FactFinder:
    """Finds facts, and caches those that all calls share."""

    def __init__(self, *, monotonic: Clock = clock.monotonic) -> None:
        self._monotonic = monotonic
        self._cache: dict[CachedFact[Any], tuple[FactOutcome, float]] = {}
        """The result of each shared fact and when it expires; the oldest first."""
        self._lookups: dict[CachedFact[Any], asyncio.Task[FactOutcome]] = {}
        """The running lookups of shared facts."""

    async def find(self, fact: ExternalFact[Any], *, end: float) -> FactOutcome:
        """Return a fact's value or fault; `Unavailable` at the moment `end` of the monotonic clock.

        Raises any other exception of the lookup: an internal failure, which is never cached.
        """
        if isinstance(fact, CachedFact):
            return await self._find_shared(fact, end)
        return await self._look_up(fact, end - self._monotonic())

    async def _find_shared(self, fact: CachedFact[Any], end: float) -> FactOutcome:
        cached = self._cache.get(fact)
        if cached is not None and self._monotonic() < cached[1]:
            return cached[0]
        lookup = self._lookups.get(fact)
        if lookup is None:
            if len(self._lookups) >= limits.FACT_LOOKUPS_MAX:
                return FactOutcome(fault=Unavailable(TOO_MANY_LOOKUPS))
            lookup = self._lookups[fact] = asyncio.create_task(self._look_up_and_cache(fact))
            lookup.add_done_callback(_retrieve_exception)
        done, _ = await asyncio.wait([lookup], timeout=max(0.0, end - self._monotonic()))
        # A call that has waited too long stops waiting; the lookup goes on for the others.
        return lookup.result() if done else FactOutcome(fault=Unavailable(TIMED_OUT))

    async def _look_up_and_cache(self, fact: CachedFact[Any]) -> FactOutcome:
        try:
            found = await self._look_up(fact, limits.FACT_SECONDS_MAX)
        finally:
            del self._lookups[fact]
        seconds = fact.refusal_cache_seconds if found.fault else fact.cache_seconds
        self._cache.pop(fact, None)
        while len(self._cache) >= limits.FACTS_CACHED_MAX:
            del self._cache[next(iter(self._cache))]
        self._cache[fact] = (found, self._monotonic() + seconds)
        return found

    async def _look_up(self, fact: ExternalFact[Any], seconds: float) -> FactOutcome:
        """Return a fact's value or the fault it ended with, after at most `seconds`."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                return FactOutcome(await fact.fetch())
        except TimeoutError:
            return FactOutcome(fault=Unavailable(TIMED_OUT))
        except Fault as fault:
            return FactOutcome(fault=fault)


def _retrieve_exception(lookup: "asyncio.Task[FactOutcome]") -> None:
    """Read a lookup's exception: asyncio logs one that is never read, if all callers have left."""
    if not lookup.cancelled():
        lookup.exception()
