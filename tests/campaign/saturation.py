"""Three times as much as a server can answer: what it still answers, and how long a newcomer waits.

Server and generator have a processor each. The generator is an open loop: requests are sent when they are due, on any
connection that is free, on a new one where none is, and answers are waited for by nobody. A newcomer connects ten times a
second, asks once and leaves.
"""

import asyncio
import collections
import os
import time

import uvloop
from tests.bench.__main__ import cpu_seconds
from tests.campaign._server import pin_generator, raise_descriptors, serving

SECONDS = float(os.environ.get("CAMPAIGN_SECONDS", "8"))
CONNECTIONS_MAX = 1_500
CONNECTIONS_AT_SATURATION = 64


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

    def __init__(self, port, request):
        self.port, self.request = port, request
        self.free = collections.deque()
        self.opened = self.sent = self.lost = 0
        self.answers = collections.Counter()
        self.waits = []
        self.newcomers = []
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
        if status == 200:
            self.waits.append(seconds)

    async def open(self, count):
        loop = asyncio.get_running_loop()
        for _ in range(count):
            self.opened += 1
            try:
                await loop.create_connection(lambda: Client(self), "127.0.0.1", self.port)
            except OSError:
                self.opened -= 1

    async def saturate(self, seconds):
        """Return how many requests a second are answered while each connection asks again at once."""
        self.closed_loop = True
        await self.open(CONNECTIONS_AT_SATURATION)
        await asyncio.sleep(1)
        before, began = self.answers[200], time.monotonic()
        await asyncio.sleep(seconds)
        return (self.answers[200] - before) / (time.monotonic() - began)

    async def offer(self, rate, seconds):
        """Send so many requests a second, and return how many a second were due, sent and answered well."""
        began = last = time.monotonic()
        due = 0.0
        opening = set()
        while last - began < seconds:
            await asyncio.sleep(0.002)
            now = time.monotonic()
            due += rate * (now - last)
            last = now
            while due >= 1 and self.free:
                due -= 1
                self.sent += 1
                self.free.popleft().send()
            wanted = min(int(due), CONNECTIONS_MAX - self.opened, 20)
            for _ in range(max(0, wanted)):
                task = asyncio.create_task(self.open(1))
                opening.add(task)
                task.add_done_callback(opening.discard)
        return last - began

    async def newcome(self):
        """Connect anew ten times a second, and note how long the first answer takes."""
        while True:
            await asyncio.sleep(0.1)
            began = time.monotonic()
            try:
                async with asyncio.timeout(10):
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.write(self.request)
                    await reader.readuntil(b"\r\n\r\n")
                    writer.close()
            except (OSError, EOFError, TimeoutError):
                self.newcomers.append(10.0)
            else:
                self.newcomers.append(time.monotonic() - began)


def figures(seconds=SECONDS, factor=3):
    """Yield the figures of a saturated server."""
    raise_descriptors()
    pin_generator()
    for name in os.environ.get("CAMPAIGN_CALLS", "AssumeRole GetCallerIdentity").split():
        with serving() as server:
            request = server.requests[name]
            best, own = uvloop.run(_saturation(server, request, seconds))
            yield f"{name}: answers a second at saturation", best, ""
            yield f"{name}: of its processor the server had", own, ""
            load, lasted, used = uvloop.run(_overload(server, request, best * factor, seconds))
            good = load.answers[200] / lasted
            yield f"{name}: of its processor the server had then", used, ""
            yield f"{name}: the same ratio of answers in a second of the server's processor", good / used / (best / own), ""  # fmt: skip
            yield f"{name}: sent a second, of {factor} times as many that were due", load.sent / lasted, ""  # fmt: skip
            yield f"{name}: answers a second then", good, ""
            yield f"{name}: throttled a second", sum(n for code, n in load.answers.items() if code != 200) / lasted, ""  # fmt: skip
            yield f"{name}: connections then, and lost {load.lost}", load.opened, ""
            yield f"{name}: goodput at {factor} times saturation : goodput at saturation", good / best, ">= 0.8"  # fmt: skip
            waits = sorted(load.waits)
            yield f"{name}: seconds that an answer takes, p99", waits[int(len(waits) * 0.99)], ""
            yield f"{name}: seconds that a newcomer waits, at most, of {len(load.newcomers)}", max(load.newcomers), "<= 1.0"  # fmt: skip


async def _saturation(server, request, seconds):
    before, began = cpu_seconds(server.pid), time.monotonic()
    best = await Load(server.port, request).saturate(seconds)
    return best, (cpu_seconds(server.pid) - before) / (time.monotonic() - began)


async def _overload(server, request, rate, seconds):
    load = Load(server.port, request)
    await load.open(CONNECTIONS_AT_SATURATION)
    newcomer = asyncio.create_task(load.newcome())
    before = cpu_seconds(server.pid)
    lasted = await load.offer(rate, seconds)
    newcomer.cancel()
    return load, lasted, (cpu_seconds(server.pid) - before) / lasted
