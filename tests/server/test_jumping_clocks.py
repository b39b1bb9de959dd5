"""A server whose wall clock is set forwards and back, also while it is stopped."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.server.clock_world import DAY, HOUR, START, World, between

from daypass.server.authority.rates import BURST_SECONDS


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "data")
    made.start()
    yield made
    made.stop()


@between
@pytest.mark.parametrize("wrong", [-HOUR, -DAY])
def test_an_expired_session_stays_expired_when_the_clock_is_set_back(world, between, wrong) -> None:
    # T302-TIME
    keys = world.root(seconds=900)
    assert world.told("GetCallerIdentity", keys) == "ok"
    world.later(901)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"

    world.set_clock(wrong)
    between(world)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


@between
def test_a_session_that_ended_while_the_clock_was_a_day_ahead_stays_ended(world, between) -> None:
    # T301-TIME
    keys = world.root(seconds=900)
    world.set_clock(DAY)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"

    world.set_clock(0)
    between(world)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


@between
@pytest.mark.parametrize(("was", "wrong"), [(DAY, 0), (0, -HOUR), (HOUR, 0), (0, -DAY)])
def test_sessions_are_issued_and_last_as_long_as_they_say_after_the_clock_was_set_back(
    world, between, was, wrong
) -> None:
    # T301-TIME
    user = world.user()
    world.set_clock(was)
    world.set_clock(wrong)
    between(world)
    keys, expires = world.session(user, DurationSeconds="900")

    assert expires == world.now + 900
    world.later(890)
    assert world.told("GetCallerIdentity", keys) == "ok"
    between(world)
    world.later(20)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


@between
def test_a_session_that_was_issued_before_the_clock_was_set_back_ends_when_it_would_have(
    world, between
) -> None:
    keys, _ = world.session(world.user(), DurationSeconds="900")
    world.later(300)
    world.set_clock(-HOUR)
    between(world)
    assert world.told("GetCallerIdentity", keys) == "ok"

    world.later(610)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


@pytest.mark.parametrize(
    ("issued", "outcome"),
    [
        (-600, "ok"),
        (0, "ok"),
        (15 * 60, "ok"),
        (15 * 60 + 1, "InvalidClientTokenId"),
        (HOUR, "InvalidClientTokenId"),
        (DAY, "InvalidClientTokenId"),
    ],
)
def test_a_session_from_the_future_is_refused(world, issued, outcome) -> None:
    # T303-TIME
    assert world.told("GetCallerIdentity", world.root(issued=issued)) == outcome


def test_a_jump_is_reported_on_the_terminal_in_the_log_and_in_the_metrics(world, capfd) -> None:
    # T301-TIME
    world.set_clock(DAY)
    world.set_clock(0)
    metrics = world.get("/metrics")
    world.restart()
    world.stop()

    said = [
        line
        for line in capfd.readouterr().err.splitlines()
        if line.startswith("warning: the clock ")
    ]
    lines = [
        json.loads(line)["event"] for line in (world.path / "audit.log").read_text().splitlines()
    ]
    told = [line for line in lines if line["operation"] == "clock-jump"]
    assert "daypass_clock_jumps 2\n" in metrics
    assert "daypass_clock_lead_seconds 86400\n" in metrics
    assert [line["detail"]["seconds"] for line in told] == ["86400", "-86400", "-86400"]
    assert said == [f"warning: {line['message']}" for line in told]


@pytest.mark.parametrize("wrong", [DAY, -DAY])
def test_the_rate_limit_does_not_depend_on_the_wall_clock(tmp_path, wrong) -> None:
    world = World(tmp_path / "data", calls_per_second=1)
    world.start()
    keys = world.root()
    before = [world.told("GetCallerIdentity", keys) for _ in range(BURST_SECONDS + 1)]
    world.set_clock(wrong)
    keys = world.root()
    after = world.told("GetCallerIdentity", keys)
    world.later(1)
    later = [world.told("GetCallerIdentity", keys) for _ in range(2)]
    world.stop()

    assert before == ["ok"] * BURST_SECONDS + ["Throttling"]
    assert after == "Throttling"
    assert later == ["ok", "Throttling"]


def test_the_operators_session_is_good_while_the_clock_is_behind_the_last_run(world) -> None:
    world.set_clock(int(time.time()) - START + DAY)
    world.stop()
    world.wrong = int(time.time()) - START
    world.start()
    program = str(Path(sys.executable).parent / "daypass")
    done = subprocess.run(
        [program, "root", "--data", world.path, "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    made = json.loads(done.stdout)
    keys = made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]

    assert world.told("GetCallerIdentity", keys) == "ok"
    world.later(901)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


def test_what_ended_stays_ended_though_the_server_was_killed_and_the_clock_set_back(
    world, tmp_path
) -> None:
    keys = world.root(seconds=900)
    world.set_clock(DAY)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"
    with contextlib.closing(sqlite3.connect(world.path / "daypass.db")) as database:
        for _ in range(600):
            if database.execute("SELECT mark FROM head").fetchone()[0] >= START + DAY:
                break
            time.sleep(0.05)
        with contextlib.closing(sqlite3.connect(tmp_path / "daypass.db")) as copy:
            database.backup(copy)
    # What a kill at this moment leaves on the disk.
    left = World(tmp_path / "left")
    shutil.copytree(world.path, left.path, ignore=lambda *_: ["daypass.db", "control.sock"])
    (tmp_path / "daypass.db").rename(left.path / "daypass.db")
    left.start()
    try:
        assert left.told("GetCallerIdentity", keys) == "ExpiredToken"
        assert left.told("GetCallerIdentity") == "ok"
    finally:
        left.stop()
