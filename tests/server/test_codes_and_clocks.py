"""One-time codes and guesses at them, across set clocks and restarts."""

import contextlib
import sqlite3

import pytest
from msgspec.structs import replace
from tests.server.clock_world import DAY, HOUR, World, between

from daypass.core.domain.iam.totp import STEP_SECONDS
from daypass.state.changes import Changes, Put


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "data")
    made.start()
    yield made
    made.stop()


@between
def test_a_one_time_code_is_taken_once_though_the_clock_was_a_day_ahead_meanwhile(
    world, between
) -> None:
    # T302-TIME
    user = world.user()
    bob = world.user("bob")
    device = world.device("alice")
    given = device()
    assert world.told("GetSessionToken", user, **given) == "ok"

    world.set_clock(DAY)
    between(world)
    # Whatever the clock sweeps is swept when somebody uses a code.
    given_by_bob = world.device("bob", wrong=DAY)()
    assert world.told("GetSessionToken", bob, **given_by_bob) == "ok"
    world.set_clock(0)
    between(world)
    assert world.told("GetSessionToken", user, **given) == "AccessDenied"
    world.later(STEP_SECONDS)
    assert world.told("GetSessionToken", user, **device()) == "ok"


@between
def test_a_code_of_an_earlier_step_than_the_last_one_used_is_refused(world, between) -> None:
    user = world.user()
    device = world.device("alice")
    earlier = device()
    world.later(STEP_SECONDS)
    assert world.told("GetSessionToken", user, **device()) == "ok"

    between(world)
    assert world.told("GetSessionToken", user, **earlier) == "AccessDenied"


@between
def test_wrong_codes_of_a_day_ahead_lock_for_as_long_as_wrong_codes_do(world, between) -> None:
    # T301-TIME
    user = world.user()
    device = world.device("alice")
    world.set_clock(DAY)
    outcomes = [world.told("GetSessionToken", user, **device("000000")) for _ in range(6)]
    assert outcomes == ["AccessDenied"] * 5 + ["Throttling"]

    world.set_clock(0)
    between(world)
    assert world.told("GetSessionToken", user, **device()) == "Throttling"
    world.later(61)
    assert world.told("GetSessionToken", user, **device()) == "ok"


@pytest.mark.parametrize("wrong", [-HOUR, -DAY])
def test_a_clock_that_is_set_back_lengthens_no_lock(world, wrong) -> None:
    user = world.user()
    device = world.device("alice")
    for _ in range(5):
        world.told("GetSessionToken", user, **device("000000"))
    world.set_clock(wrong)
    assert world.told("GetSessionToken", user, **device("000000")) == "Throttling"

    world.later(61)
    assert world.told("GetSessionToken", user, **device("000000")) == "AccessDenied"


def test_wrong_codes_count_after_a_restart_and_a_right_one_forgives_them(world) -> None:
    user = world.user()
    device = world.device("alice")
    for _ in range(4):
        assert world.told("GetSessionToken", user, **device("000000")) == "AccessDenied"
        world.restart()
    assert world.told("GetSessionToken", user, **device()) == "ok"
    world.restart()
    world.later(STEP_SECONDS)
    outcomes = [world.told("GetSessionToken", user, **device("000000")) for _ in range(6)]

    assert outcomes == ["AccessDenied"] * 5 + ["Throttling"]


def test_every_wrong_code_is_on_disk_before_it_is_answered(world) -> None:
    user = world.user()
    device = world.device("alice")
    for tries in range(1, 6):
        assert world.told("GetSessionToken", user, **device("000000")) == "AccessDenied"

        with contextlib.closing(sqlite3.connect(world.path / "daypass.db")) as database:
            assert database.execute("SELECT tries FROM attempts").fetchall() == [(tries,)]


def test_a_guess_is_counted_once_however_often_its_call_runs_again(world, monkeypatch) -> None:
    user = world.user()
    device = world.device("alice")
    for _ in range(4):
        world.told("GetSessionToken", user, **device("000000"))
    submit, data = world.data.committer.submit, world.data
    overtaken = []

    def submit_second(changes, event):
        """Commit after another change of the account, a few times."""
        if changes.tickets and len(overtaken) < 3:
            overtaken.append(changes)
            account = data.committer.directory.account(data.default_account_id)
            record = replace(account.record, name=f"overtaken {len(overtaken)}")
            submit(Changes([Put(record)], read={account.id: account.revision}), b"").result()
        return submit(changes, event)

    monkeypatch.setattr(world.data.committer, "submit", submit_second)
    # The fifth guess is the last free one: counted twice, the right code would have to wait.
    assert world.told("GetSessionToken", user, **device()) == "ok"
    assert len(overtaken) == 3


def test_a_code_is_not_compared_if_its_guess_cannot_be_counted(world) -> None:
    user = world.user()
    device = world.device("alice")
    with contextlib.closing(sqlite3.connect(world.path / "daypass.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert world.told("GetSessionToken", user, **device("000000")) == "ServiceUnavailable"
        assert world.told("GetSessionToken", user, **device()) == "ServiceUnavailable"

    assert world.told("GetSessionToken", user, **device("000000")) == "AccessDenied"
