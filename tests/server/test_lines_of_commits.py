"""Every change has its line in the audit log, and no line is of a change that was not made."""

import asyncio
import os
import subprocess
import sys

import msgspec
import pytest

from daypass.core.domain.iam.user import User
from daypass.server import clock, limits, single_process
from daypass.server.audit import draining
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog, Unrecorded
from daypass.server.audit.log_lines import read_log
from daypass.server.audit.outbox import Outbox
from daypass.server.audit.recorder import Recorder
from daypass.server.audit.verification import verify_log
from daypass.server.authority.settle import Proposal, Settler, commit_and_wait
from daypass.server.operator import operator_changes
from daypass.server.operator.control_socket import ReopenAccount
from daypass.server.settings.config import Config
from daypass.state.changes import Changes, Put, Remove
from daypass.state.data_directory import opening_events
from daypass.state.data_directory.open_directory import open_data
from daypass.state.store import Unavailable

A = "111122223333"


def opened(path):
    return open_data(path, {}, clock=clock.wall, entropy=os.urandom, account=None)


def event(name):
    return Event(time=1.0, request=name, service="iam", operation="CreateUser")


def user(name):
    return Changes([Put(User(account=A, name=name, unique_id=f"AIDA{name}", created=1))])


def lines(data):
    return list(read_log(data.audit.path))


class RefusingLog(AuditLog):
    """A log whose file takes lines, or does not."""

    is_broken = False

    def __init__(self, path):
        super().__init__(path)
        self.taken = asyncio.Event()

    def append(self, events):
        if self.is_broken:
            raise Unrecorded("no", operator="disk full")
        super().append(events)
        self.taken.set()


@pytest.fixture
def data(tmp_path):
    made = opened(tmp_path / "data")
    yield made
    made.close()


def recording(data):
    log = RefusingLog(data.audit.path)
    outbox = draining.connect_outbox(data)
    recorder = Recorder(log, durable=False, outbox=outbox)
    data.committer.on_events = recorder.add_commits
    return log, recorder, Settler(data.committer, recorder)


async def proposed(changes, event):
    return Proposal(changes, event, event.request)


def test_a_change_that_is_answered_has_its_line_with_the_number_of_its_commit(data) -> None:
    async def scene():
        _, recorder, settler = recording(data)
        recorder.start()
        answer = await settler.settle(lambda: proposed(user("alice"), event("r1")))
        written = lines(data)
        recorder.close()
        return answer, written

    answer, written = asyncio.run(scene())

    assert answer == "r1"
    assert [(line.commit, line.event.operation, line.event.late) for line in written] == [
        (1, "first-start", False),
        (2, "CreateUser", False),
    ]
    assert written[-1].event == event("r1")
    assert not verify_log(data.audit.path).breaks
    assert verify_log(data.audit.path).head.hash == written[-1].hash


def test_a_change_is_answered_though_the_log_refuses_its_line_which_is_written_later(
    data, monkeypatch
) -> None:
    # T261-LOG
    monkeypatch.setattr(limits, "RETRY_SECONDS", 0.01)

    async def scene():
        log, recorder, settler = recording(data)
        recorder.start()
        log.is_broken = True
        await settler.settle(lambda: proposed(user("alice"), event("r1")))
        assert len(lines(data)) == 1
        with pytest.raises(Unrecorded):
            await recorder.record(event("read"))
        log.taken.clear()
        log.is_broken = False
        await asyncio.wait_for(log.taken.wait(), 30)
        recorder.close()

    asyncio.run(scene())

    # The last says that one decision, which belonged to no commit, has no line.
    assert [(line.commit, line.event.request) for line in lines(data)] == [
        (1, ""),
        (2, "r1"),
        (0, ""),
    ]


def test_no_more_changes_are_taken_beyond_the_bound_of_lines_that_wait(data, monkeypatch) -> None:
    monkeypatch.setattr(limits, "UNWRITTEN_COMMITS_MAX", 2)

    async def scene():
        log, recorder, settler = recording(data)
        recorder.start()
        log.is_broken = True
        for name in ("a", "b"):
            await settler.settle(lambda name=name: proposed(user(name), event(name)))
        with pytest.raises(Unavailable):
            await settler.settle(lambda: proposed(user("c"), event("c")))
        log.is_broken = False
        recorder.close()

    asyncio.run(scene())

    assert {each.name for each in data.committer.directory.account(A).of(User)} == {"a", "b"}
    assert [line.commit for line in lines(data)] == [1, 2, 3]


KILLED = """
import os, signal, sys
from pathlib import Path
from daypass.core.domain.iam.user import User
from daypass.server import clock
from daypass.server.audit import draining
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.event import Event
from daypass.server.authority.settle import commit_and_wait
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
data = open_data(Path(sys.argv[1]), {}, clock=clock.wall, entropy=os.urandom)
AuditLog(data.audit.path).close()
draining.connect_outbox(data)
data.committer.on_events = lambda events: os.kill(os.getpid(), signal.SIGKILL)
alice = User(account="111122223333", name="alice", unique_id="AIDAALICE", created=1)
event = Event(time=1.0, request="r1", service="iam", operation="CreateUser")
commit_and_wait(data.committer, Changes([Put(alice)]), event)
"""


def test_a_change_whose_process_died_before_its_line_is_written_late_once(
    tmp_path,
) -> None:
    path = tmp_path / "data"
    opened(path).close()
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -9

    for _ in range(2):
        data = opened(path)
        assert data.committer.directory.account(A).of(User).get("alice")
        server = single_process.make_server(Config(data=path, host="127.0.0.1", port=0), data)
        server.close()
        data.close()

    assert [(line.commit, line.event.request, line.event.late) for line in lines(data)] == [
        (1, "", True),
        (2, "r1", True),
    ]
    assert not verify_log(data.audit.path).breaks


def test_lines_that_a_crash_took_from_the_end_are_written_again(data, tmp_path) -> None:
    AuditLog(data.audit.path).close()
    outbox = draining.connect_outbox(data)
    commit_and_wait(data.committer, user("alice"), event("r1"))
    draining.drain_and_close(AuditLog(data.audit.path), outbox, data)
    # Its checkpoint is on its way to the database: the two would meet on one connection.
    data.committer.run(lambda: None).result()
    kept = data.audit.path.read_bytes()
    outbox = draining.connect_outbox(data)
    commit_and_wait(data.committer, user("bob"), event("r2"))
    log = AuditLog(data.audit.path)
    log.append(outbox.entries)
    log.close()

    # The line of the second change was never forced to disk before the power went.
    data.audit.path.write_bytes(kept)

    assert [entry.event.request for entry in draining.connect_outbox(data).entries] == ["r2"]


def test_commits_are_drained_only_as_far_as_their_lines_are_on_disk() -> None:
    outbox = Outbox(drained=5)
    outbox.add([committed(6), committed(7)])
    outbox.mark_written(2, last_line=20)
    outbox.add([committed(8)])
    outbox.mark_written(1, last_line=25)

    assert outbox.drained_commit(19) == 5
    assert outbox.drained_commit(20) == 7
    assert outbox.drained_commit(24) == 7
    assert outbox.drained_commit(25) == 8


def committed(number):
    from daypass.state.side_tables.nodes import CommitEvent as Committed

    return Committed(number, msgspec.json.encode(event(str(number))))


def test_an_event_that_the_disk_has_spoilt_still_has_its_line() -> None:
    from daypass.state.side_tables.nodes import CommitEvent as Committed

    outbox = Outbox()
    outbox.add([Committed(3, b"\xff{")])
    [entry] = outbox.entries

    assert entry.commit == 3
    assert entry.event.outcome == "EventUnreadable"


def test_an_operators_command_without_a_server_leaves_its_change_and_its_line_together(
    tmp_path,
) -> None:
    from msgspec.structs import replace

    path = tmp_path / "data"
    data = opened(path)
    account = data.default_account_id
    view = data.committer.directory.account(account)
    closed = Changes([Put(replace(view.record, closed=int(clock.wall())))])
    data.committer.submit(closed, b"").result()
    data.close()

    assert operator_changes.apply_change(path, {}, ReopenAccount(account, by="me")).error == ""
    [first, line] = lines(data)
    assert (first.commit, first.event.operation) == (1, "first-start")
    assert (line.commit, line.event.operation) == (3, "reopen")


def test_commits_of_a_start_have_their_lines(tmp_path) -> None:
    path = tmp_path / "data"
    data = opened(path)
    server = single_process.make_server(
        Config(data=path, host="127.0.0.1", port=0, s3_adopt=("kept",)), data
    )
    server.close()
    data.close()

    assert [(line.commit, line.event.operation, line.event.detail["what"]) for line in lines(data)][
        1:
    ] == [(2, "adopt", "kept")]


def test_the_events_of_a_start_have_the_members_of_the_logs_own() -> None:
    found = opening_events.first_start_event(
        Changes([Remove(User(account=A, name="x", unique_id="y", created=1))]), now=1.5
    )
    accepted = opening_events.damage_accepted_event(["a/b/c"], now=1.5)

    for body in (found, accepted):
        assert msgspec.json.decode(body, type=Event, strict=True).time == 1.5
        assert set(msgspec.json.decode(body)) <= set(Event.__struct_fields__)
