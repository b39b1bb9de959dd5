"""How many requests begin per turn of the event loop and how many are refused, by a fake clock."""

from daypass.server import limits
from daypass.server.http.overload.request_queue import RequestQueue


class Loop:
    """An event loop whose turns are taken by hand."""

    def __init__(self):
        self.now = 0.0
        self.next = []
        self.begun = []
        self.queue = RequestQueue(self.next.append, lambda: self.now)

    def offer(self, count, name=""):
        return [
            self.queue.begin_or_queue(lambda at=at: self.begun.append(f"{name}{at}"))
            for at in range(count)
        ]

    def turn(self):
        """Take one turn; return how many requests began in it."""
        before, due = len(self.begun), self.next[:]
        self.next.clear()
        for each in due:
            each()
        return len(self.begun) - before


def test_a_request_begins_at_once_while_the_queue_is_empty() -> None:
    loop = Loop()

    assert loop.offer(3) == [True] * 3
    assert loop.begun == ["0", "1", "2"]


def test_requests_per_turn_are_bounded_and_in_order() -> None:
    loop = Loop()
    count = 3 * limits.REQUESTS_PER_TURN + 5

    loop.offer(count)
    per_turn = [len(loop.begun), *(loop.turn() for _ in range(4))]

    assert per_turn == [limits.REQUESTS_PER_TURN] * 3 + [5, 0]
    assert loop.begun == [str(at) for at in range(count)]


def test_a_late_request_does_not_overtake_queued_ones() -> None:
    loop = Loop()
    loop.offer(2 * limits.REQUESTS_PER_TURN, "first ")
    loop.turn()
    loop.offer(1, "late ")

    loop.turn()
    assert loop.begun[-1] == "late 0"


def test_a_request_is_refused_while_another_has_waited_too_long() -> None:
    loop = Loop()
    loop.offer(4 * limits.REQUESTS_PER_TURN)

    loop.now += limits.REQUEST_WAIT_SECONDS_MAX
    assert loop.offer(1) == [True]
    loop.now += 0.01
    assert loop.queue.is_behind
    assert loop.offer(2) == [False, False]
    assert loop.queue.turned_away == 2
    while loop.turn():
        pass
    assert loop.offer(1) == [True]


def test_the_queue_is_as_long_as_can_begin_soon() -> None:
    """A thousand at once were once all queued, and answered after seconds if each took 10 ms."""
    loop = Loop()
    most = int(limits.REQUEST_WAIT_SECONDS_MAX / limits.REQUEST_SECONDS_INITIAL)
    crowd = loop.offer(5 * most)

    assert sum(crowd) == limits.REQUESTS_PER_TURN + most + 1
    for _ in range(100):
        # Here a request takes ten times as long as was guessed.
        loop.now += limits.REQUESTS_PER_TURN * limits.REQUEST_SECONDS_INITIAL * 10
        loop.turn()
        loop.offer(most)
    assert len(loop.queue._waiting) <= most / 10 + limits.REQUESTS_PER_TURN


def test_at_three_times_the_capacity_as_many_requests_are_answered() -> None:
    """A full turn takes 10 ms; three times as many requests come, and none waits long."""
    # T319-HA
    loop = Loop()
    waits = []
    for _ in range(500):
        for _ in range(3 * limits.REQUESTS_PER_TURN):
            came = loop.now
            loop.queue.begin_or_queue(lambda came=came: waits.append(loop.now - came))
        for each in [loop.next.pop(0) for _ in loop.next[:]]:
            each()
        loop.now += 0.01

    assert len(waits) >= 500 * limits.REQUESTS_PER_TURN
    assert max(waits) <= 2 * limits.REQUEST_WAIT_SECONDS_MAX
