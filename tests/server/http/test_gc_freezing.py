"""Records are frozen, so that the garbage collector does not walk through them."""

import gc

import pytest

from daypass.server import limits
from daypass.server.http.gc_freezing import GcFreezer


@pytest.fixture
def frozen(monkeypatch):
    """Count the calls of `gc.freeze`."""
    times = []
    monkeypatch.setattr(gc, "freeze", lambda: times.append(1))
    return times


def test_new_records_are_frozen_once_they_are_many(frozen) -> None:
    records = [7]
    freezer = GcFreezer(lambda: records[0])
    seen = []
    for more in (0, limits.RECORDS_FROZEN_TOGETHER - 1, 1, 1, limits.RECORDS_FROZEN_TOGETHER):
        records[0] += more
        freezer.tick()
        seen.append(len(frozen))

    assert seen == [0, 0, 1, 1, 2]


def test_a_start_freezes_everything(frozen) -> None:
    records = [0]
    freezer = GcFreezer(lambda: records[0])
    records[0] += limits.RECORDS_FROZEN_TOGETHER
    freezer.freeze_start()
    freezer.tick()

    assert len(frozen) == 1


def test_a_server_counts_the_records_that_it_puts(live) -> None:
    before = live.data.committer.records_put
    live.client("iam").create_user(UserName="long-lived")
    live.client("iam").delete_user(UserName="long-lived")

    assert live.data.committer.records_put >= before + 2
