"""Verification finds every byte of a log that is not as it was written, and names the line."""

import json
import random
import re
import shutil
from pathlib import Path

import pytest

from daypass.server.audit.event import Event
from daypass.server.audit.line_format import (
    GENESIS_HASH,
    BadLine,
    ChainPoint,
    format_line,
    split_line,
)
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.log_lines import LogEntry, decode_line
from daypass.server.audit.verification import BREAKS_MAX, verify_log

OLD = Path(__file__).parent / "format-1.log"
LINES = 20


def event(number):
    return Event(
        time=float(number),
        request=f"r{number}",
        service="sts",
        operation="AssumeRole",
        message="x" * (number % 7),
        detail={"role": f"role{number}"},
    )


@pytest.fixture
def path(tmp_path):
    """A log that began in the format before and has commits since."""
    found = tmp_path / "audit.log"
    shutil.copy(OLD, found)
    log = AuditLog(found)
    log.append([LogEntry(event(number), number % 3) for number in range(8, LINES)])
    log.close()
    return found


@pytest.fixture
def head(path):
    return verify_log(path).head


def flip(dice, text):
    at = dice.randrange(len(text))
    return text[:at] + bytes([text[at] ^ (1 << dice.randrange(8))]) + text[at + 1 :]


def delete(dice, text):
    at = dice.randrange(len(text))
    return text[:at] + text[at + dice.randrange(1, 400) :]


def insert(dice, text):
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice([b" ", b"\n", b"\r", b"\0", b"\xff", b"0", b"x\n"]) + text[at:]


def line_ends(dice, text):
    lines = text.split(b"\n")
    at = dice.randrange(len(lines) - 1)
    lines[at] += b"\r"
    return b"\n".join(lines)


def of_lines(change):
    def tamper(dice, text):
        lines = text.splitlines(keepends=True)
        change(lines, dice.randrange(len(lines) - 1), dice)
        return b"".join(lines)

    # The last line stays, so that there is one behind each that is changed.
    tamper.__name__ = change.__name__
    return tamper


@of_lines
def remove_one(lines, at, dice):
    del lines[at]


@of_lines
def swap_two(lines, at, dice):
    lines[at], lines[at + 1] = lines[at + 1], lines[at]


@of_lines
def double_one(lines, at, dice):
    lines.insert(dice.randrange(len(lines)), lines[at])


@of_lines
def add_a_member(lines, at, dice):
    member = dice.choice(
        [b',"event":{"time":1.0}', b',"x":1', b',"seq":1', b',"commit":9', b' , "hash":""']
    )
    lines[at] = lines[at][:-2] + member + b"}\n"


@of_lines
def add_a_member_to_the_event(lines, at, dice):
    where = lines[at].index(b'"event":{') + len(b'"event":{')
    lines[at] = lines[at][:where] + b'"outcome":"forged",' + lines[at][where:]


@of_lines
def spell_otherwise(lines, at, dice):
    lines[at] = json.dumps(json.loads(lines[at])).encode() + b"\n"


@of_lines
def forge_and_hash_again(lines, at, dice):
    parts = split_line(lines[at])
    body = parts.event.replace(b'"service":"', b'"service":"x')
    lines[at], _ = format_line(parts.seq, parts.commit, body, parts.prev)


@of_lines
def cut_off(lines, at, dice):
    del lines[at + 1 :]


TAMPERINGS = [
    flip,
    delete,
    insert,
    line_ends,
    remove_one,
    swap_two,
    double_one,
    add_a_member,
    add_a_member_to_the_event,
    spell_otherwise,
    forge_and_hash_again,
    cut_off,
]


def first_difference(one, two):
    same = 0
    while same < min(len(one), len(two)) and one[same] == two[same]:
        same += 1
    return same


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_t267_log_of_a_thousand_tamperings_each_is_found_with_its_line(path, head, tamper) -> None:
    whole = path.read_bytes()
    dice = random.Random(tamper.__name__)
    tried = 0
    while tried < 1_000 // len(TAMPERINGS) + 1:
        text = tamper(dice, whole)
        if text == whole:
            continue
        tried += 1
        path.write_bytes(text)
        found = verify_log(path, checkpoint=head).breaks
        line = whole[: first_difference(whole, text)].count(b"\n") + 1

        assert found, text
        # A line that was hashed anew is whole by itself: it is the next one that does not follow
        # it.
        late = tamper.__name__ == "forge_and_hash_again"
        assert found[0].line == line + late, (str(found[0]), text)


def test_t268_log_a_cut_tail_or_an_older_copy_is_found_by_the_checkpoint(path, head) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-3]))

    assert not verify_log(path).breaks
    for known in (head, ChainPoint(head.seq, head.hash)):
        assert list(map(str, verify_log(path, checkpoint=known).breaks)) == [
            f"line 18 is missing: there were {LINES} lines"
        ]
    path.unlink()
    assert (
        str(verify_log(path, checkpoint=head).breaks[0]) == "line 1 is missing: there were 20 lines"
    )


def test_a_log_whose_lines_were_all_hashed_anew_is_found_by_the_checkpoint(path, head) -> None:
    prev, anew = GENESIS_HASH, []
    for raw in path.read_bytes().splitlines(keepends=True):
        parts = split_line(raw)
        body = parts.event.replace(b"r12", b"r13")
        line, prev = format_line(parts.seq, parts.commit, body, prev)
        anew.append(line)
    path.write_bytes(b"".join(anew))

    assert not verify_log(path).breaks
    [found] = verify_log(path, checkpoint=head).breaks
    assert str(found) == "line 20 is not the line that was here at the last checkpoint"


def test_one_break_hides_no_other(path, head) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = b"garbage\n"
    lines[3] = b"more\n"
    del lines[10]
    lines[15] = lines[15].replace(b"AssumeRole", b"AssumeRule")
    path.write_bytes(b"".join(lines))

    assert list(map(str, verify_log(path, checkpoint=head).breaks)) == [
        "line 3 cannot be read",
        "line 11 has the number 12",
        "line 16 (number 17) was changed",
    ]


def test_an_accepted_break_is_skipped_only_with_the_bytes_that_were_accepted(path, head) -> None:
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    lines[2] = b"garbage\n"
    path.write_bytes(b"".join(lines))
    broken = verify_log(path, checkpoint=head).breaks
    again = verify_log(path, checkpoint=head, accepted=broken)

    assert not again.breaks
    assert again.accepted == broken
    assert again.lines == LINES
    for other in (b"garbagE\n", b"garbage\n\n", b"", lines[1]):
        lines[2] = other
        path.write_bytes(b"".join(lines))
        assert verify_log(path, checkpoint=head, accepted=broken).breaks
    path.write_bytes(whole)
    assert not verify_log(path, checkpoint=head, accepted=broken).accepted


def test_the_last_reported_break_contains_the_rest_of_the_file(tmp_path) -> None:
    path = tmp_path / "audit.log"
    log = AuditLog(path)
    log.append([event(number) for number in range(3 * BREAKS_MAX)])
    log.close()
    lines = path.read_bytes().splitlines(keepends=True)
    lines[::2] = [b"x\n"] * len(lines[::2])
    path.write_bytes(b"".join(lines))
    found = verify_log(path, checkpoint=log.durable_point)

    assert len(found.breaks) == BREAKS_MAX
    assert found.head.position == path.stat().st_size
    assert not verify_log(path, checkpoint=log.durable_point, accepted=found.breaks).breaks


def test_the_hash_of_a_line_covers_every_byte_before_it() -> None:
    line, _ = format_line(
        7, 3, b'{"time":1.0,"request":"","service":"s","operation":"o"}', "a" * 64
    )
    assert decode_line(line).commit == 3
    start = line.index(b',"hash"')
    for at in range(start):
        for other in {line[at] ^ 1, line[at] ^ 32, 0x20}:
            changed = line[:at] + bytes([other]) + line[at + 1 :]
            if changed != line:
                with pytest.raises(BadLine):
                    decode_line(changed)
    assert re.fullmatch(rb'.*"hash":"[0-9a-f]{64}"\}\n', line)
