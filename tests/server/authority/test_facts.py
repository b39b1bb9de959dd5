"""Facts are looked up outside a run: once for all calls, within a deadline, cached for a time."""

import asyncio
from dataclasses import dataclass, field

import pytest

from daypass.core.faults import Denied
from daypass.server import limits
from daypass.server.authority.facts import TIMED_OUT, TOO_MANY_LOOKUPS, FactFinder
from daypass.services.kit.external_facts import CachedFact, ExternalFact
from daypass.state.store import Unavailable


class Site:
    """A source of facts: notes each lookup, and answers while its gate is open."""

    def __init__(self, answer="keys"):
        self.asked, self.answer = [], answer
        self.gate = asyncio.Event()
        self.gate.set()

    async def get(self, name):
        self.asked.append(name)
        await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return f"{self.answer} of {name}"


@dataclass(frozen=True)
class Jwks(CachedFact[str]):
    issuer: str
    site: Site = field(compare=False)
    cache_seconds = 60.0
    refusal_cache_seconds = 5.0

    async def fetch(self):
        return await self.site.get(self.issuer)


@dataclass(frozen=True)
class Verdict(ExternalFact[str]):
    word: str
    site: Site = field(compare=False)

    async def fetch(self):
        return await self.site.get(self.word)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def run(scenario):
    """Run a scenario with a clock that stands until it is set."""
    clock = Clock()

    async def inside():
        return await scenario(FactFinder(monotonic=clock), clock)

    return asyncio.run(inside())


def test_a_shared_fact_is_looked_up_again_only_after_it_expires() -> None:
    async def scenario(facts, clock):
        site = Site()
        asked = []
        for seconds in (0.0, 59.0, 1.0, 0.0):
            clock.now += seconds
            found = await facts.find(Jwks("one", site), end=clock.now + 1)
            asked.append((found.value, len(site.asked)))
        return asked

    assert run(scenario) == [
        ("keys of one", 1),
        ("keys of one", 1),
        ("keys of one", 2),
        ("keys of one", 2),
    ]


def test_a_refused_fact_is_cached_for_its_own_time() -> None:
    async def scenario(facts, clock):
        site = Site(Denied("There is no such issuer."))
        asked = []
        for seconds in (0.0, 4.0, 1.0):
            clock.now += seconds
            found = await facts.find(Jwks("one", site), end=clock.now + 1)
            asked.append((type(found.fault), len(site.asked)))
        return asked

    assert run(scenario) == [(Denied, 1), (Denied, 1), (Denied, 2)]


def test_facts_with_different_values_are_looked_up_separately() -> None:
    async def scenario(facts, clock):
        site = Site()
        found = [await facts.find(Jwks(name, site), end=clock.now + 1) for name in ("one", "two")]
        return [each.value for each in found]

    assert run(scenario) == ["keys of one", "keys of two"]


def test_concurrent_calls_share_one_lookup() -> None:
    async def scenario(facts, clock):
        site = Site()
        site.gate.clear()
        waiting = [
            asyncio.ensure_future(facts.find(Jwks("one", site), end=clock.now + 60))
            for _ in range(50)
        ]
        while not site.asked:  # noqa: ASYNC110 - turns of the loop are counted, not time
            await asyncio.sleep(0)
        site.gate.set()
        found = await asyncio.gather(*waiting)
        return len(site.asked), {each.value for each in found}

    assert run(scenario) == (1, {"keys of one"})


def test_a_fact_of_one_call_is_never_cached() -> None:
    async def scenario(facts, clock):
        site = Site()
        for _ in range(3):
            await facts.find(Verdict("sesame", site), end=clock.now + 1)
        return len(site.asked)

    assert run(scenario) == 3


@pytest.mark.parametrize("kind", [Jwks, Verdict])
def test_a_call_past_its_deadline_gets_unavailable(kind) -> None:
    async def scenario(facts, clock):
        site = Site()
        site.gate.clear()
        found = await facts.find(kind("one", site), end=clock.now)
        return type(found.fault), found.fault.message

    assert run(scenario) == (Unavailable, TIMED_OUT)


def test_a_lookup_goes_on_when_one_call_passes_its_deadline() -> None:
    async def scenario(facts, clock):
        site = Site()
        site.gate.clear()
        late = await facts.find(Jwks("one", site), end=clock.now)
        waiting = asyncio.ensure_future(facts.find(Jwks("one", site), end=clock.now + 60))
        await asyncio.sleep(0)
        site.gate.set()
        return late.fault.message, (await waiting).value, len(site.asked)

    assert run(scenario) == (TIMED_OUT, "keys of one", 1)


def test_a_lookup_that_fails_by_a_bug_is_not_cached() -> None:
    async def scenario(facts, clock):
        site = Site(KeyError("kid"))
        for _ in range(2):
            with pytest.raises(KeyError):
                await facts.find(Jwks("one", site), end=clock.now + 1)
        return len(site.asked)

    assert run(scenario) == 2


def test_concurrent_lookups_are_bounded() -> None:
    async def scenario(facts, clock):
        site = Site()
        site.gate.clear()
        waiting = [
            asyncio.ensure_future(facts.find(Jwks(f"{n}", site), end=clock.now + 60))
            for n in range(limits.FACT_LOOKUPS_MAX)
        ]
        while len(site.asked) < limits.FACT_LOOKUPS_MAX:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0)
        beyond = await facts.find(Jwks("beyond", site), end=clock.now + 60)
        site.gate.set()
        await asyncio.gather(*waiting)
        return beyond.fault.message, "beyond" in site.asked

    assert run(scenario) == (TOO_MANY_LOOKUPS, False)


def test_cached_facts_are_bounded_and_the_oldest_is_dropped() -> None:
    async def scenario(facts, clock):
        site = Site()
        for number in range(limits.FACTS_CACHED_MAX + 1):
            await facts.find(Jwks(f"{number}", site), end=clock.now + 1)
        before = len(site.asked)
        for name in ("1", "0"):
            await facts.find(Jwks(name, site), end=clock.now + 1)
        return site.asked[before:]

    assert run(scenario) == ["0"]
