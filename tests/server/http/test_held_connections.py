"""A connection whose request was refused is not read for a while, by a fake clock and timer."""

import pytest

from daypass.server import limits
from daypass.server.http.overload.held_connections import HeldConnections


class Timer:
    def __init__(self):
        self.now = 50.0
        self.looks = []
        self.is_behind = True
        self.read = []
        self.held = HeldConnections(self.later, lambda: self.now, lambda: self.is_behind)

    def later(self, seconds, look):
        self.looks.append((self.now + seconds, look))

    def add(self, count):
        for at in range(count):
            self.held.add(lambda at=at: self.read.append(at))

    def look(self):
        """Move on to when is looked next; return how many may be read again."""
        before = len(self.read)
        self.now, look = self.looks.pop()
        look()
        return len(self.read) - before


def test_while_requests_wait_nobody_is_read_before_its_time() -> None:
    timer = Timer()
    timer.add(3)

    while timer.looks:
        assert not timer.read
        before = timer.now
        timer.look()
    assert timer.read == [0, 1, 2]
    assert before < 50 + limits.HOLD_SECONDS <= timer.now


def test_once_no_request_waits_for_too_long_who_is_held_is_read_again() -> None:
    timer = Timer()
    timer.add(2)
    timer.is_behind = False

    assert timer.look() == 2
    assert not timer.looks


@pytest.mark.parametrize("is_behind", [True, False])
def test_only_so_many_are_read_again_at_a_time_and_in_order(is_behind) -> None:
    timer = Timer()
    timer.add(2 * limits.RESUMED_PER_CHECK + 1)
    timer.is_behind = is_behind

    counts = []
    while timer.looks:
        counts.append(timer.look())
    assert [n for n in counts if n] == [limits.RESUMED_PER_CHECK, limits.RESUMED_PER_CHECK, 1]
    assert timer.read == sorted(timer.read)


def test_one_that_is_held_again_while_others_are_let_go_is_not_forgotten() -> None:
    timer = Timer()
    timer.held.add(lambda: timer.add(1))
    timer.is_behind = False
    timer.look()

    assert len(timer.looks) == len(timer.held) == 1
