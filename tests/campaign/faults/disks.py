"""A disk that fails, once or for a while, in any call on any file: no false success, nobody
waits for ever, and it heals.

One server meets one failure after the other. What it acknowledged meanwhile has to be there after
it was killed and started again, and in the log; what it is while the disk fails, and when it works
again, is asked of `/readyz` without any other request. Of two workers the one that asks next meets
the failure; the operator's commands are no part of them, and are tried once.
"""

import errno
import itertools
import tempfile
import time

from tests.campaign.faults import _shim
from tests.campaign.faults._node import HANGS, Node
from tests.campaign.faults._parts import TWO_WORKERS, Findings, tracebacks
from tests.campaign.faults._shim import Call, File

SECONDS_MAX = 130
WORKERS_SECONDS_MAX = 20
POINTS = 8
"""How many calls of a kind work before one fails: 0, 1, 2 and so on."""
READY_SECONDS_MAX = 10.0
WHERE = {
    "the database": File.DATABASE,
    "the log": File.LOG,
}
HOW = {"write": Call.WRITE, "sync": Call.SYNC, "cut or remove": Call.NAME, "open": Call.OPEN}
NUMBERS = {"full": errno.ENOSPC, "broken": errno.EIO}


class Client:
    """Makes users, one after the other, and keeps what it was told."""

    def __init__(self, node, findings):
        self.node, self.findings = node, findings
        self.acknowledged, self.tried = set(), itertools.count()

    def make(self, case):
        """Make a user; return whether it was acknowledged, and find an answer that is neither a
        success nor honest.
        """
        name = f"d{next(self.tried):05}"
        answer = self.node.call("CreateUser", UserName=name)
        if answer.is_ok:
            self.acknowledged.add(name)
        elif answer.status == HANGS:
            self.findings.add("requests that hang", case)
        elif answer.status != 503:
            self.findings.add("answers that are no 503", f"{case}: {answer.status} {answer.code}")
        return answer.is_ok


def once(client, places, points):
    """Let one call fail at each point: the write after it is served."""
    node = client.node
    for (where, file), (how, call), point in itertools.product(places.items(), HOW.items(), points):
        case = f"{how} of {where}, number {point + 1}"
        node.shim.fail(call, file, after=point, number=errno.EIO)
        for _ in range(6):
            client.make(case)
            if node.shim.failed:
                break
        client.findings.count += node.shim.failed
        node.shim.heal()
        if not node.becomes_ready(seconds=READY_SECONDS_MAX):
            client.findings.add("not ready after one failure, with nobody writing", case)
        if not client.make(case) and not client.make(case):
            client.findings.add("writes refused after one failure", case)


def for_a_while(client, places, numbers):
    """Let every call of a kind fail: it is not ready meanwhile, nothing hangs, and it is ready
    again by itself.
    """
    node = client.node
    for (where, file), (how, call), (what, number) in itertools.product(
        places.items(), HOW.items(), numbers.items()
    ):
        case = f"{how} of {where}, {what}"
        node.shim.fail_for_good(call, file, number=number)
        answers = [client.make(case) for _ in range(3)]
        read = node.call("ListUsers", MaxItems="1")
        if read.status == HANGS:
            client.findings.add("requests that hang", f"a read during: {case}")
        if not node.shim.failed:
            # Nobody asked the disk for that: SQLite keeps its files open, say.
            node.shim.heal()
            continue
        client.findings.count += 1
        if not all(answers) and not node.becomes_ready(503, seconds=READY_SECONDS_MAX):
            client.findings.add("ready while writes fail", case)
        if (
            file == File.LOG
            and call in (Call.WRITE, Call.SYNC)
            and not node.becomes_ready(503, seconds=READY_SECONDS_MAX)
        ):
            client.findings.add("ready while the log cannot be written", case)
        node.shim.heal()
        if not node.becomes_ready(seconds=READY_SECONDS_MAX):
            client.findings.add("not ready after the disk has healed, with nobody writing", case)
        if not client.make(case) and not client.make(case):
            client.findings.add("writes refused after the disk has healed", case)


def compare(client):
    """Kill and start it: what was acknowledged is there, and in the log, and the log is whole."""
    node, findings = client.node, client.findings
    node.kill()
    node.start()
    users = {name for name in node.users() if name.startswith("d")}
    for name in client.acknowledged - users:
        findings.add("false successes", name)
    logged = {
        event["resource"].rpartition("/")[2]
        for event in node.log()
        if event["operation"] == "CreateUser" and event.get("outcome", "ok") == "ok"
    }
    for name in users - logged:
        findings.add("changes without a line in the log", name)
    for name in logged - users:
        findings.add("lines without their change", name)
    done = node.told("log", "verify")
    if done.returncode:
        findings.add("logs that are not whole afterwards", done.stderr)
    if not node.stop():
        findings.add("servers that do not stop", node.said[-300:])
    for line in tracebacks(node.said):
        findings.add("tracebacks", line)


def commands(node, findings):
    """Let each of the operator's commands meet a disk that refuses: it ends with one clear line."""
    for (what, number), arguments in itertools.product(
        NUMBERS.items(),
        (
            ("root", "--endpoint", "http://127.0.0.1:8090"),
            ("keys", "rotate"),
            ("keys", "master"),
            ("log", "verify"),
        ),
    ):
        node.shim.fail_for_good(Call.ANY, File.ANY, number=number)
        done = node.command(*arguments, environ=node.shim.environ)
        failed = node.shim.failed
        node.shim.heal()
        findings.count += 1
        case = f"`{' '.join(arguments)}`, {what}: {done.stderr.strip()[-200:]}"
        is_clear = (
            done.stderr.startswith("error: ")
            and "Error:" not in done.stderr
            and "Traceback" not in done.stderr
        )
        if failed and arguments[0] != "log" and done.returncode == 0:
            findings.add("commands that succeed on a disk that refuses", case)
        if done.returncode and not is_clear:
            findings.add("commands that end without one clear line", case)


def campaign(
    node,
    *,
    places=WHERE,
    points=range(POINTS),
    numbers=NUMBERS,
    seconds=SECONDS_MAX,
    with_commands=True,
):
    """Take every part on one server; return the findings."""
    findings = Findings()
    client = Client(node, findings)
    end = time.monotonic() + seconds
    node.start()
    client.make("none")
    for point in points:
        if time.monotonic() < end:
            once(client, places, [point])
    for_a_while(client, places, numbers)
    if with_commands:
        commands(node, findings)
    compare(client)
    return findings


KINDS = (
    "false successes",
    "requests that hang",
    "answers that are no 503",
    "changes without a line in the log",
    "lines without their change",
    "ready while writes fail",
    "ready while the log cannot be written",
    "not ready after one failure, with nobody writing",
    "not ready after the disk has healed, with nobody writing",
    "writes refused after the disk has healed",
    "commands that end without one clear line",
    "commands that succeed on a disk that refuses",
    "logs that are not whole afterwards",
    "tracebacks",
)


def figures():
    """Yield the figures of a disk that fails."""
    if _shim.why_not():
        yield f"not taken: {_shim.why_not()}", 0, ""
        return
    trials = {"": ((), {}, 50), "two workers: ": (TWO_WORKERS, {"numbers": {"broken": errno.EIO}, "seconds": WORKERS_SECONDS_MAX, "with_commands": False}, 15)}  # fmt: skip
    for server, (options, how, least) in trials.items():
        with tempfile.TemporaryDirectory() as folder:
            node = Node(
                folder,
                *options,
                shim=_shim.Shim(_shim.compiled(folder), folder, root=f"{folder}/data"),
            )
            try:
                findings = campaign(node, **how)
            finally:
                node.kill()
        yield (
            f"{server}failures of system calls, alone or for a while",
            findings.count,
            f">= {least}",
        )
        yield from findings.figures(KINDS, server)
