"""The memory that workers share: their slots, wake-ups, and the deadline of the database's lock."""

import os
import select
import threading

import pytest

from daypass.server.workers.scoreboard import Scoreboard
from daypass.state.database.database_lock import LOADING_SECONDS_MAX, TRANSACTION_SECONDS_MAX


@pytest.fixture
def scoreboard():
    return Scoreboard(["1", "2", "3"])


def is_woken(scoreboard, slot):
    return bool(select.select([scoreboard.wakeup_descriptor(slot)], [], [], 0)[0])


def test_only_live_workers_that_lack_the_commit_are_behind(scoreboard) -> None:
    one, two, three = scoreboard.slots
    for slot, applied in ((one, 7), (two, 6)):
        slot.mark_live()
        slot.applied_commit = applied
    three.applied_commit = 5

    assert [slot.name for slot in scoreboard.slots_behind(7, other_than=one)] == ["2"]
    assert scoreboard.slots_behind(6, other_than=one) == []
    assert scoreboard.newest_commit == 7


def test_a_new_worker_is_behind_until_it_has_set_its_commit(scoreboard) -> None:
    one, two, _ = scoreboard.slots
    two.mark_live()

    assert scoreboard.slots_behind(1, other_than=one) == [two]


def test_a_workers_root_key_is_0_until_it_is_set(scoreboard) -> None:
    slot = scoreboard.slots[0]
    before = slot.newest_root_key
    slot.newest_root_key = 7

    assert (before, slot.newest_root_key, scoreboard.slots[1].newest_root_key) == (0, 7, 0)


def test_a_cleared_slot_is_empty(scoreboard) -> None:
    one, two, _ = scoreboard.slots
    two.mark_live()
    two.applied_commit, two.is_ready, two.is_waiting = 9, True, True
    two.set_lock_deadline(1.0, now=10.0)
    two.clear()

    assert (two.is_live, two.applied_commit, two.is_ready, two.is_waiting) == (
        False,
        0,
        False,
        False,
    )
    assert not two.is_lock_overdue(now=1_000.0)
    assert scoreboard.newest_commit == 0
    assert scoreboard.slots_behind(1, other_than=one) == []


def test_a_woken_workers_descriptor_is_readable_until_it_is_cleared(scoreboard) -> None:
    one, two, _ = scoreboard.slots
    scoreboard.wake([two, two])

    assert not is_woken(scoreboard, one)
    assert is_woken(scoreboard, two)
    scoreboard.clear_wakeup(two)
    assert not is_woken(scoreboard, two)
    scoreboard.clear_wakeup(two)


@pytest.mark.parametrize(("now", "is_overdue"), [(10.0, False), (12.0, False), (12.1, True)])
def test_the_lock_is_overdue_after_its_deadline(scoreboard, now, is_overdue) -> None:
    slot = scoreboard.slots[0]
    slot.set_lock_deadline(2.0, now=10.0)

    assert slot.is_lock_overdue(now) is is_overdue
    slot.set_lock_deadline(0, now=10.0)
    assert not slot.is_lock_overdue(now)


def test_a_forked_process_writes_into_the_same_memory(scoreboard) -> None:
    slot = scoreboard.slots[1]
    pid = os.fork()
    if pid == 0:
        slot.mark_live()
        slot.applied_commit = 2**63
        os._exit(0)
    os.waitpid(pid, 0)

    assert slot.is_live
    assert slot.applied_commit == 2**63


class LockHolder:
    """The lock of one process, and the deadlines it has set."""

    def __init__(self, scoreboard):
        self.deadlines = []
        self.lock = scoreboard.database_lock(self.deadlines.append)


def test_readers_share_the_lock_and_a_writer_has_it_alone(scoreboard) -> None:
    one, two, writer = LockHolder(scoreboard), LockHolder(scoreboard), LockHolder(scoreboard)
    order, reading = [], threading.Event()

    def write():
        reading.wait()
        with writer.lock.hold(alone=True):
            order.append("written")

    thread = threading.Thread(target=write)
    thread.start()
    with one.lock.hold(alone=False), two.lock.hold(alone=False):
        reading.set()
        with scoreboard.block_writers() as is_blocked:
            assert is_blocked
        order.append("read")
    thread.join()

    assert order == ["read", "written"]
    for each in (one, two, writer):
        each.lock.close()


def test_the_parent_waits_for_no_writer(scoreboard) -> None:
    writer = LockHolder(scoreboard)
    with writer.lock.hold(alone=True), scoreboard.block_writers() as is_blocked:
        assert not is_blocked
    with scoreboard.block_writers() as is_blocked:
        assert is_blocked
    writer.lock.close()


def test_a_holder_of_the_lock_sets_a_deadline(scoreboard) -> None:
    each = LockHolder(scoreboard)
    with each.lock.hold(alone=True):
        each.lock.expect_loading()
    with pytest.raises(ZeroDivisionError), each.lock.hold(alone=False):
        raise ZeroDivisionError
    each.lock.close()

    assert each.deadlines == [
        TRANSACTION_SECONDS_MAX,
        LOADING_SECONDS_MAX,
        0,
        TRANSACTION_SECONDS_MAX,
        0,
    ]


def test_the_lock_ends_with_the_process_that_holds_it(scoreboard) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with LockHolder(scoreboard).lock.hold(alone=True):
            os.write(writing, b"held")
            select.select([], [], [])
    os.read(reading, 4)
    with scoreboard.block_writers() as is_blocked:
        assert not is_blocked
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    each = LockHolder(scoreboard)
    with each.lock.hold(alone=True):
        pass
    each.lock.close()
    os.close(reading)
    os.close(writing)
