"""A connection whose request was refused is not read for a while, by a fake clock and timer."""

import pytest

from daypass.server import limits
from daypass.server.http.overload.held_connections import HeldConnections


class Timer:
    def __init__(self):
        self.now = 50.0
        self.checks = []
        self.is_behind = True
        self.read = []
        self.held = HeldConnections(self.call_later, lambda: self.now, lambda: self.is_behind)

    def call_later(self, seconds, check):
        self.checks.append((self.now + seconds, check))

    def add(self, count):
        for at in range(count):
            self.held.add(lambda at=at: self.read.append(at))

    def check(self):
        """Move on to the next check; return how many connections it resumed."""
        before = len(self.read)
        self.now, check = self.checks.pop()
        check()
        return len(self.read) - before


def test_under_overload_no_connection_is_resumed_early() -> None:
    timer = Timer()
    timer.add(3)

    while timer.checks:
        assert not timer.read
        before = timer.now
        timer.check()
    assert timer.read == [0, 1, 2]
    assert before < 50 + limits.HOLD_SECONDS <= timer.now


def test_without_overload_held_connections_are_resumed_at_the_next_check() -> None:
    timer = Timer()
    timer.add(2)
    timer.is_behind = False

    assert timer.check() == 2
    assert not timer.checks


@pytest.mark.parametrize("is_behind", [True, False])
def test_connections_resumed_per_check_are_bounded_and_in_order(is_behind) -> None:
    timer = Timer()
    timer.add(2 * limits.RESUMED_PER_CHECK + 1)
    timer.is_behind = is_behind

    counts = []
    while timer.checks:
        counts.append(timer.check())
    assert [n for n in counts if n] == [limits.RESUMED_PER_CHECK, limits.RESUMED_PER_CHECK, 1]
    assert timer.read == sorted(timer.read)


def test_a_connection_that_is_held_again_while_others_are_resumed_stays_held() -> None:
    timer = Timer()
    timer.held.add(lambda: timer.add(1))
    timer.is_behind = False
    timer.check()

    assert len(timer.checks) == len(timer.held) == 1
