"""A disk that is really full, has no inode left, is read-only, or takes half a line: told in one
clear line, and over when there is room.

The disk is a small file system in memory, which only root may mount; half a line comes of a limit
on the size of files. Each of two workers has a log of its own there, and a limit of its own.
"""

import contextlib
import itertools
import resource
import subprocess
import tempfile
from pathlib import Path

from tests.campaign.faults._node import HANGS, Node, NotStarted, running
from tests.campaign.faults._parts import TWO_WORKERS, Findings, tracebacks

READY_SECONDS_MAX = 15.0
COMMANDS = (("root", "--endpoint", "http://127.0.0.1:8090"), ("keys", "rotate"), ("keys", "master"))


def why_not():
    """Return why no file system can be mounted here; empty if one can."""
    with tempfile.TemporaryDirectory() as name:
        tried = subprocess.run(
            ["mount", "-t", "tmpfs", "tmpfs", name], capture_output=True, text=True, check=False
        )
        if tried.returncode:
            return f"no file system can be mounted here: {tried.stderr.strip()}"
        subprocess.run(["umount", name], check=True)
    return ""


@contextlib.contextmanager
def mounted(path, options):
    """Mount a file system in memory for as long as the block lasts."""
    path.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"mode=0700,{options}", "tmpfs", path], check=True
    )
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def fill(path):
    """Write a file until there is no room for another byte."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0")


def is_clear(told):
    """Say whether what a command or a start told is an error for people."""
    return "error: " in told and "Error:" not in told and not tracebacks(told)


def commands(node, findings, what):
    """Run the operator's commands: each works, or ends with one clear line."""
    for arguments in COMMANDS:
        done = node.command(*arguments)
        findings.count += 1
        if done.returncode and not is_clear(done.stderr):
            findings.add(
                "commands and starts that end without a clear line",
                f"`{' '.join(arguments)}`, {what}: {done.stderr.strip()[-200:]}",
            )


def without_room(folder, findings, *options):
    """Fill the disk under a running server, then make room."""
    with mounted(folder / "small", "size=6m") as disk:
        node = Node(folder, *options, data=disk / "data")
        with running(node):
            node.call("CreateUser", UserName="before")
            fill(disk / "ballast")
            names = (f"full{at}" for at in itertools.count())
            answers = [node.call("CreateUser", UserName=next(names)) for _ in range(8)]
            for answer in answers:
                if answer.status not in {200, 503}:
                    findings.add(
                        "answers that are no 503", f"no room: {answer.status} {answer.code}"
                    )
                if answer.status == HANGS:
                    findings.add("requests that hang", "no room")
            if not all(answer.is_ok for answer in answers) and not node.becomes_ready(
                503, seconds=READY_SECONDS_MAX
            ):
                findings.add("ready on a full disk", "no room")
            commands(node, findings, "no room")
            (disk / "ballast").unlink()
            if not node.becomes_ready(seconds=READY_SECONDS_MAX):
                findings.add("not ready when there is room again", "no room")
            if not node.call("CreateUser", UserName="after").is_ok:
                findings.add("writes refused when there is room again", "no room")
            there = node.users()
            kept = {f"full{at}" for at, answer in enumerate(answers) if answer.is_ok}
            findings.count += 1
            for name in kept - there:
                findings.add("false successes", name)
            if not node.stop():
                findings.add("servers that do not stop", "no room")
        verified = node.told("log", "verify")
        if verified.returncode:
            findings.add("logs that are not whole afterwards", verified.stderr)
        for line in tracebacks(node.said):
            findings.add("tracebacks", line)


def without_inodes(folder, findings, *options):
    """Start where hardly a file can be made, with more of them each time, until it starts."""
    for inodes in (2, 4, 6, 9):
        place = folder / f"inodes{inodes}"
        place.mkdir()
        with mounted(place / "disk", f"size=20m,nr_inodes={inodes}") as disk:
            node = Node(place, *options, data=disk / "data")
            findings.count += 1
            try:
                with running(node):
                    return
            except NotStarted as refusal:
                if not is_clear(str(refusal)):
                    findings.add(
                        "commands and starts that end without a clear line",
                        f"up, {inodes} inodes: {str(refusal).strip()[-200:]}",
                    )


def read_only(folder, findings, *options):
    """Start, and run the commands, on a disk that may only be read."""
    with mounted(folder / "locked", "size=20m") as disk:
        node = Node(folder, *options, data=disk / "data")
        with running(node):
            node.stop()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        commands(node, findings, "read-only")
        findings.count += 1
        try:
            with running(node):
                findings.add("starts on a disk that takes no write", "read-only")
        except NotStarted as refusal:
            if not is_clear(str(refusal)):
                findings.add(
                    "commands and starts that end without a clear line",
                    f"up, read-only: {str(refusal).strip()[-200:]}",
                )


def limit_logs(node, more):
    """Let the log of each of a server's processes take so many bytes more; any number for None."""
    for process, log in zip(node.workers or node.processes, node.logs, strict=True):
        limit = resource.RLIM_INFINITY if more is None else log.stat().st_size + more
        resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def half_lines(folder, findings, *options, bytes_more=(1, 100, 700)):
    """Let the log take part of a line: what was told is right, and the log whole when it takes
    lines again.
    """
    place = folder / "half"
    place.mkdir()
    node = Node(place, *options)
    with running(node):
        others = [node.data / "daypass.db", node.data / "daypass.db-journal"]
        padding = "/" + "p" * 500 + "/"
        while min(each.stat().st_size for each in node.logs) < 2 * max(
            each.stat().st_size for each in others if each.exists()
        ):
            node.call("GetUser", UserName="nobody", Padding=padding)
        kept = set()
        for more in bytes_more:
            limit_logs(node, more)
            for at in range(4):
                answer = node.call("CreateUser", UserName=f"half{more}-{at}")
                findings.count += 1
                if answer.is_ok:
                    kept.add(f"half{more}-{at}")
                elif answer.status == HANGS:
                    findings.add("requests that hang", f"half a line, {more} bytes")
                elif answer.status != 503:
                    findings.add(
                        "answers that are no 503",
                        f"half a line, {more} bytes: {answer.status} {answer.code}",
                    )
            if not node.becomes_ready(503, seconds=READY_SECONDS_MAX):
                findings.add("ready on a full disk", f"half a line, {more} bytes")
            limit_logs(node, None)
            if not node.becomes_ready(seconds=READY_SECONDS_MAX):
                findings.add("not ready when there is room again", f"half a line, {more} bytes")
        there = node.users()
        for name in kept - there:
            findings.add("false successes", name)
        node.stop()
    logged = {
        str(event.get("resource", "")).rpartition("/")[2]
        for event in node.log()
        if event["operation"] == "CreateUser" and event.get("outcome", "ok") == "ok"
    }
    for name in sorted(there - logged):
        findings.add("changes without a line in the log", name)
    for name in sorted(logged - there):
        findings.add("lines without their change", name)
    verified = node.told("log", "verify")
    if verified.returncode:
        findings.add("logs that are not whole afterwards", verified.stderr)


MOUNTED = (without_room, without_inodes, read_only)
KINDS = (
    "false successes",
    "requests that hang",
    "answers that are no 503",
    "ready on a full disk",
    "not ready when there is room again",
    "writes refused when there is room again",
    "changes without a line in the log",
    "lines without their change",
    "commands and starts that end without a clear line",
    "starts on a disk that takes no write",
    "servers that do not stop",
    "logs that are not whole afterwards",
    "tracebacks",
)


def figures():
    """Yield the figures of full disks."""
    reason = why_not()
    if reason:
        yield f"no room, no inodes, read-only: not taken, {reason}", 0, ""
    for server, options in {"": (), "two workers: ": TWO_WORKERS}.items():
        findings = Findings()
        with tempfile.TemporaryDirectory() as name:
            half_lines(Path(name), findings, *options)
            for part in () if reason else MOUNTED:
                part(Path(name), findings, *options)
        yield f"{server}writes, commands and starts on full disks", findings.count, ">= 12"
        yield from findings.figures(KINDS, server)
