"""Answers to changes wait until every worker has them.

Refusals wait until this one has what others know.
"""

import asyncio
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from daypass.server import limits
from daypass.server.workers.commit_barrier import CommitBarrier
from daypass.server.workers.scoreboard import Scoreboard
from daypass.state.store import Unavailable


class Worker:
    """A barrier with a database that it looks at when it is told to.

    `head` is what it would find there.
    """

    def __init__(self, scoreboard, slot):
        self.scoreboard, self.slot = scoreboard, slot
        self.head = 0
        self.looks = []
        self.asked = asyncio.Queue()
        self.missed = []
        self.is_quick = True
        self.barrier = CommitBarrier(
            scoreboard, slot, self.refresh, lambda seq, names: self.missed.append((seq, [*names]))
        )

    def refresh(self):
        future = Future()
        self.looks.append(future)
        self.asked.put_nowait(future)
        if self.is_quick:
            self.look()
        return future

    def look(self):
        self.apply(self.head)
        self.looks[-1].set_result(None)

    def apply(self, seq):
        self.barrier.report_applied(SimpleNamespace(revision=seq))


@pytest.fixture
def workers():
    scoreboard = Scoreboard(["1", "2"])
    return [Worker(scoreboard, slot) for slot in scoreboard.slots]


def running(test):
    """Run a test in an event loop where both workers serve."""

    async def run(workers):
        for each in workers:
            each.barrier.join()
        try:
            await test(*workers)
        finally:
            for each in workers:
                each.barrier.leave()

    return lambda workers: asyncio.run(run(workers))


@pytest.fixture
def patient(monkeypatch):
    """Nobody waits for so long that it matters how long a test takes."""
    monkeypatch.setattr(limits, "BARRIER_SECONDS_MAX", 3_600.0)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(limits, "BARRIER_SECONDS_MAX", 0.0)


@running
async def _comes_along(one, two):
    two.head = 5
    one.apply(5)
    await one.barrier.wait_until_applied(5)
    assert two.slot.applied_commit == 5
    assert len(two.looks) == 1


def test_an_answer_waits_until_the_other_worker_has_applied_the_change(workers, patient) -> None:
    _comes_along(workers)


@running
async def _one_look_for_all(one, two):
    two.head, two.is_quick = 7, False
    one.apply(7)
    waiting = [asyncio.ensure_future(one.barrier.wait_until_applied(seq)) for seq in (5, 6, 7)]
    await two.asked.get()
    assert not any(each.done() for each in waiting)
    two.look()
    await asyncio.gather(*waiting)
    assert len(two.looks) == 1
    assert not one.slot.is_waiting


def test_many_answers_cost_the_other_worker_one_refresh(workers, patient) -> None:
    _one_look_for_all(workers)


@running
async def _no_bell(one, two):
    one.apply(5)
    two.apply(5)
    two.slot.applied_commit = 4
    passed = asyncio.ensure_future(one.barrier.wait_until_applied(5))
    await asyncio.sleep(0)
    # Not by way of `report_applied`: as if the bell had been lost.
    two.slot.applied_commit = 5
    await passed


def test_a_lost_wakeup_delays_an_answer_and_blocks_none(workers, patient) -> None:
    _no_bell(workers)


@running
async def _gone(one, two):
    two.is_quick = False
    one.apply(5)
    passed = asyncio.ensure_future(one.barrier.wait_until_applied(5))
    await asyncio.sleep(0)
    two.slot.clear()
    await passed
    assert one.missed == []


def test_a_dead_worker_is_not_waited_for(workers, patient) -> None:
    _gone(workers)


@running
async def _missed(one, two):
    two.is_quick = False
    one.apply(5)
    await one.barrier.wait_until_applied(5)
    await one.barrier.wait_until_applied(5)
    assert one.missed == [(5, ["2"])]
    assert one.barrier.early_answers == 2
    two.apply(5)
    await one.barrier.wait_until_applied(5)
    two.slot.applied_commit = 4
    await one.barrier.wait_until_applied(5)
    assert one.missed == [(5, ["2"]), (5, ["2"])]
    assert not one.slot.is_waiting


def test_a_worker_that_is_late_is_reported_once_until_it_has_caught_up(workers, impatient) -> None:
    _missed(workers)


@running
async def _behind(one, two):
    one.head = 5
    assert not one.barrier.is_behind
    two.apply(5)
    assert one.barrier.is_behind
    await one.barrier.catch_up()
    assert not one.barrier.is_behind
    await one.barrier.catch_up()
    assert len(one.looks) == 1


def test_only_a_worker_that_is_behind_refreshes_its_directory(workers, patient) -> None:
    _behind(workers)


@running
async def _too_early(one, two):
    one.is_quick = False
    one.head = 4
    two.apply(4)
    first = asyncio.ensure_future(one.barrier.catch_up())
    await one.asked.get()
    two.apply(5)
    second = asyncio.ensure_future(one.barrier.catch_up())
    await asyncio.sleep(0)
    one.look()
    await one.asked.get()
    assert not second.done()
    one.head = 5
    one.look()
    await asyncio.gather(first, second)
    assert one.slot.applied_commit == 5


def test_a_refresh_that_began_too_early_is_followed_by_another(workers, patient) -> None:
    _too_early(workers)


@running
async def _refused(one, two):
    def refuse():
        future = Future()
        future.set_exception(Unavailable("The store is closed."))
        return future

    one.barrier._refresh = refuse
    two.apply(5)
    await one.barrier.catch_up()
    assert one.barrier.is_behind


def test_a_database_that_cannot_be_read_ends_catching_up(workers, patient) -> None:
    _refused(workers)
