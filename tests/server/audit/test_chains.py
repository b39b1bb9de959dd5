"""The audit logs of several nodes in one data directory: shown as one, each verified on its own.

Breaks are accepted, and missing lines written, log by log.
"""

import json
import os
import sqlite3

import pytest
from click.testing import CliRunner

from daypass.cli.operator.log.commands import log as commands
from daypass.core import quotas
from daypass.core.domain.iam.user import User
from daypass.server import clock, single_process
from daypass.server.audit import break_records, draining, log_watch, open_log, stopped_nodes
from daypass.server.audit.event import Event
from daypass.server.audit.line_format import ChainPoint
from daypass.server.audit.log_file import AuditLog, Unrecorded
from daypass.server.audit.log_lines import read_log
from daypass.server.audit.verification import verify_log
from daypass.server.authority.settle import commit_and_wait
from daypass.server.operator.operator_events import append_events, operator_event
from daypass.server.settings.config import Config
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
from daypass.state.data_directory.unlocked_reading import read_without_lock
from daypass.state.unusable import Unusable

A = "111122223333"
HEADLINE = "THE AUDIT LOG IS NOT WHAT WAS WRITTEN"


def opened(path):
    return open_data(path, {}, clock=clock.wall, entropy=os.urandom, poll_seconds=3_600.0)


def commit(data, name, time=1.0):
    """Commit a user on a node, with an event whose line is whatever the node does with it."""
    changes = Changes([Put(User(account=A, name=name, unique_id=f"AIDA{name}", created=1))])
    event = Event(time=time, request=name, service="iam", operation="CreateUser")
    commit_and_wait(data.committer, changes, event)


def commit_with_line(data, name, time=1.0):
    log = open_log.open_audit_log(data, now=1.0)
    outbox = draining.connect_outbox(data)
    commit(data, name, time)
    draining.drain_and_close(log, outbox, data)
    data.committer.run(lambda: None).result(10)


def serve_once(path):
    """Start a server of one node and end it; return what its start had to say."""
    data = opened(path)
    try:
        single_process.make_server(Config(data=path, host="127.0.0.1", port=0), data).close()
        return list(data.remarks)
    finally:
        data.close()


def written_lines(path):
    return [(line.commit, line.event.request, line.event.late) for line in read_log(path)]


def run_log_command(path, *arguments):
    return CliRunner().invoke(commands, [*arguments, "--data", str(path)])


def shown_lines(path, *arguments):
    done = run_log_command(path, "show", "--json", *arguments)
    assert done.exception is None, done.exception
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def path(tmp_path):
    """Return a data directory in which two nodes have committed in turns and written all lines."""
    path = tmp_path / "data"
    first = opened(path)
    other = first.start_node("2")
    try:
        commit_with_line(first, "one", time=9.0)
        commit_with_line(other, "two", time=1.0)
        commit_with_line(first, "three", time=5.0)
    finally:
        other.close()
        first.close()
    return path


@pytest.fixture
def left(path):
    """The same, in which the second node has died between a commit and its line.

    The number of that commit.
    """
    first = opened(path)
    other = first.start_node("2")
    try:
        commit(other, "lost")
        return other.committer.directory.revision
    finally:
        other.close()
        first.close()


def test_the_lines_of_all_nodes_are_shown_in_the_order_of_their_commits(path) -> None:
    lines = shown_lines(path)

    assert [(each["commit"], each["event"]["request"], each.get("node")) for each in lines] == [
        (1, "", None),
        (2, "one", None),
        (3, "two", "2"),
        (4, "three", None),
    ]
    assert [each["event"]["request"] for each in shown_lines(path, "--last", "2")] == [
        "two",
        "three",
    ]
    assert [line.split()[0] for line in run_log_command(path, "show").stdout.splitlines()][1:] == [
        "1970-01-01"
    ] * 3


def test_a_refusal_of_any_node_is_found_by_its_request(path) -> None:
    refused = Event(
        time=6.0,
        request="refused-by-two",
        service="iam",
        operation="GetUser",
        outcome="Throttling",
        message="slow down",
    )
    log = AuditLog(path / "audit-2.log")
    log.append([refused])
    log.close()
    done = run_log_command(path, "why", "refused-by-two")

    assert done.exception is None, done.exception
    assert "no policy refused it: slow down" in done.stdout


def test_each_log_is_reported_whole_in_a_line_of_its_own(path) -> None:
    done = run_log_command(path, "verify")
    first, second = done.stdout.splitlines()

    assert done.exception is None
    assert first.startswith("audit.log is whole: 3 lines, head ")
    assert second.startswith("audit-2.log is whole: 1 lines, head ")


def test_a_single_log_is_verified_without_its_name(tmp_path) -> None:
    serve_once(tmp_path / "data")

    assert run_log_command(tmp_path / "data", "verify").stdout.startswith("whole: 1 lines, head ")


def test_a_removed_log_is_found_missing_by_its_checkpoint(path) -> None:
    # T268-LOG
    missing = path / "audit-2.log"
    missing.unlink()
    verified, seen = run_log_command(path, "verify"), run_log_command(path, "show")

    assert str(verified.exception) == f"{missing}: line 1 is missing: there were 1 lines"
    assert verified.stdout.startswith("audit.log is whole: 3 lines")
    assert str(seen.exception) == f"there is no audit log at {missing}"
    with pytest.raises(Unusable, match=HEADLINE):
        serve_once(path)


def test_a_node_that_died_before_it_had_a_log_lacks_no_line(path) -> None:
    first = opened(path)
    first.start_node("3").close()
    first.close()
    verified = run_log_command(path, "verify").stdout.splitlines()

    assert len(shown_lines(path)) == 4
    assert verified[2].startswith("audit-3.log is whole: 0 lines")


def test_a_log_of_a_node_that_the_database_does_not_know_is_shown_and_named(path) -> None:
    AuditLog(path / "audit-7.log").close()
    append_events(
        path / "audit-7.log",
        operator_event("kept", "by a database that was put back"),
        checkpoint=ChainPoint(0, "0" * 64, 0),
    )
    done = run_log_command(path, "verify")

    assert done.stdout.splitlines()[2].endswith("; the database does not know it")
    assert [
        each["event"]["operation"] for each in shown_lines(path) if each.get("node") == "7"
    ] == ["kept"]


def test_a_file_whose_name_only_looks_like_a_log_is_none(path) -> None:
    for name in ("audit-2.log.old", "audit-02.log", "audit-x.log", "my-audit-2.log"):
        (path / name).write_bytes(b"no lines")

    assert [each.node for each in read_without_lock(path, {}).node_logs] == ["1", "2"]
    assert len(shown_lines(path)) == 4


def test_a_log_whose_line_cannot_be_read_is_named(path) -> None:
    with (path / "audit-2.log").open("ab") as file:
        file.write(b"garbage\n")
    done = run_log_command(path, "show")

    assert str(done.exception) == f"{path / 'audit-2.log'}: line 2 cannot be read"


def test_logs_are_shown_without_a_database_that_can_be_read(path) -> None:
    (path / "daypass.db").write_bytes(b"no database" * 1_000)
    done = run_log_command(path, "show")

    assert done.exception is None
    assert len(done.stdout.splitlines()) == 4
    assert "a removed log file would not be noticed" in done.stderr


def test_a_command_beside_a_server_knows_how_far_each_log_is(path) -> None:
    chains = read_without_lock(path, {}).node_logs

    assert [
        (each.node, each.path.name, each.checkpoint.drained, each.checkpoint.seq) for each in chains
    ] == [("1", "audit.log", 4, 3), ("2", "audit-2.log", 3, 1)]


def test_further_nodes_come_in_the_order_of_their_numbers(path) -> None:
    first = opened(path)
    for name in ("10", "3"):
        first.start_node(name).close()
    first.close()

    assert [each.node for each in read_without_lock(path, {}).node_logs] == ["1", "2", "3", "10"]


# What a start writes for nodes that run no more.


def test_a_start_writes_a_dead_nodes_lines_late_into_its_own_log(path, left) -> None:
    said = serve_once(path)
    again = serve_once(path)

    assert written_lines(path / "audit-2.log") == [(3, "two", False), (left, "lost", True)]
    assert "lost" not in {request for _, request, _ in written_lines(path / "audit.log")}
    assert [each for each in said if "node 2" in each] == [
        f"1 lines that node 2 left unwritten are in {path / 'audit-2.log'} now"
    ]
    assert not [each for each in again if "node 2" in each]
    assert run_log_command(path, "verify").exception is None
    assert read_without_lock(path, {}).node_logs[1].checkpoint.drained == left


def test_the_commits_of_a_node_that_runs_no_more_are_trimmed_once_it_is_settled(
    path, left, monkeypatch
) -> None:
    monkeypatch.setattr(quotas, "COMMITS_KEPT", 0)

    def trimmed_to():
        data = opened(path)
        try:
            return data.leftovers().result(10).trim_to
        finally:
            data.close()

    held_up = trimmed_to()
    serve_once(path)

    assert held_up == left - 1
    assert trimmed_to() == left


def test_a_log_without_a_file_is_made_for_the_lines_of_a_node_that_died_at_once(tmp_path) -> None:
    path = tmp_path / "data"
    first = opened(path)
    other = first.start_node("2")
    commit(other, "lost")
    other.close()
    first.close()
    serve_once(path)

    assert written_lines(path / "audit-2.log") == [(2, "lost", True)]
    assert (path / "audit-2.log").stat().st_mode & 0o077 == 0


def test_half_a_line_of_a_node_that_died_is_cut_off_and_reported(path, left) -> None:
    with (path / "audit-2.log").open("ab") as file:
        file.write(b'{"seq":2,"comm')

    assert (
        "half a line at the end of the audit log audit-2.log was cut off (14 bytes),"
        " as a crash leaves it" in serve_once(path)
    )
    assert written_lines(path / "audit-2.log")[-1] == (left, "lost", True)


def test_lines_that_are_there_behind_the_checkpoint_are_not_written_again(path, left) -> None:
    first = opened(path)
    waiting = draining.read_outbox(first.audit.logs_of_other_nodes()[0])
    log = AuditLog(path / "audit-2.log")
    log.append(waiting.entries)
    log.close()
    first.close()
    serve_once(path)

    assert written_lines(path / "audit-2.log") == [(3, "two", False), (left, "lost", True)]


def test_a_file_that_refuses_a_dead_nodes_lines_refuses_no_start(path, left, monkeypatch) -> None:
    def refuse(_self, _events):
        raise Unrecorded("no", operator="disk full")

    data = opened(path)
    with monkeypatch.context() as patched:
        patched.setattr(AuditLog, "append", refuse)
        said = stopped_nodes.drain_stopped_nodes(data, now=1.0)
    data.close()

    assert said == ["1 lines of node 2 are not on disk yet, the next start tries again: disk full"]
    serve_once(path)
    assert written_lines(path / "audit-2.log")[-1] == (left, "lost", True)


def test_a_broken_log_of_a_dead_node_refuses_the_start_of_another_and_is_recorded(
    path, left
) -> None:
    broken = path / "audit-2.log"
    broken.write_bytes(broken.read_bytes().replace(b"CreateUser", b"createUser"))
    with pytest.raises(Unusable, match=f"{HEADLINE}: {broken}: line 1 was changed"):
        serve_once(path)
    with pytest.raises(Unusable, match="nobody has accepted that"):
        serve_once(path)
    data = opened(path)
    [found] = break_records.decode_records(data.audit.breaks)
    data.close()

    assert (found.node, found.what, found.accepted) == ("2", f"{broken}: line 1 was changed", 0.0)
    assert left not in {commit for commit, _, _ in written_lines(path / "audit.log")}


def test_a_log_removed_while_it_is_drained_refuses_the_start_and_is_recorded(
    path, left, monkeypatch
) -> None:
    missing, found = path / "audit-2.log", draining.read_outbox

    def taking_away(audit):
        waiting = found(audit)
        audit.path.unlink()
        return waiting

    data = opened(path)
    monkeypatch.setattr(draining, "read_outbox", taking_away)
    with pytest.raises(Unusable, match="is missing: the file was removed"):
        stopped_nodes.drain_stopped_nodes(data, now=7.0)
    [kept] = break_records.decode_records(data.audit.breaks)
    drained = data.audit.logs_of_other_nodes()[0].checkpoint.drained
    data.close()

    assert (kept.node, kept.time) == ("2", 7.0)
    assert kept.what == f"{missing}: line 1 is missing: the file was removed"
    assert drained < left


def test_a_further_node_of_a_server_drains_no_stopped_node(path, left) -> None:
    first = opened(path)
    other = first.start_node("3")
    single_process.make_server(Config(data=path, host="127.0.0.1", port=0), other).close()
    other.close()
    first.close()

    assert left not in {commit for commit, _, _ in written_lines(path / "audit-2.log")}


# Accepting.


def change_a_line(path, name):
    found = path / name
    found.write_bytes(found.read_bytes().replace(b"CreateUser", b"createUser", 1))
    return found


def test_breaks_of_all_logs_are_accepted_together_and_recorded_in_each_broken_log(path) -> None:
    first, second = change_a_line(path, "audit.log"), change_a_line(path, "audit-2.log")
    before = run_log_command(path, "verify")
    accepted = run_log_command(path, "accept-break", "--yes")
    after = run_log_command(path, "verify")

    assert str(before.exception) == f"{first}: line 2 was changed"
    assert f"{second}: line 1 was changed" in before.exception.details
    assert accepted.exception is None, accepted.exception
    assert after.exception is None, after.exception
    assert after.stdout.splitlines()[1].startswith(
        "audit-2.log is whole but for what was accepted 2 times: 3 lines"
    )
    assert f"found: {second}: line 1 was changed; accepted" in after.stderr
    for path_of_log in (first, second):
        last = json.loads(path_of_log.read_bytes().splitlines()[-1])["event"]
        assert last["operation"] == "accept-break"
        assert last["detail"]["what"].startswith(f"{path_of_log}: ")
    serve_once(path)


def test_a_whole_log_gets_no_line_of_a_break_accepted_in_another(path) -> None:
    change_a_line(path, "audit-2.log")
    whole = (path / "audit.log").read_bytes()
    before = read_without_lock(path, {}).node_logs
    assert run_log_command(path, "accept-break", "--yes").exception is None

    assert (path / "audit.log").read_bytes() == whole
    assert read_without_lock(path, {}).node_logs[0] == before[0]
    # Two: the line was changed, and it is no longer the one of the checkpoint.
    assert read_without_lock(path, {}).node_logs[1].checkpoint.seq == before[1].checkpoint.seq + 2


def test_a_break_accepted_in_one_log_is_skipped_in_no_other(path) -> None:
    change_a_line(path, "audit-2.log")
    assert run_log_command(path, "accept-break", "--yes").exception is None
    data = opened(path)
    found = break_records.decode_records(data.audit.breaks)
    data.close()
    (path / "audit.log").write_bytes((path / "audit-2.log").read_bytes())

    assert (
        verify_log(path / "audit-2.log", accepted=break_records.accepted_breaks(found, "2")).breaks
        == ()
    )
    assert break_records.accepted_breaks(found, "1") == ()
    assert verify_log(path / "audit.log", accepted=break_records.accepted_breaks(found, "1")).breaks


def test_a_log_that_was_removed_is_accepted_and_goes_on_behind_what_is_missing(path) -> None:
    (path / "audit-2.log").unlink()
    with pytest.raises(Unusable):
        serve_once(path)
    accepted = run_log_command(path, "accept-break", "--yes")
    said = serve_once(path)

    assert accepted.exception is None, accepted.exception
    assert [line.seq for line in read_log(path / "audit-2.log")] == [2]
    assert run_log_command(path, "verify").exception is None
    assert (
        "the audit log audit-2.log was found broken 1 times, and accepted:"
        " daypass log verify shows them" in said
    )


def test_a_broken_log_that_the_database_does_not_know_is_reported_and_accepted(path) -> None:
    (path / "audit-7.log").write_bytes(b"garbage\n")
    before = run_log_command(path, "verify")
    assert run_log_command(path, "accept-break", "--yes").exception is None

    assert str(before.exception) == f"{path / 'audit-7.log'}: line 1 cannot be read"
    assert run_log_command(path, "verify").exception is None
    serve_once(path)


def test_a_spoilt_checkpoint_of_one_node_is_reported_with_its_name_and_accepted(path) -> None:
    database = sqlite3.connect(path / "daypass.db")
    with database:
        database.execute("UPDATE nodes SET audit_hash = 'y' WHERE id = '2'")
    database.close()
    words = "the checkpoint of the audit log of node 2 in the database cannot be read"

    assert str(run_log_command(path, "verify").exception) == words
    assert len(shown_lines(path)) == 4
    with pytest.raises(Unusable, match=words):
        serve_once(path)
    assert run_log_command(path, "accept-break", "--yes").exception is None
    serve_once(path)
    assert run_log_command(path, "verify").exception is None


def test_a_break_that_a_running_node_finds_is_recorded_with_its_node(path) -> None:
    first = opened(path)
    other = first.start_node("2")
    log = open_log.open_audit_log(other, now=1.0)
    watch = log_watch.AuditLogWatch(log, other, now=lambda: 2.0)
    (path / "audit-2.log").unlink()
    watch.compare()
    other.committer.run(lambda: None).result(10)
    found = break_records.decode_records(first.audit.breaks)
    log.close()
    other.close()
    first.close()

    assert [(each.node, each.time) for each in found] == [("2", 2.0)]
    assert watch.break_count == 1
