"""A worker requests the metrics of all workers from its parent, again if no page arrived."""

import asyncio
from types import SimpleNamespace

import pytest

from daypass.server import limits
from daypass.server.health.metrics import Metrics
from daypass.server.workers import channel
from daypass.server.workers.channel import ChannelMessage
from daypass.server.workers.scoreboard import Scoreboard
from daypass.server.workers.worker_process import WorkerProcess


@pytest.fixture
def worker():
    """A worker, and the parent's end of what they say to each other."""
    scoreboard = Scoreboard(["1", "2"])
    ours, theirs = channel.channel_pair()
    data = SimpleNamespace(committer=SimpleNamespace(catch_up=None))
    yield WorkerProcess(scoreboard, scoreboard.slots[0], theirs, data, None), ours
    ours.close()
    theirs.close()


def test_a_page_that_never_arrived_is_requested_again(worker, monkeypatch) -> None:
    process, parent = worker

    async def twice():
        monkeypatch.setattr(limits, "GATHERING_SECONDS_MAX", 0.0)
        with pytest.raises(TimeoutError):
            await process.metrics_page(Metrics())
        monkeypatch.setattr(limits, "GATHERING_SECONDS_MAX", 3_600.0)
        asked = asyncio.ensure_future(process.metrics_page(Metrics()))
        await asyncio.sleep(0)
        process._receive_page("the page")
        return await asked

    assert asyncio.run(twice()) == "the page"
    assert [parent.receive(), parent.receive()] == [(ChannelMessage.REQUEST_PAGE, None)] * 2


def test_simultaneous_requests_for_metrics_ask_the_parent_once(worker, monkeypatch) -> None:
    process, parent = worker
    monkeypatch.setattr(limits, "GATHERING_SECONDS_MAX", 3_600.0)

    async def together():
        asked = [asyncio.ensure_future(process.metrics_page(Metrics())) for _ in range(3)]
        await asyncio.sleep(0)
        process._receive_page("the page")
        return await asyncio.gather(*asked)

    assert asyncio.run(together()) == ["the page"] * 3
    assert (parent.receive(), parent.receive()) == ((ChannelMessage.REQUEST_PAGE, None), None)


def test_without_a_parent_there_is_no_page(worker) -> None:
    process, parent = worker
    parent.close()

    async def ask():
        with pytest.raises(TimeoutError):
            await process.metrics_page(Metrics())

    asyncio.run(ask())
