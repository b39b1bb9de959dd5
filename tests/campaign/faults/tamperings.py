"""A log that somebody changed: each of a thousand ways is found, at its line; after a start too,
and beside a running server.

The log and its checkpoint come from a real server that was stopped cleanly. A forger who can make a
chain of his own is a second server that went on from a copy: its lines follow each other as they
should, and only the checkpoint tells. Two workers have a log each, and a break of either is found,
and refuses the start of both; whose chain it is that somebody else makes is no other question.
"""

import itertools
import random
import re
import shutil
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.campaign.faults._node import HANGS, RAW, Node, NotStarted, running
from tests.campaign.faults._parts import TWO_WORKERS, Findings, tracebacks, until
from tests.campaign.faults._ways import SPACES, WAYS, flip

COUNT = 1_000
LINES = 40
FORKED_AFTER = 25
LOUD_SECONDS_MAX = 15.0
FIRST, SECOND = "audit.log", "audit-2.log"
COUNT_OF_SECOND = 100
WAYS_OF_SECOND = {name: way for name, way in WAYS.items() if name != "another chain"}


def _busy(node, count, name):
    for number in range(count):
        made = node.call(
            "CreateUser", UserName=f"{name}{number}", Path='/p/"q"/' if number % 5 == 4 else "/"
        )
        assert made.is_ok or made.status == 400, made


def copy_data(source, target):
    """Copy a data directory, but for its socket."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.sock"))
    target.chmod(0o700)


def prepare_two(folder, *, lines=2 * LINES):
    """Make the logs of two workers; return the node, stopped."""
    node = Node(folder, *TWO_WORKERS)
    with running(node):
        _busy(node, lines, "true")
        assert node.stop()
    return node


def prepare(folder, *, lines=LINES):
    """Make a log with its checkpoint; return the node, stopped, and the lines of a log that
    forked from it.
    """
    node = Node(folder)
    with running(node):
        _busy(node, FORKED_AFTER, "common")
        assert node.stop()
    copy = Node(folder, data=Path(folder) / "fork")
    copy_data(node.data, copy.data)
    with running(copy):
        _busy(copy, lines + 10 - FORKED_AFTER, "forked")
        assert copy.stop()
    with running(node):
        _busy(node, lines - FORKED_AFTER, "true")
        assert node.stop()
    return node, (copy.data / "audit.log").read_bytes().splitlines(keepends=True)


def tamper(node, fork, count, dice, findings, *, ways=WAYS, log=FIRST):
    """Verify so many logs, changed in these ways in turn; the log is as it was afterwards."""
    path = node.data / log
    true = path.read_bytes()
    assert node.told("log", "verify").returncode == 0, (
        "the log is not whole before anybody touched it"
    )
    for _, name in zip(range(count), itertools.cycle(ways), strict=False):
        lines = true.splitlines(keepends=True)
        first, last = WAYS[name](lines, dice, fork)
        later = SPACES.get(name, 0)
        path.write_bytes(b"".join(lines))
        done = node.told("log", "verify")
        findings.count += 1
        said = re.search(r"line (\d+)", done.stdout + done.stderr)
        case = f"{name}, line {first}: {(done.stdout + done.stderr).strip()[:160]}"
        if done.returncode == 0:
            findings.add("changed logs that are told whole", case)
        elif RAW in done.stderr:
            findings.add("changed logs that end in a raw exception", case)
        elif said is None or not first + later <= int(said[1]) <= last + later:
            findings.add("changed logs that are found without their line", case)
    path.write_bytes(true)
    path.chmod(0o600)
    assert node.told("log", "verify").returncode == 0


def gone(node, findings, *, log=FIRST):
    """Verify a log that is not there; it is there again afterwards."""
    path = node.data / log
    kept = path.with_name("kept")
    path.rename(kept)
    done = node.told("log", "verify")
    findings.count += 1
    if done.returncode == 0 or RAW in done.stderr or log not in done.stderr:
        findings.add("logs that are gone and not said to be", done.stdout + done.stderr)
    kept.rename(path)


def _whole(line):
    return lambda lines: [*lines[:-1], line]


BEFORE_A_START = {
    "the tail cut": lambda lines: lines[:-5],
    "emptied": lambda lines: [],
    "deleted": lambda lines: None,
    "a garbage line at the end": _whole(b"garbage\n"),
    "an empty object at the end": _whole(b"{}\n"),
    "bad UTF-8 at the end": _whole(b'{"seq":1,"event":"\xff"}\n'),
    "a line changed": lambda lines: [*lines[:4], flip(lines[4], random.Random(4)), *lines[5:]],
}


def starts(node, fork, cases, findings, *, log=FIRST):
    """Start on changed logs: it is said, every request ends, and verification finds it
    afterwards as before.
    """
    true = node.folder / f"true {log}"
    copy_data(node.data, true)
    for name, change in {
        **BEFORE_A_START,
        "another chain": lambda lines: fork[: len(lines)],
    }.items():
        if name not in cases:
            continue
        shutil.rmtree(node.data)
        copy_data(true, node.data)
        path = node.data / log
        lines = change(path.read_bytes().splitlines(keepends=True))
        path.unlink()
        if lines is not None:
            path.write_bytes(b"".join(lines))
            path.chmod(0o600)
        findings.count += 1
        before = len(node.said)
        try:
            with running(node):
                if node.call("CreateUser", UserName="after").status == HANGS:
                    findings.add("starts on a changed log whose requests hang", name)
                if not node.stop():
                    findings.add("starts on a changed log that do not stop", name)
        except NotStarted as refusal:
            if log not in str(refusal) or tracebacks(str(refusal)):
                findings.add("starts that are refused without the log's name", f"{name}: {refusal}")
        if not re.search(r"audit|\blog\b", node.said[before:]):
            findings.add("starts on a changed log that say no word of it", name)
        if node.told("log", "verify").returncode == 0:
            findings.add("changed logs that are told whole after a start", name)
    shutil.rmtree(node.data)
    copy_data(true, node.data)


def _cut(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _cut_to_lines(path):
    lines = path.read_bytes().splitlines(keepends=True)
    with path.open("r+b") as file:
        file.truncate(sum(len(each) for each in lines[:-4]))


def _exchange(path):
    content = path.read_bytes().splitlines(keepends=True)
    path.unlink()
    path.write_bytes(b"".join(content[:-4]))
    path.chmod(0o600)


WHILE_IT_RUNS = {
    "cut": _cut_to_lines,
    "cut within a line": _cut,
    "deleted": Path.unlink,
    "exchanged": _exchange,
}


def _is_loud(node, before, case, findings):
    """Say whether a server that is asked something has said on standard error, or by `/readyz`,
    that its log is changed.
    """
    if node.call("CreateUser", UserName=f"meanwhile{time.monotonic_ns()}").status == HANGS:
        findings.add("requests that hang beside a changed log", case)
    return re.search(r"audit|\blog\b", node.said[before:]) or node.ready() == 503


def meanwhile(node, cases, findings, *, log=FIRST):
    """Change the log beside a running server: it is said soon, and found afterwards."""
    true = node.folder / f"quiet {log}"
    copy_data(node.data, true)
    for name in cases:
        shutil.rmtree(node.data)
        copy_data(true, node.data)
        findings.count += 1
        with running(node):
            _busy(node, 6, "before")
            before = len(node.said)
            WHILE_IT_RUNS[name](node.data / log)
            if not until(partial(_is_loud, node, before, name, findings), LOUD_SECONDS_MAX):
                findings.add("logs changed beside a server that says no word of it", name)
            if not node.stop():
                findings.add("servers that do not stop beside a changed log", name)
        if node.told("log", "verify").returncode == 0:
            findings.add("logs changed beside a server that are told whole", name)
    shutil.rmtree(node.data)
    copy_data(true, node.data)


def of_two(folder, count, before, during):
    """Change the second worker's log in all of these ways, the first one's where both of them
    run; return the findings.
    """
    findings, dice = Findings(), random.Random(8)
    node = prepare_two(folder)
    tamper(node, [], count, dice, findings, ways=WAYS_OF_SECOND, log=SECOND)
    gone(node, findings, log=SECOND)
    starts(node, [], before, findings, log=SECOND)
    for log in (FIRST, SECOND):
        meanwhile(node, during, findings, log=log)
    return findings


KINDS = (
    "changed logs that are told whole",
    "changed logs that end in a raw exception",
    "changed logs that are found without their line",
    "logs that are gone and not said to be",
    "changed logs that are told whole after a start",
    "starts on a changed log that say no word of it",
    "starts on a changed log whose requests hang",
    "starts on a changed log that do not stop",
    "starts that are refused without the log's name",
    "logs changed beside a server that are told whole",
    "logs changed beside a server that says no word of it",
    "requests that hang beside a changed log",
)


def figures():
    """Yield the figures of logs that somebody changed."""
    with tempfile.TemporaryDirectory() as folder:
        findings, dice = Findings(), random.Random(2)
        node, fork = prepare(folder)
        tamper(node, fork, COUNT, dice, findings)
        gone(node, findings)
        starts(node, fork, [*BEFORE_A_START, "another chain"], findings)
        meanwhile(node, WHILE_IT_RUNS, findings)
    yield "logs that were changed", findings.count, f">= {COUNT}"
    yield from findings.figures(KINDS)
    with tempfile.TemporaryDirectory() as folder:
        findings = of_two(folder, COUNT_OF_SECOND, BEFORE_A_START, WHILE_IT_RUNS)
    yield "two workers: logs that were changed", findings.count, f">= {COUNT_OF_SECOND}"
    yield from findings.figures(KINDS, "two workers: ")
