"""The minimum speed of a client: so many bytes in any minute of waiting for it, or it is refused.

A timeout of each wait alone does not bound a body: one byte now and then would hold its request,
and a place of its account, for as long as the client likes. Time spent waiting for the store does
not count.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from typing import Any, Generic, TypeVar

from daypass.gate import limits
from daypass.gate.body.verified_body import client_too_slow

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
T = TypeVar("T")


class ClientPace:
    """The bytes of the last minute of waiting; `seconds` below count waiting alone."""

    def __init__(self) -> None:
        self._waited = 0.0
        self._pieces: deque[tuple[float, int]] = deque()
        self._bytes = 0

    def seconds_left(self) -> float:
        """Return how long to wait without any bytes before the last minute has too few."""
        end, rest = limits.PACE_SECONDS, self._bytes
        for at, count in self._pieces:
            if rest < _bytes_min():
                break
            rest -= count
            end = at + limits.PACE_SECONDS
        return max(end, limits.PACE_SECONDS) - self._waited

    def count_bytes(self, seconds: float, size: int) -> None:
        """Count bytes; raises `S3Error` RequestTimeout if the last minute has too few."""
        self._waited += seconds
        self._bytes += size
        if self._pieces and self._waited - self._pieces[-1][0] < 1:
            at, before = self._pieces[-1]
            self._pieces[-1] = (at, before + size)
        else:
            self._pieces.append((self._waited, size))
        while self._pieces[0][0] <= self._waited - limits.PACE_SECONDS:
            self._bytes -= self._pieces.popleft()[1]
        if self._waited >= limits.PACE_SECONDS and self._bytes < _bytes_min():
            raise client_too_slow()


def _bytes_min() -> float:
    return limits.PACE_BYTES_PER_SECOND * limits.PACE_SECONDS


def paced_receive(receive: Receive, clock: Callable[[], float]) -> Receive:
    """Return an ASGI `receive` that raises `S3Error` RequestTimeout for a slow client."""
    pace = ClientPace()

    async def paced() -> Message:
        began = clock()
        message = await _within(pace.seconds_left, receive())
        if message.get("more_body"):
            pace.count_bytes(clock() - began, len(message.get("body", b"")))
        return message

    return paced


def paced_send(send: Send, clock: Callable[[], float]) -> Send:
    """Return an ASGI `send` that raises `S3Error` RequestTimeout for a slow client."""
    pace = ClientPace()

    async def paced(message: Message) -> None:
        began = clock()
        await _within(pace.seconds_left, send(message))
        if message.get("more_body"):
            pace.count_bytes(clock() - began, len(message.get("body", b"")))

    return paced


async def _within(seconds_left: Callable[[], float], awaitable: Awaitable[T]) -> T:
    """Return the result of an awaitable; raises `S3Error` RequestTimeout if it waits too long.

    Most messages are taken at once. A timeout costs more than sending one of them, so one is set
    only when the awaitable has begun and waits.
    """
    steps = awaitable.__await__()
    try:
        waits_for = next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    try:
        async with asyncio.timeout(seconds_left()):
            return await _Begun(steps, waits_for)
    except TimeoutError:
        raise client_too_slow() from None


class _Begun(Generic[T]):
    """An awaitable that has begun, as one that goes on from what it waits for."""

    def __init__(self, steps: Generator[Any, Any, T], waits_for: Any) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, T]:
        """Yield what the awaitable waits for until it ends; return its result."""
        steps, waits_for = self._steps, self._waits_for
        while True:
            try:
                try:
                    yield waits_for
                except BaseException as error:  # noqa: BLE001 - the awaitable says what it means
                    waits_for = steps.throw(error)
                else:
                    waits_for = next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
