"""The parent of several workers: who is started, who is started again, and how all of it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

FAKE = Path(__file__).with_name("_fake.py")


class Run:
    """A parent with workers of some kind; `expect` reads what they say up to a line."""

    def __init__(self, data, kind):
        self.process = subprocess.Popen(
            [sys.executable, FAKE, data, kind],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = []

    def expect(self, line):
        for said in self.process.stdout:
            self.said.append(said.strip())
            if self.said[-1].startswith(line):
                return self.said[-1]
        raise AssertionError(f"ended without `{line}`: {self.said}")

    def expect_all(self, *lines):
        """Read up to the last of some lines, in whichever order."""
        waiting = set(lines)
        while waiting:
            waiting.discard(self.expect(""))

    def send(self, number):
        self.process.send_signal(number)

    def children(self):
        found = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        )
        return [*map(int, found)]

    def ended(self):
        self.said += [line.strip() for line in self.process.stdout]
        return self.process.wait()


@pytest.fixture
def run(tmp_path):
    """Give what starts a parent."""
    runs = []

    def started(kind):
        runs.append(Run(tmp_path, kind))
        return runs[-1]

    yield started
    for each in runs:
        each.process.kill()
        each.process.wait()
        each.process.stdout.close()


def test_workers_start_one_after_the_other_and_then_the_server_is_there(run) -> None:
    found = run("ends")
    found.expect("ready")

    assert found.said == ["serves 1", "serves 2", "ready"]


def test_a_failure_of_the_first_worker_stops_the_start_and_is_printed_once(run) -> None:
    found = run("refuses")

    assert found.ended() == 4
    assert found.said == ["refuses 1"]


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [("fails", 1, ["error: ZeroDivisionError: never seen"]), ("exits", 3, [])],
)
def test_a_worker_that_fails_to_start_exits_with_its_code_and_runs_nothing_of_the_parent(
    run, kind, code, said
) -> None:
    found = run(kind)

    assert found.ended() == code
    assert found.said == said


def test_a_worker_that_dies_is_restarted_and_learns_how_its_predecessor_ended(run) -> None:
    found = run("ends")
    found.expect("ready")
    os.kill(found.children()[1], signal.SIGKILL)

    assert found.expect("error") == "error: worker 2 was killed by SIGKILL: it is started again"
    assert found.expect("serves") == "serves 2 was killed by SIGKILL"


def test_a_worker_that_holds_the_databases_lock_too_long_is_killed_and_restarted(run) -> None:
    found = run("holds")

    found.expect("error: worker 2 holds the lock of the database for too long: it is killed")
    assert found.expect("serves") == "serves 2 was killed by SIGKILL"


def test_sigterm_ends_every_worker_and_then_the_parent(run) -> None:
    found = run("ends")
    found.expect("ready")
    found.send(signal.SIGTERM)

    assert found.ended() == 0
    assert found.said[-1] == "ready"


def test_an_interruption_ends_every_worker_and_is_raised(run) -> None:
    found = run("ends")
    found.expect("ready")
    found.send(signal.SIGINT)

    assert found.ended() == 130
    assert found.said[-1] == "interrupted"


def test_a_second_signal_ends_the_workers_without_waiting_for_requests(run) -> None:
    found = run("waits")
    found.expect("ready")
    found.send(signal.SIGTERM)
    found.send(signal.SIGINT)
    found.send(signal.SIGTERM)
    found.expect_all("hears 1 FORCE", "hears 2 FORCE")

    assert found.ended() == 130


def test_sighup_reaches_every_worker(run) -> None:
    found = run("waits")
    found.expect("ready")
    found.send(signal.SIGHUP)

    found.expect_all("hears 1 RELOAD", "hears 2 RELOAD")


def test_workers_end_when_their_parent_is_killed(run) -> None:
    found = run("waits")
    found.expect("ready")
    found.send(signal.SIGKILL)

    found.expect_all("orphaned 1", "orphaned 2")


def test_an_earlier_servers_socket_is_replaced_by_one_for_the_owner_alone(run, tmp_path) -> None:
    (tmp_path / "control.sock").write_text("left")
    run("ends").expect("ready")

    assert (tmp_path / "control.sock").stat().st_mode & 0o777 == 0o600
