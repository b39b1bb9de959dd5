"""The minimum speed of clients, by a clock that advances only while a client is waited for."""

import asyncio

import pytest

from daypass.gate import limits
from daypass.gate.body import client_pace
from daypass.gate.protocol.errors import S3Error

LEAST = int(limits.PACE_BYTES_PER_SECOND * limits.PACE_SECONDS)
NEVER = 10_000


class Client:
    """A client that sends or takes so many bytes each time, after so many seconds."""

    def __init__(self, steps):
        self.now = 0.0
        self.steps = iter(steps)
        self.done = 0

    def clock(self):
        return self.now

    def wait(self):
        seconds, size, *is_last = next(self.steps)
        self.now += seconds
        self.done += 1
        return {"type": "http.request", "body": b"\0" * size, "more_body": not is_last}

    async def receive(self):
        return self.wait()

    async def send(self, message):
        self.now += next(self.steps)[0]
        self.done += 1


def upload(client):
    """Receive until the end, or until the client is given up; return seconds and code."""

    async def run():
        receive = client_pace.paced_receive(client.receive, client.clock)
        while (await receive())["more_body"]:
            pass

    return ended(client, run)


def download(client, size):
    async def run():
        send = client_pace.paced_send(client.send, client.clock)
        for _ in range(NEVER):
            await send({"type": "http.response.body", "body": b"\0" * size, "more_body": True})

    return ended(client, run)


def ended(client, run):
    try:
        asyncio.run(run())
    except S3Error as error:
        return round(client.now), error.code
    except (StopIteration, RuntimeError):
        return round(client.now), "went on"
    return round(client.now), ""


CASES = [
    ("a byte every fifteen seconds", [(15, 1)] * NEVER, (60, "RequestTimeout")),
    ("a byte every second", [(1, 1)] * NEVER, (60, "RequestTimeout")),
    ("just enough", [(1, limits.PACE_BYTES_PER_SECOND)] * 300 + [(1, 1, "last")], (301, "")),
    ("a byte too little", [(1, limits.PACE_BYTES_PER_SECOND)] * 59 + [(1, limits.PACE_BYTES_PER_SECOND - 1)] * NEVER, (60, "RequestTimeout")),
    ("a fast start and then a trickle", [(1, LEAST)] + [(10, 1)] * NEVER, (61, "RequestTimeout")),
    ("a burst a minute", [(59, LEAST)] * 10 + [(1, 1, "last")], (591, "")),
    ("a burst every two minutes, between them a byte a second", ([(1, LEAST)] + [(1, 1)] * 119) * 10, (61, "RequestTimeout")),
    ("slow, but done within a minute", [(29, 1), (29, 1, "last")], (58, "")),
    ("its last bytes after a minute", [(59, 1), (2, 1, "last")], (61, "")),
    ("waiting for the store does not count", [(0, 1)] * 1_000 + [(1, 1, "last")], (1, "")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_an_upload_keeps_its_pace_over_any_minute_or_is_given_up(steps, expected) -> None:
    """Sixty seconds were granted to each receive: a byte every fifteen held a place of its
    account for ever.
    """
    assert upload(Client(steps)) == expected


def test_silence_is_given_up_as_soon_as_the_last_minute_must_be_too_little() -> None:
    made = client_pace.ClientPace()
    assert made.seconds_left() == limits.PACE_SECONDS
    made.count_bytes(10, 1)
    assert made.seconds_left() == limits.PACE_SECONDS - 10
    made.count_bytes(10, LEAST)
    assert made.seconds_left() == limits.PACE_SECONDS
    made.count_bytes(30, 0)
    assert made.seconds_left() == limits.PACE_SECONDS - 30
    with pytest.raises(S3Error, match="not read from or written to"):
        made.count_bytes(30, 0)


def test_what_is_remembered_of_an_upload_is_bounded() -> None:
    made = client_pace.ClientPace()
    for _ in range(20_000):
        made.count_bytes(0.01, LEAST)

    assert len(made._pieces) <= limits.PACE_SECONDS + 1


@pytest.mark.parametrize(
    ("seconds", "size", "expected"),
    [
        (1.0, limits.PACE_BYTES_PER_SECOND, (NEVER, "")),
        (1.0, limits.PACE_BYTES_PER_SECOND // 2, (60, "RequestTimeout")),
        (0.0, 1, (0, "")),
    ],
    ids=["just enough", "half as fast", "at once"],
)
def test_an_answer_is_taken_at_a_pace_or_given_up(seconds, size, expected) -> None:
    assert download(Client([(seconds,)] * NEVER), size) == expected


def test_a_client_that_is_silent_is_given_up_by_the_loops_own_clock(monkeypatch) -> None:
    monkeypatch.setattr(limits, "PACE_SECONDS", 0.02)

    async def run():
        await client_pace.paced_receive(asyncio.Event().wait, asyncio.get_running_loop().time)()

    with pytest.raises(S3Error) as given_up:
        asyncio.run(run())
    assert given_up.value.code == "RequestTimeout"
    assert given_up.value.close


# Most messages are taken at once: a timeout is set only for one that waits.


@pytest.fixture
def timeouts(monkeypatch):
    """Count the timeouts that are set."""
    made = []
    real = asyncio.timeout
    monkeypatch.setattr(asyncio, "timeout", lambda when: made.append(when) or real(when))
    return made


class Waiting:
    """A client whose messages wait for so many turns of the event loop, and end as they are told."""

    def __init__(self, turns, end):
        self._turns, self._end = turns, end
        self.was_cancelled = False

    async def receive(self):
        try:
            for _ in range(self._turns):
                await asyncio.sleep(0)
            await asyncio.sleep(self._end if isinstance(self._end, int) else 0)
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if isinstance(self._end, Exception):
            raise self._end
        return self._end


@pytest.mark.parametrize("turns", [0, 1, 5])
@pytest.mark.parametrize("end", [{"type": "http.request"}, KeyError("a")])
def test_a_message_that_waited_ends_as_one_that_did_not(turns, end) -> None:
    client = Waiting(turns, end)
    received = client_pace.paced_receive(client.receive, lambda: 0.0)

    if isinstance(end, Exception):
        with pytest.raises(KeyError):
            asyncio.run(received())
    else:
        assert asyncio.run(received()) == end


def test_a_message_that_is_taken_at_once_needs_no_timeout(timeouts) -> None:
    upload(Client([(0, 1)] * 9 + [(0, 1, "last")]))
    assert timeouts == []

    asyncio.run(client_pace.paced_receive(Waiting(1, {}).receive, lambda: 0.0)())
    assert timeouts == [limits.PACE_SECONDS]


def test_a_request_that_is_cancelled_cancels_what_it_waits_for() -> None:
    client = Waiting(0, NEVER)

    async def run():
        receive = client_pace.paced_receive(client.receive, lambda: 0.0)
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(run())

    assert client.was_cancelled


def test_what_a_given_up_client_was_waited_for_is_cancelled(monkeypatch) -> None:
    monkeypatch.setattr(limits, "PACE_SECONDS", 0.02)
    client = Waiting(1, NEVER)
    with pytest.raises(S3Error):
        asyncio.run(client_pace.paced_receive(client.receive, lambda: 0.0)())

    assert client.was_cancelled


def test_a_wait_that_catches_its_cancellation_goes_on() -> None:
    """Whatever is thrown into the wait reaches it, and what it waits for next is waited for."""

    async def receive():
        try:
            await asyncio.sleep(NEVER)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return {"type": "http.request"}

    async def run():
        waiting = asyncio.ensure_future(client_pace.paced_receive(receive, lambda: 0.0)())
        await asyncio.sleep(0)
        waiting.cancel()
        return await waiting

    assert asyncio.run(run()) == {"type": "http.request"}
