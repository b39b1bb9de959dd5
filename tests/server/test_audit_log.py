"""The audit log: one line a decision, chained, found out wherever somebody touched it."""

import json
import random

import pytest

from daypass.core.audit_records.texts import clean
from daypass.server.audit_log import AuditLog, Break, Head, Unrecorded, read, verify
from daypass.server.event import Event


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

    assert verify(path) == head
    assert [line.seq for line in read(path)] == list(range(1, 21))


def test_t267_log_any_record_that_is_altered_deleted_swapped_or_doubled_is_found(path) -> None:
    filled(path)
    lines = path.read_bytes().splitlines(keepends=True)
    dice = random.Random(1)
    for turn in range(1000):
        at = dice.randrange(len(lines) - 1)
        changed = list(lines)
        if turn % 4 == 0:
            column = dice.randrange(len(lines[at]) - 1)
            byte = bytes([lines[at][column] ^ (1 << dice.randrange(5))])
            changed[at] = lines[at][:column] + byte + lines[at][column + 1 :]
        elif turn % 4 == 1:
            del changed[at]
        elif turn % 4 == 2:
            changed[at], changed[at + 1] = changed[at + 1], changed[at]
        else:
            changed.insert(at, lines[at])
        path.write_bytes(b"".join(changed))
        found = verify(path)

        assert isinstance(found, Break), (turn, at)
        assert found.seq <= at + 2


def test_t268_log_a_cut_tail_or_an_older_copy_is_found_by_the_checkpoint(path) -> None:
    head = filled(path)
    seen = Head(head.seq, head.hash)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-3]))

    assert isinstance(verify(path), Head)
    cut = verify(path, checkpoint=seen)
    assert isinstance(cut, Break)
    assert cut.seq == 18
    path.unlink()
    filled(path, 25)
    other = verify(path, checkpoint=Head(20, "0" * 64))
    assert isinstance(other, Break)


def test_two_processes_append_to_one_chain(path) -> None:
    one, two = AuditLog(path), AuditLog(path)
    for number in range(6):
        (one if number % 2 else two).append([event(number)])
    one.close()
    two.close()

    assert verify(path) == Head(6, one.head.hash)


def test_a_line_that_a_crash_left_half_written_is_cut_off(path) -> None:
    filled(path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq":4,"event":{"ti')
    log = AuditLog(path)
    log.append([event(4)])
    log.close()

    assert isinstance(verify(path), Head)
    assert path.read_bytes().startswith(whole)


def test_t261_log_a_full_disk_is_said_and_leaves_no_half_line(path, monkeypatch) -> None:
    log = AuditLog(path)
    log.append([event(1)])
    monkeypatch.setattr("daypass.server.audit_log.os.write", lambda file, data: len(data) // 2)
    with pytest.raises(Unrecorded):
        log.append([event(2)])
    monkeypatch.undo()
    log.append([event(3)])
    log.close()

    assert verify(path).seq == 2


@pytest.mark.parametrize(
    "text", ["a\r\nb", "\x1b[31mred", "\u202eevil", '{"a": 1}', "x" * 10_000, "\x00", "\ud800"]
)
def test_t265_log_what_a_caller_writes_stays_one_harmless_line(path, text) -> None:
    log = AuditLog(path)
    log.append([Event(time=0, request="r", service="s", operation="o", agent=clean(text))])
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
    lines = [line.event for line in read(live.data.audit_log)]
    mine = [each for each in lines if each.key == root["AccessKeyId"]]

    assert mine[-1].outcome == "SignatureDoesNotMatch"
    assert mine[-1].source == "127.0.0.1"
    text = live.data.audit_log.read_text()
    assert root["SessionToken"] not in text
    assert root["SecretAccessKey"] not in text
    assert isinstance(verify(live.data.audit_log), Head)
