"""What a server knows is no work for the garbage collector, whenever it came to be known."""

import gc

import pytest

from daypass.server import limits
from daypass.server.http.gc_freezing import GcFreezer


@pytest.fixture
def frozen(monkeypatch):
    """Count how often what is there is taken out of the collector's sight."""
    times = []
    monkeypatch.setattr(gc, "freeze", lambda: times.append(1))
    return times


def test_what_comes_is_taken_out_of_sight_when_it_is_much(frozen) -> None:
    kept = [7]
    long_lived = GcFreezer(lambda: kept[0])
    seen = []
    for more in (0, limits.RECORDS_FROZEN_TOGETHER - 1, 1, 1, limits.RECORDS_FROZEN_TOGETHER):
        kept[0] += more
        long_lived.tick()
        seen.append(len(frozen))

    assert seen == [0, 0, 1, 1, 2]


def test_a_start_takes_everything_out_of_sight(frozen) -> None:
    kept = [0]
    long_lived = GcFreezer(lambda: kept[0])
    kept[0] += limits.RECORDS_FROZEN_TOGETHER
    long_lived.collect_and_freeze()
    long_lived.tick()

    assert len(frozen) == 1


def test_a_server_counts_the_records_that_it_puts(live) -> None:
    before = live.data.committer.records_put
    live.client("iam").create_user(UserName="long-lived")
    live.client("iam").delete_user(UserName="long-lived")

    assert live.data.committer.records_put >= before + 2
