"""The memory that workers share: who is there, how far, and for how long the database's lock is promised."""

import os
import select
import threading

import pytest

from daypass.server.workers.board import Board
from daypass.state.database.database_lock import LOADING_SECONDS_MAX, TRANSACTION_SECONDS_MAX


@pytest.fixture
def board():
    return Board(["1", "2", "3"])


def has_rung(board, place):
    return bool(select.select([board.bell(place)], [], [], 0)[0])


def test_only_workers_that_serve_and_have_not_come_as_far_are_lagging(board) -> None:
    one, two, three = board.places
    for place, applied in ((one, 7), (two, 6)):
        place.enter()
        place.applied = applied
    three.applied = 5

    assert [place.name for place in board.lagging(7, beside=one)] == ["2"]
    assert board.lagging(6, beside=one) == []
    assert board.newest == 7


def test_one_that_enters_is_lagging_until_it_says_how_far_it_is(board) -> None:
    one, two, _ = board.places
    two.enter()

    assert board.lagging(1, beside=one) == [two]


def test_a_worker_opens_no_root_key_before_it_says_so(board) -> None:
    place = board.places[0]
    before = place.opens
    place.opens = 7

    assert (before, place.opens, board.places[1].opens) == (0, 7, 0)


def test_one_that_has_left_is_nowhere(board) -> None:
    one, two, _ = board.places
    two.enter()
    two.applied, two.is_ready, two.is_waiting = 9, True, True
    two.promise(1.0, now=10.0)
    two.leave()

    assert (two.is_live, two.applied, two.is_ready, two.is_waiting) == (False, 0, False, False)
    assert not two.is_overdue(now=1_000.0)
    assert board.newest == 0
    assert board.lagging(1, beside=one) == []


def test_whoever_is_rung_can_be_woken_until_it_has_taken_note(board) -> None:
    one, two, _ = board.places
    board.ring([two, two])

    assert not has_rung(board, one)
    assert has_rung(board, two)
    board.silence(two)
    assert not has_rung(board, two)
    board.silence(two)


@pytest.mark.parametrize(("now", "is_overdue"), [(10.0, False), (12.0, False), (12.1, True)])
def test_the_lock_may_be_held_for_as_long_as_was_promised(board, now, is_overdue) -> None:
    place = board.places[0]
    place.promise(2.0, now=10.0)

    assert place.is_overdue(now) is is_overdue
    place.promise(0, now=10.0)
    assert not place.is_overdue(now)


def test_what_a_forked_process_says_is_seen_here(board) -> None:
    place = board.places[1]
    pid = os.fork()
    if pid == 0:
        place.enter()
        place.applied = 2**63
        os._exit(0)
    os.waitpid(pid, 0)

    assert place.is_live
    assert place.applied == 2**63


class Held:
    """The lock as some process has it, and what it has promised."""

    def __init__(self, board):
        self.promised = []
        self.lock = board.lock(self.promised.append)


def test_the_lock_is_had_by_readers_together_and_by_a_writer_alone(board) -> None:
    one, two, writer = Held(board), Held(board), Held(board)
    order, reading = [], threading.Event()

    def write():
        reading.wait()
        with writer.lock.held(alone=True):
            order.append("written")

    thread = threading.Thread(target=write)
    thread.start()
    with one.lock.held(alone=False), two.lock.held(alone=False):
        reading.set()
        with board.reading() as is_free:
            assert is_free
        order.append("read")
    thread.join()

    assert order == ["read", "written"]
    for each in (one, two, writer):
        each.lock.close()


def test_the_parent_waits_for_no_writer(board) -> None:
    writer = Held(board)
    with writer.lock.held(alone=True), board.reading() as is_free:
        assert not is_free
    with board.reading() as is_free:
        assert is_free
    writer.lock.close()


def test_who_holds_the_lock_has_promised_for_how_long(board) -> None:
    each = Held(board)
    with each.lock.held(alone=True):
        each.lock.hold_longer()
    with pytest.raises(ZeroDivisionError), each.lock.held(alone=False):
        raise ZeroDivisionError
    each.lock.close()

    assert each.promised == [TRANSACTION_SECONDS_MAX, LOADING_SECONDS_MAX, 0, TRANSACTION_SECONDS_MAX, 0]  # fmt: skip


def test_the_lock_ends_with_the_process_that_holds_it(board) -> None:
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        with Held(board).lock.held(alone=True):
            os.write(tell, b"held")
            select.select([], [], [])
    os.read(told, 4)
    with board.reading() as is_free:
        assert not is_free
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    each = Held(board)
    with each.lock.held(alone=True):
        pass
    each.lock.close()
    os.close(told)
    os.close(tell)
