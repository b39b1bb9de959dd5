"""Three times as much as a server can answer: what it still answers, and how long a newcomer waits.

Server and generator have a processor each. The generator is an open loop: requests are sent when
they are due, on any connection that is free, on a new one where none is, and answers are waited for
by nobody. Meanwhile a newcomer in a process of its own connects ten times a second, asks once and
leaves. Answers are counted, and requests are due, by the processor time that the server had: what
the machine's neighbours take of it says nothing. How long a newcomer waits is by the wall.
"""

import asyncio
import collections
import json
import os
import subprocess
import sys
import time

import uvloop
from tests.bench.servers import cpu_seconds
from tests.campaign._server import GENERATOR_CPU, pin_generator, raise_descriptors, serving

SECONDS = float(os.environ.get("CAMPAIGN_SECONDS", "8"))
CONNECTIONS_MAX = 1_500
CONNECTIONS_AT_SATURATION = 64
WARM_UP_SECONDS = 2.0


class Client(asyncio.Protocol):
    """A connection of the generator: one request at a time."""

    def __init__(self, load):
        self.load = load
        self.buffer = b""
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        self.load.is_free(self)

    def send(self):
        self.sent = time.monotonic()
        self.transport.write(self.load.request)

    def data_received(self, data):
        self.buffer = data if not self.buffer else self.buffer + data
        head, sign, rest = self.buffer.partition(b"\r\n\r\n")
        if not sign:
            return
        at = head.find(b"content-length: ") + 16
        if len(rest) < int(head[at : at + 6].split(b"\r", 1)[0]):
            return
        self.buffer = b""
        self.load.answered(int(head[9:12]), time.monotonic() - self.sent)
        self.load.is_free(self)

    def connection_lost(self, _error):
        self.load.is_gone(self)


class Load:
    """What is sent to one server and what comes back."""

    def __init__(self, server, request):
        self.server, self.request = server, request
        self.cpu = 0.0
        self.looked = time.monotonic()
        self.free = collections.deque()
        self.opened = self.sent = self.lost = 0
        self.answers = collections.Counter()
        self.waits, self.refusals = [], []
        self.closed_loop = False

    def is_free(self, client):
        if self.closed_loop:
            client.send()
        else:
            self.free.append(client)

    def is_gone(self, client):
        self.opened -= 1
        self.lost += 1
        if client in self.free:
            self.free.remove(client)

    def answered(self, status, seconds):
        self.answers[status] += 1
        waits = self.waits if status == 200 else self.refusals
        waits.append(seconds)

    async def open(self, count):
        loop = asyncio.get_running_loop()
        for _ in range(count):
            self.opened += 1
            try:
                await loop.create_connection(lambda: Client(self), "127.0.0.1", self.server.port)
            except OSError:
                self.opened -= 1

    async def saturate(self, seconds):
        """Return how many requests are answered in a second that the server works, while each
        connection asks again at once.
        """
        self.closed_loop = True
        await self.open(CONNECTIONS_AT_SATURATION)
        await asyncio.sleep(1)
        before, cpu = self.answers[200], cpu_seconds(self.server.pid)
        await asyncio.sleep(seconds)
        self.cpu = cpu_seconds(self.server.pid) - cpu
        return (self.answers[200] - before) / self.cpu

    async def offer(self, rate, seconds):
        """Send so many requests in each second that the server works, as long as connections
        last.
        """
        began = last = time.monotonic()
        began_cpu = last_cpu = cpu_seconds(self.server.pid)
        due, speed, is_warm = 0.0, 1.0, False
        opening = set()
        while last - began < seconds + WARM_UP_SECONDS:
            await asyncio.sleep(0.002)
            now = time.monotonic()
            if now - began > WARM_UP_SECONDS and not is_warm:
                # Connections have been opened: from here on is counted.
                is_warm = True
                self.answers.clear()
                self.waits.clear()
                self.refusals.clear()
                self.sent, began_cpu = 0, cpu_seconds(self.server.pid)
            if now - self.looked > 0.25:
                cpu = cpu_seconds(self.server.pid)
                speed = max(0.05, (cpu - last_cpu) / (now - self.looked))
                self.looked, last_cpu = now, cpu
            due += rate * speed * (now - last)
            last = now
            while due >= 1 and self.free:
                due -= 1
                self.sent += 1
                self.free.popleft().send()
            for _ in range(max(0, min(int(due), CONNECTIONS_MAX - self.opened, 20))):
                task = asyncio.create_task(self.open(1))
                opening.add(task)
                task.add_done_callback(opening.discard)
            due = min(due, rate)
        self.cpu = cpu_seconds(self.server.pid) - began_cpu


def figures(seconds=SECONDS, factor=3):
    """Yield the figures of a saturated server."""
    raise_descriptors()
    pin_generator()
    for name in os.environ.get("CAMPAIGN_CALLS", "AssumeRole GetCallerIdentity").split():
        with serving() as server:
            request = server.requests[name]
            best, own = uvloop.run(_saturation(server, request, seconds))
            yield f"{name}: answers in a second of the server's processor, at saturation", best, ""
            yield f"{name}: seconds of it in one by the wall", own, ""
            load, newcomers = uvloop.run(_overload(server, request, best * factor, seconds))
            good = load.answers[200] / load.cpu
            throttled = sum(n for code, n in load.answers.items() if code != 200) / load.cpu
            yield f"{name}: sent, of {factor} times as many that were due", load.sent / load.cpu, ""
            yield f"{name}: answers then", good, ""
            yield f"{name}: throttled then", throttled, ""
            yield f"{name}: seconds of it in one by the wall then", load.cpu / seconds, ""
            yield f"{name}: connections then, and lost {load.lost}", load.opened, ""
            yield (
                f"{name}: goodput at {factor} times saturation : goodput at saturation",
                good / best,
                ">= 0.8",
            )
            for kind, waits in (("an answer", load.waits), ("a refusal", load.refusals)):
                late = sorted(waits)[int(len(waits) * 0.99)] if waits else 0.0
                yield f"{name}: seconds that {kind} takes, p99", late, ""
            yield (
                f"{name}: seconds that a newcomer waits, at most, of {len(newcomers)}",
                max(newcomers),
                "<= 1.0",
            )


async def _saturation(server, request, seconds):
    load = Load(server, request)
    return await load.saturate(seconds), load.cpu / seconds


async def _overload(server, request, rate, seconds):
    load = Load(server, request)
    await load.open(CONNECTIONS_AT_SATURATION)
    command = [
        sys.executable,
        "-m",
        "tests.campaign._newcomer",
        str(server.port),
        str(GENERATOR_CPU),
        str(seconds + WARM_UP_SECONDS - 0.5),
    ]
    newcomer = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    asking = asyncio.create_task(newcomer.communicate(request))
    await load.offer(rate, seconds)
    return load, json.loads((await asking)[0])
