"""The audit log: one line a decision, chained, found out wherever somebody touched it."""

import errno
import fcntl
import json
import os
import shutil
from pathlib import Path

import pytest

from daypass.core.audit_records.texts import escape_text
from daypass.server.audit.event import Event
from daypass.server.audit.line_format import ChainPoint
from daypass.server.audit.log_file import AuditLog, BrokenLog, Unrecorded
from daypass.server.audit.log_lines import LogEntry, UnreadableLine, encode_line, read_log
from daypass.server.audit.verification import verify_log

OLD = Path(__file__).parent / "audit" / "format-1.log"
"""Written by the version before lines had commits."""
OLD_HASH = "42d94697a2acb19ce15fcc27b6e509c1438cb59b159902769c1c2d2379609383"


def event(number):
    return Event(
        time=float(number),
        request=f"r{number}",
        service="sts",
        operation="AssumeRole",
        message="x" * (number % 7),
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit.log"


def filled(path, count=20):
    log = AuditLog(path)
    for number in range(count):
        log.append([event(number)])
    log.sync()
    log.close()
    return log.head


def test_a_whole_log_verifies_to_its_head(path) -> None:
    head = filled(path)

    assert verify_log(path).head == head
    assert not verify_log(path, checkpoint=head).breaks
    assert [line.seq for line in read_log(path)] == list(range(1, 21))


def test_two_processes_append_to_one_chain(path) -> None:
    one, two = AuditLog(path), AuditLog(path)
    for number in range(6):
        (one if number % 2 else two).append([event(number)])
    one.close()
    two.close()

    assert verify_log(path).head == one.head
    assert not verify_log(path, checkpoint=one.head).breaks


def test_a_line_that_a_crash_left_half_written_is_cut_off(path) -> None:
    filled(path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq":4,"event":{"ti')
    log = AuditLog(path)
    log.append([event(4)])
    log.close()

    assert log.bytes_cut == 21
    assert not verify_log(path).breaks
    assert path.read_bytes().startswith(whole)


def test_t261_log_a_full_disk_is_reported_and_leaves_no_half_line(path, monkeypatch) -> None:
    log = AuditLog(path)
    log.append([event(1)])
    monkeypatch.setattr("daypass.server.audit.log_file.os.write", lambda file, data: len(data) // 2)
    with pytest.raises(Unrecorded):
        log.append([event(2)])
    monkeypatch.undo()
    log.append([event(3)])
    log.close()

    assert verify_log(path).head.seq == 2
    assert not verify_log(path).breaks


def test_a_line_says_which_commit_its_event_belongs_to(path) -> None:
    log = AuditLog(path)
    log.append([LogEntry(event(1), 7), event(2)])
    log.close()

    assert [line.commit for line in read_log(path)] == [7, 0]
    assert [encode_line(line) + "\n" for line in read_log(path)] == path.read_text().splitlines(
        keepends=True
    )


def test_a_log_of_the_earlier_format_is_verified_shown_and_continued(path) -> None:
    shutil.copy(OLD, path)
    before = path.read_bytes()
    log = AuditLog(path, checkpoint=ChainPoint(8, OLD_HASH))
    log.append([LogEntry(event(1), 5)])
    log.close()

    assert not verify_log(path, checkpoint=log.durable_point).breaks
    assert [line.commit for line in read_log(path)] == [None] * 8 + [5]
    assert path.read_bytes().startswith(before)
    assert "".join(encode_line(line) + "\n" for line in read_log(path)) == path.read_text()


@pytest.mark.parametrize("position", [None, 0])
def test_a_log_that_does_not_reach_its_checkpoint_is_not_opened(path, position) -> None:
    head = filled(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-3]))
    known = head if position is not None else ChainPoint(head.seq, head.hash)

    with pytest.raises(BrokenLog) as refused:
        AuditLog(path, checkpoint=known)
    assert refused.value.operator == f"{path}: line 18 is missing: there were 20 lines"
    path.unlink()
    with pytest.raises(BrokenLog, match="written"):
        AuditLog(path, checkpoint=known)
    assert not path.exists()


def test_another_log_of_the_same_length_is_not_opened(path, tmp_path) -> None:
    head = filled(path)
    other = AuditLog(tmp_path / "other.log")
    for number in range(20):
        other.append([event(number + 7)])
    other.close()
    shutil.copy(tmp_path / "other.log", path)

    with pytest.raises(BrokenLog) as refused:
        AuditLog(path, checkpoint=ChainPoint(head.seq, head.hash))
    assert "is not the line that was here at the last checkpoint" in refused.value.operator
    with pytest.raises(BrokenLog):
        AuditLog(path, checkpoint=head)


@pytest.mark.parametrize(
    "garbage",
    [
        b"garbage\n",
        b"{}\n",
        b"\xff\xfe\n",
        b"\n",
        b'{"seq":4,"event":{},"prev":"","hash":""}\n',
        b"\0" * 99 + b"\n",
    ],
)
def test_a_line_that_nobody_wrote_is_named_with_file_and_number(path, garbage) -> None:
    log = AuditLog(path)
    log.append([event(number) for number in range(3)])
    with path.open("ab") as file:
        file.write(garbage)

    with pytest.raises(BrokenLog) as refused:
        log.append([event(4)])
    assert refused.value.operator == f"{path}: line 4 cannot be read"
    with pytest.raises(BrokenLog):
        AuditLog(path, checkpoint=log.head)
    with pytest.raises(UnreadableLine, match="line 4 cannot be read"):
        list(read_log(path))
    assert path.read_bytes().endswith(garbage)


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def remove(path):
    path.unlink()


def replace(path):
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def change_the_last_line(path):
    with path.open("r+b") as file:
        file.seek(-10, os.SEEK_END)
        file.write(b"0")


def empty(path):
    os.truncate(path, 0)


@pytest.mark.parametrize("tamper", [cut, remove, replace, change_the_last_line, empty])
@pytest.mark.parametrize("events", [(), (event(9),)])
def test_a_file_that_changes_while_it_is_open_takes_no_more_lines(path, tamper, events) -> None:
    log = AuditLog(path)
    log.append([event(number) for number in range(3)])
    log.sync()
    before = log.durable_point
    tamper(path)
    size = path.stat().st_size if path.exists() else None

    for _ in range(2):
        with pytest.raises(BrokenLog):
            log.append(events)
    assert log.durable_point == before
    assert (path.stat().st_size if path.exists() else None) == size


def test_a_file_that_is_put_back_takes_lines_again(path) -> None:
    log = AuditLog(path)
    log.append([event(1)])
    path.rename(path.with_name("away"))
    with pytest.raises(BrokenLog):
        log.append([event(2)])
    path.with_name("away").rename(path)
    log.append([event(2)])
    log.close()

    assert verify_log(path, checkpoint=log.durable_point).lines == 2


def test_a_process_that_keeps_the_lock_stops_lines_and_nothing_else(path) -> None:
    log = AuditLog(path)
    with path.open("rb") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        for _ in range(2):
            with pytest.raises(Unrecorded, match="cannot be written") as refused:
                log.append([event(1)])
            assert refused.value.reason == "another process holds its lock"
        fcntl.flock(holder, fcntl.LOCK_UN)
    log.append([event(1)])

    assert log.head.seq == 1


def test_the_durable_point_moves_only_to_what_was_forced_to_disk(path, monkeypatch) -> None:
    log = AuditLog(path)
    log.append([event(1)])
    assert log.durable_point.seq == 0
    log.sync()
    assert log.durable_point == log.head

    def failing(_file):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    log.append([event(2)])
    monkeypatch.setattr("daypass.server.audit.log_file.os.fdatasync", failing)
    with pytest.raises(Unrecorded, match="cannot be written"):
        log.sync()
    assert log.durable_point.seq == 1
    monkeypatch.undo()
    whole = path.read_bytes()
    log.sync()

    assert log.durable_point == log.head
    assert path.read_bytes() == whole


def test_an_event_that_is_too_long_or_no_valid_text_is_written_shortened(path) -> None:
    log = AuditLog(path)
    odd = Event(time=1.0, request="r", service="s", operation="o", resource="\ud800", account="1")
    long = Event(time=1.0, request="r", service="s", operation="o", detail={"x": "y" * (1 << 20)})
    log.append([odd, long, event(2)])
    log.close()

    first, second, third = [line.event for line in read_log(path)]
    assert (first.resource, first.account) == ("\\ud800", "1")
    assert second.detail == {"cut": "the event was too long, or no text"}
    assert third == event(2)


@pytest.mark.parametrize(
    "text", ["a\r\nb", "\x1b[31mred", "\u202eevil", '{"a": 1}', "x" * 10_000, "\x00", "\ud800"]
)
def test_t265_log_what_a_caller_writes_stays_one_harmless_line(path, text) -> None:
    log = AuditLog(path)
    log.append([Event(time=0, request="r", service="s", operation="o", agent=escape_text(text))])
    log.close()
    raw = path.read_bytes()

    assert raw.count(b"\n") == 1
    found = json.loads(raw)["event"]["agent"]
    assert found.isprintable()
    assert len(found) <= 6 * 512


def test_t270_log_refused_calls_are_written_down_without_signatures(live) -> None:
    from botocore.exceptions import ClientError

    root = live.root()
    with pytest.raises(ClientError):
        live.client("sts", {**root, "SecretAccessKey": "x" * 40}).get_caller_identity()
    lines = [line.event for line in read_log(live.data.audit.path)]
    mine = [each for each in lines if each.key == root["AccessKeyId"]]

    assert mine[-1].outcome == "SignatureDoesNotMatch"
    assert mine[-1].source == "127.0.0.1"
    text = live.data.audit.path.read_text()
    assert root["SessionToken"] not in text
    assert root["SecretAccessKey"] not in text
    assert not verify_log(live.data.audit.path).breaks
