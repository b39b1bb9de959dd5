"""Jobs of a whole server: their lines in the audit log, and starts after commits were deleted."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.server.clock_world import START, World

from daypass.core import quotas
from daypass.core.domain.iam.user import User
from daypass.server import single_process
from daypass.server.audit.log_lines import read_log
from daypass.server.audit.verification import verify_log
from daypass.server.settings.config import Config
from daypass.state.changes import Changes, Put, TakeTicket, Ticket
from daypass.state.data_directory.open_directory import open_data
from daypass.state.store import Stale

A = "111122223333"
OLD = quotas.COMMITS_KEPT + 2_000
"""So many commits that the oldest 2,000 can go, and a few more."""


def ask(path, *arguments):
    """Run one of the operator's commands on a data directory; return what it prints."""
    program = Path(sys.executable).parent / "daypass"
    done = subprocess.run(
        [program, *arguments, "--data", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def opened(path):
    return open_data(path, {}, clock=lambda: START, entropy=os.urandom, account=None)


def rows(path, query):
    with sqlite3.connect(path / "daypass.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def expire_a_ticket(path):
    """Have a ticket in a data directory that has expired when its server starts."""
    data = opened(path)
    ticket = Ticket("device_code", "over", START - 1)
    data.committer.submit(Changes(tickets=[TakeTicket(ticket, refused=Stale())]), b"").result(10)
    data.close()


def age(path):
    """Fill a data directory with many commits, whose lines are in the log.

    Its newest commits have written records.
    """
    data = opened(path)
    server = single_process.make_server(Config(data=path, host="127.0.0.1", port=0), data)
    server.close()
    data.close()
    connection = sqlite3.connect(path / "daypass.db")
    with connection:
        made = ((seq, f"{seq:032}", "1", 1, b"") for seq in range(2, OLD + 1))
        connection.executemany("INSERT INTO commits VALUES (?, ?, ?, ?, ?)", made)
        connection.execute("UPDATE head SET seq = ?", (OLD,))
    connection.close()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "data")
    yield made
    made.stop()


def wait_for(world, job, outcome):
    """Ask the running server until a job has come to an outcome."""
    for _ in range(20_000):
        if f'daypass_jobs_total{{job="{job}",outcome="{outcome}"}} 1' in world.get("/metrics"):
            return
    raise AssertionError(f"{job} has never come to {outcome}")


def test_a_running_server_runs_due_jobs_and_records_them(world) -> None:
    expire_a_ticket(world.path)
    world.start()
    wait_for(world, "ticket-expiry", "done")
    wait_for(world, "trimming", "nothing")
    world.stop()
    [line] = [
        each for each in read_log(world.data.audit.path) if each.event.operation == "ticket-expiry"
    ]

    assert rows(world.path, "SELECT * FROM tickets") == []
    assert line.commit == rows(world.path, "SELECT seq FROM head")[0][0]
    [shown] = [
        each for each in ask(world.path, "log", "show").splitlines() if "ticket-expiry" in each
    ]
    assert "daypass:ticket-expiry" in shown
    assert shown.endswith("daypass up  expired tickets: 1")
    assert ask(world.path, "log", "verify").startswith("whole")


def test_a_server_that_has_trimmed_its_commits_is_whole_and_starts_again(world) -> None:
    age(world.path)
    world.start()
    wait_for(world, "trimming", "done")
    world.restart()
    account = world.data.default_account_id
    world.user("alice")
    world.stop()
    lines = list(read_log(world.data.audit.path))
    [trimmed] = [each for each in lines if each.event.operation == "trimming"]

    assert trimmed.event.detail["what"] == "commits up to 2000: 2000"
    assert rows(world.path, "SELECT log_from FROM head") == [(2_000,)]
    assert rows(world.path, "SELECT min(seq), count(*) FROM commits")[0][0] == 2_001
    assert ask(world.path, "log", "verify").startswith("whole")
    assert not verify_log(world.data.audit.path).breaks
    assert not any(each.event.late for each in lines[1:])
    data = opened(world.path)
    assert data.committer.directory.account(account).of(User).get("alice")
    assert data.audit.breaks == ()
    data.close()


def test_a_start_after_a_trimming_writes_the_line_of_every_commit_that_has_none(tmp_path) -> None:
    path = tmp_path / "data"
    age(path)
    data = opened(path)
    event = b'{"time":1.0,"request":"%s","service":"iam","operation":"CreateUser"}'
    alice = User(account=A, name="alice", unique_id="AIDAALICE", created=1)
    trimming = Changes(trim_to=OLD)
    for number, changes in enumerate((Changes([Put(alice)]), trimming, trimming)):
        data.committer.submit(changes, event % b"%d" % number).result(10)
    # As if it was killed: no line of the three is written.
    data.close()

    data = opened(path)
    server = single_process.make_server(Config(data=path, host="127.0.0.1", port=0), data)
    server.close()
    data.close()
    lines = list(read_log(path / "audit.log"))

    assert [(each.commit, each.event.request, each.event.late) for each in lines[-3:]] == [
        (OLD + 1, "0", True),
        (OLD + 2, "1", True),
        (OLD + 3, "2", True),
    ]
    assert rows(path, "SELECT log_from FROM head") == [(OLD,)]
    assert not verify_log(path / "audit.log").breaks
