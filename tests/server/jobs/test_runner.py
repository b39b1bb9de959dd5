"""What is due is done once, by one node, with a line in the audit log; what fails stops nobody."""

import asyncio
import os
import sqlite3
import threading
from concurrent.futures import Future

import pytest
from msgspec.structs import replace

from daypass.core.domain.iam.user import User
from daypass.server.audit import draining
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.log_lines import read_log
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.settle import Settler
from daypass.server.health.metrics import Metrics
from daypass.server.jobs.job import Job, JobWork
from daypass.server.jobs.runner import JobRunner
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
from daypass.state.store import Unavailable

A = "111122223333"
ALICE = User(account=A, name="alice", unique_id="AIDAALICE", created=1)


class Clocks:
    wall, monotonic = 1_800_000_000.0, 5.0


class Node:
    """One node with a runner of some jobs, and all that it says."""

    def __init__(self, data, *jobs):
        self.data, self.metrics, self.said = data, Metrics(), []
        outbox = draining.connect_outbox(data)
        self.recorder = Recorder(AuditLog(data.audit.path), durable=False, outbox=outbox)
        data.committer.on_events = self.recorder.add_commits
        settler = Settler(data.committer, self.recorder)
        self.runner = JobRunner(jobs, data, settler, self.metrics, self.said.append)

    async def tick(self):
        """Begin what is due and wait for it."""
        self.runner.tick()
        await self.runner.wait()

    def counted(self, job="job"):
        found = [line for line in self.metrics.text().splitlines() if f'{{job="{job}"' in line]
        return {line.split('outcome="')[1].split('"')[0]: int(line.split()[-1]) for line in found}

    def lines(self):
        """Return the lines of the audit log, but for the first start's."""
        return [
            each for each in read_log(self.data.audit.path) if each.event.operation != "first-start"
        ]


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def data(tmp_path, clocks):
    made = open_data(
        tmp_path / "data",
        {},
        clock=lambda: clocks.wall,
        monotonic=lambda: clocks.monotonic,
        entropy=os.urandom,
        poll_seconds=600,
    )
    AuditLog(made.audit.path).close()
    yield made
    made.close()


@pytest.fixture
def other(data):
    """A second node over the same database."""
    made = data.start_node("2")
    AuditLog(made.audit.path).close()
    yield made
    made.close()


def run(node, scene):
    """Run a scene with the node's log written by its loop."""

    async def all_of_it():
        node.recorder.start()
        await scene()
        node.runner.stop()
        await node.runner.wait()

    asyncio.run(all_of_it())
    node.recorder.close()


def path_of(snapshot):
    """Return the path that the one user has."""
    found = snapshot.directory.account(A).of(User).get("alice")
    return found.path if found else None


def once(snapshot):
    """Make a user, unless there is one."""
    return JobWork() if path_of(snapshot) else JobWork(Changes([Put(ALICE)]), "the user")


def leases(data):
    with sqlite3.connect(data.path / "daypass.db") as connection:
        found = connection.execute("SELECT name, holder, until FROM jobs").fetchall()
    connection.close()
    return found


def test_a_job_is_due_at_the_start_and_then_each_time_its_period_is_over(data, clocks) -> None:
    looked = []
    job = Job("job", 600, lambda snapshot: looked.append(snapshot.now) or JobWork())
    node = Node(data, job)

    async def scene():
        for passed in (0, 599, 1, 0, 1_800, 0):
            clocks.monotonic += passed
            clocks.wall += passed
            await node.tick()

    run(node, scene)
    start = 1_800_000_000
    assert looked == [start, start + 600, start + 2_400]
    assert node.counted() == {"nothing": 3}


def test_a_clock_that_is_set_makes_no_job_due(data, clocks) -> None:
    looked = []
    node = Node(data, Job("job", 600, lambda _: looked.append(1) or JobWork()))

    async def scene():
        for wall in (1_800_000_000.0, 1_900_000_000.0, 1_700_000_000.0):
            clocks.wall = wall
            await node.tick()

    run(node, scene)
    assert looked == [1]


def test_a_job_without_changes_commits_nothing(data) -> None:
    before = data.committer.directory.revision
    node = Node(data, Job("job", 600, lambda _: JobWork()))
    run(node, node.tick)

    assert data.committer.directory.revision == before
    assert leases(data) == []
    assert node.lines() == []


def test_a_jobs_changes_are_committed_with_a_line_and_the_lease_is_released(data, clocks) -> None:
    node = Node(data, Job("tidying", 600, once))
    run(node, node.tick)
    [line] = node.lines()

    assert data.committer.directory.account(A).of(User).get("alice") == ALICE
    assert line.commit == data.committer.directory.revision
    assert (line.event.service, line.event.operation, line.event.outcome) == (
        "daypass",
        "tidying",
        "ok",
    )
    assert line.event.detail == {"by": "daypass up", "what": "the user"}
    assert line.event.time == clocks.wall
    assert [(name, until) for name, _, until in leases(data)] == [("tidying", 0)]
    assert node.counted("tidying") == {"done": 1}


def test_a_job_with_more_to_do_is_due_again_at_once_and_after_the_others(data, clocks) -> None:
    done = []

    def many(_):
        done.append("many")
        return JobWork(Changes(sweep_tickets=True), "", has_more=done.count("many") < 4)

    node = Node(
        data, Job("many", 600, many), Job("one", 600, lambda _: done.append("one") or JobWork())
    )

    async def scene():
        for _ in range(5):
            clocks.monotonic += 1
            await node.tick()

    run(node, scene)
    # Each that has work looks twice: once whether there is any, and once with the lease.
    assert done == ["many", "many", "one", "many", "many"]
    assert len(node.lines()) == 2


def test_a_job_is_left_to_the_node_that_has_its_lease_until_it_expires(data, other, clocks) -> None:
    other.take_lease("job", seconds=60).result()
    node = Node(data, Job("job", 50, once))
    seen = []

    async def scene():
        for _ in range(3):
            await node.tick()
            seen.append(path_of_user(data))
            clocks.monotonic += 50
            clocks.wall += 50

    run(node, scene)
    assert seen == [None, None, "/"]
    assert node.counted() == {"elsewhere": 2, "done": 1}


def path_of_user(data):
    found = data.committer.directory.account(A).of(User).get("alice")
    return found.path if found else None


def test_a_job_that_another_node_did_before_the_lease_was_taken_is_not_done_again(
    data, other
) -> None:
    def overtaken(snapshot):
        work = once(snapshot)
        if work.changes:
            other.committer.submit(Changes([Put(replace(ALICE, path="/theirs/"))]), b"").result()
            data.committer.catch_up().result()
        return work

    node = Node(data, Job("job", 600, overtaken))
    run(node, node.tick)

    assert path_of_user(data) == "/theirs/"
    assert node.lines() == []
    assert node.counted() == {"nothing": 1}


def test_a_job_runs_again_if_what_it_read_has_changed(data) -> None:
    looks = []

    def stale(snapshot):
        """Rename whoever is there; the second look is overtaken."""
        looks.append(path_of(snapshot))
        if len(looks) == 2:
            data.committer.submit(Changes([Put(replace(ALICE, path="/moved/"))]), b"").result()
        return JobWork(Changes([Put(replace(ALICE, path=f"{path_of(snapshot)}x/"))]), "renamed")

    data.committer.submit(Changes([Put(ALICE)]), b"").result()
    node = Node(data, Job("job", 600, stale))
    run(node, node.tick)

    assert looks == ["/", "/", "/moved/"]
    assert path_of_user(data) == "/moved/x/"
    assert len(node.lines()) == 1


def test_a_job_that_fails_is_reported_once_and_tried_again_and_stops_no_other(data, clocks) -> None:
    state = {"failing": True}

    def failing(_):
        if state["failing"]:
            raise ZeroDivisionError
        return JobWork()

    node = Node(data, Job("job", 600, failing), Job("well", 600, once))
    line_counts = []

    async def scene():
        for is_failing in (True, True, False, True):
            state["failing"] = is_failing
            await node.tick()
            await node.tick()
            line_counts.append(len(node.said))
            clocks.monotonic += 600

    run(node, scene)
    assert node.said[0] == "error: the job job failed: ZeroDivisionError; it is tried again"
    assert line_counts == [1, 1, 1, 2]
    assert node.counted() == {"failed": 3, "nothing": 1}
    assert node.counted("well") == {"done": 1, "nothing": 3}


def test_a_job_whose_change_the_store_refuses_is_reported_and_releases_its_lease(
    data, monkeypatch, clocks
) -> None:
    def full(*_):
        refused = Future()
        refused.set_exception(Unavailable("no", operator="disk full"))
        return refused

    node = Node(data, Job("job", 600, once))
    monkeypatch.setattr(data.committer, "submit", full)
    run(node, node.tick)

    assert node.said == ["error: the job job failed: disk full; it is tried again"]
    assert path_of_user(data) is None
    assert [until for _, _, until in leases(data)] == [0]


def test_one_job_runs_at_a_time_and_none_after_the_stop(data) -> None:
    begun, go, looked = threading.Event(), threading.Event(), []

    def slow(_):
        begun.set()
        assert go.wait(10)
        looked.append("slow")
        return JobWork()

    node = Node(data, Job("slow", 600, slow), Job("next", 600, lambda _: looked.append("next")))

    async def scene():
        node.runner.tick()
        await asyncio.to_thread(begun.wait, 10)
        node.runner.tick()
        node.runner.stop()
        waiting = asyncio.create_task(node.runner.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        go.set()
        await waiting
        await node.tick()

    run(node, scene)
    assert looked == ["slow"]
    assert node.counted("slow") == {"nothing": 1}
