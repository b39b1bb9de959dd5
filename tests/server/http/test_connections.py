"""Deadlines and bounds of connections, and which are dropped first, with a fake clock."""

import itertools

import pytest

from daypass.server import limits
from daypass.server.http import addresses
from daypass.server.http.overload.connections import Connections, Phase
from daypass.server.process import descriptors


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Connection:
    def __init__(self, clock, site="a", phase=Phase.HEAD, *, proved=False, name=""):
        self.end_site, self.phase, self.since, self.is_proved = site, phase, clock(), proved
        self.stalled_since = None
        self.name = name
        self.is_dropped = False

    def drop(self):
        assert not self.is_dropped
        self.is_dropped = True


def make_connections(total_max=8, per_client_max=4):
    clock = Clock()
    return clock, Connections(clock, total_max=total_max, per_client_max=per_client_max)


DEADLINES = [
    (Phase.GREETING, limits.GREETING_SECONDS_MAX),
    (Phase.HEAD, limits.HEADERS_SECONDS_MAX),
    (Phase.IDLE, limits.KEEP_ALIVE_SECONDS),
    (Phase.REFUSED, limits.HEADERS_SECONDS_MAX),
]


@pytest.mark.parametrize(("phase", "seconds"), DEADLINES, ids=[each.name for each, _ in DEADLINES])
@pytest.mark.parametrize("proved", [False, True])
def test_t254_dos_a_phase_has_its_deadline(phase, seconds, proved) -> None:
    clock, made = make_connections()
    connection = Connection(clock, proved=proved)
    made.admit(connection)
    connection.phase = phase

    clock.now += seconds
    made.drop_overdue()
    assert not connection.is_dropped
    clock.now += 0.1
    made.drop_overdue()
    assert connection.is_dropped
    assert len(made) == 0


@pytest.mark.parametrize("phase", [Phase.BODY, Phase.ANSWER, Phase.IDLE])
def test_t254_dos_a_response_that_is_not_read_is_given_up(phase) -> None:
    clock, made = make_connections()
    connection = Connection(clock)
    made.admit(connection)
    connection.phase = phase
    connection.stalled_since = clock.now

    clock.now += limits.STALLED_SECONDS_MAX
    made.drop_overdue()
    assert not connection.is_dropped
    clock.now += 0.1
    made.drop_overdue()
    assert connection.is_dropped


def test_a_body_or_an_answer_has_no_deadline_here() -> None:
    clock, made = make_connections()
    for phase in (Phase.BODY, Phase.ANSWER):
        connection = Connection(clock)
        made.admit(connection)
        connection.phase = phase
    clock.now += 10_000
    made.drop_overdue()

    assert len(made) == 2


def full(made, clock, *kinds, site="a"):
    """Fill a client's share with connections of so many kinds, one after the other."""
    found = []
    for phase, proved in kinds:
        clock.now += 1
        connection = Connection(clock, site, proved=proved)
        assert made.admit(connection)
        connection.phase = phase
        found.append(connection)
    return found


def test_a_client_at_its_bound_makes_room_by_its_own_connections(monkeypatch) -> None:
    monkeypatch.setattr(limits, "DROPPED_AT_ONCE", 1)
    clock, made = make_connections(total_max=100)
    other = Connection(clock, "b")
    made.admit(other)
    kept, silent, idle, proved = full(
        made,
        clock,
        (Phase.ANSWER, True),
        (Phase.HEAD, False),
        (Phase.IDLE, False),
        (Phase.IDLE, True),
    )

    order = []
    for _ in range(3):
        newcomer = Connection(clock, "a", Phase.HEAD)
        assert made.admit(newcomer)
        # The newcomer gets to work before the next one comes.
        newcomer.phase = Phase.ANSWER
        order.append([each.is_dropped for each in (silent, idle, proved)])

    assert order == [[True, False, False], [True, True, False], [True, True, True]]
    assert not kept.is_dropped
    assert not other.is_dropped


def test_an_unproved_body_makes_room_and_a_proved_one_does_not(monkeypatch) -> None:
    monkeypatch.setattr(limits, "DROPPED_AT_ONCE", 1)
    clock, made = make_connections(total_max=100)
    upload, trickle, *_ = full(
        made,
        clock,
        (Phase.BODY, True),
        (Phase.BODY, False),
        (Phase.ANSWER, False),
        (Phase.ANSWER, False),
    )

    made.admit(Connection(clock))
    assert trickle.is_dropped
    assert not upload.is_dropped


def test_refused_connections_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(limits, "REFUSED_AT_ONCE_MAX", 3)
    clock, made = make_connections(total_max=100)
    full(made, clock, *[(Phase.ANSWER, True)] * 4)
    crowd = [Connection(clock) for _ in range(5)]

    assert [made.admit(each) for each in crowd] == [True, True, True, False, False]
    assert {each.phase for each in crowd[:3]} == {Phase.REFUSED}
    assert not any(each.is_dropped for each in crowd)


def test_t254_dos_many_connections_of_one_client_leave_others_served() -> None:
    """Two thousand connections of one peer shut everybody out."""
    clock, made = make_connections(
        total_max=limits.CONNECTIONS_MAX, per_client_max=limits.CONNECTIONS_PER_CLIENT_MAX
    )
    for _ in range(3 * limits.CONNECTIONS_PER_CLIENT_MAX):
        made.admit(Connection(clock, "crowd"))
    others = [Connection(clock, f"other {at}") for at in range(100)]

    assert all(made.admit(each) for each in others)
    assert {each.phase for each in others} == {Phase.HEAD}
    assert len(made) <= limits.CONNECTIONS_PER_CLIENT_MAX + 100


def test_at_the_total_bound_the_client_with_the_most_makes_room(monkeypatch) -> None:
    monkeypatch.setattr(limits, "DROPPED_AT_ONCE", 1)
    clock, made = make_connections(total_max=6, per_client_max=3)
    small = full(made, clock, (Phase.HEAD, False), site="small")
    crowd = full(made, clock, *[(Phase.IDLE, False)] * 3, site="crowd")
    full(made, clock, *[(Phase.ANSWER, True)] * 2, site="working")

    for _ in range(2):
        newcomer = Connection(clock, "new")
        assert made.admit(newcomer)
        newcomer.phase = Phase.ANSWER
    assert [each.is_dropped for each in (*crowd, *small)] == [True, True, False, False]


def test_a_proxys_connections_have_the_total_bound_alone_and_are_dropped_last() -> None:
    clock, made = make_connections(total_max=6, per_client_max=3)
    proxied = [Connection(clock, "") for _ in range(5)]
    assert all(made.admit(each) for each in proxied)
    unknown = Connection(clock, "a")
    made.admit(unknown)

    made.admit(Connection(clock, "b"))
    assert unknown.is_dropped


def test_no_client_may_have_more_than_half_of_all() -> None:
    clock, made = make_connections(total_max=10, per_client_max=100)
    for at in range(10):
        connection = Connection(clock)
        made.admit(connection)
        connection.phase = Phase.ANSWER if at < 5 else connection.phase

    assert sum(each.phase is Phase.REFUSED for each in made._all) == 5


def test_a_closed_connection_is_counted_no_longer() -> None:
    clock, made = make_connections()
    connection = Connection(clock)
    made.admit(connection)
    made.forget(connection)
    made.forget(connection)

    assert len(made) == 0
    assert not made._by_site


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_an_address_or_a_64_is_one_client(one, other, same) -> None:
    sites = [addresses.end_site(addresses.peer_address(each)) for each in (one, other)]

    assert all(sites)
    assert (sites[0] == sites[1]) == same


@pytest.mark.parametrize("soft", [64, 256, 1024, 4_096, 20_000, 1_000_000])
def test_connections_leave_descriptors_for_the_rest(soft) -> None:
    share = descriptors.connections_for(soft)

    assert 0 < share <= limits.CONNECTIONS_MAX
    assert share + min(limits.REFUSED_AT_ONCE_MAX, share) < soft
    assert (
        list(itertools.accumulate((64, 20_000), lambda _, each: descriptors.connections_for(each)))[
            1
        ]
        == limits.CONNECTIONS_MAX
    )
