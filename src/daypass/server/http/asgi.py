"""ASGI to the doors: a request's body in, its answer out.

Which door a request goes to is the table's in `doors`; pages for whoever watches the server are answered here.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Protocol

from daypass.core.http import reading
from daypass.core.http.asgi_types import Receive, Scope, Send
from daypass.core.sources import Clock
from daypass.server import limits
from daypass.server.health.metrics import Metrics
from daypass.server.health.readiness import Readiness
from daypass.server.http import reply
from daypass.server.http.api import Api
from daypass.server.http.crowds import shapes
from daypass.server.http.crowds.shapes import Early, Shapes
from daypass.server.http.doors import GATE, MAIN, PROBES, Doors
from daypass.server.others import Alone, Others
from daypass.wire.message import HttpRequest, HttpResponse


class Gate(Protocol):
    """What answers S3's requests on the same port."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

    async def begin(self) -> None:
        """Look at the store, and keep an eye on it."""

    async def close(self) -> None:
        """Let go of the store."""


class Application:
    """The one ASGI application behind the one port."""

    def __init__(
        self,
        api: Api,
        metrics: Metrics,
        shapes: Shapes,
        *,
        clock: Clock,
        readiness: Readiness,
        gate: Gate | None,
        others: Others | None = None,
    ) -> None:
        self._api = api
        self._metrics = metrics
        self._shapes = shapes
        self._clock = clock
        self._readiness = readiness
        self._gate = gate
        self._door_of = Doors(MAIN, has_path=api.has_path, has_gate=gate is not None).of
        self._others = others or Alone()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        door = self._door_of(scope)
        if door is PROBES and (page := await self._page(scope["raw_path"])):
            await reply.whole(send, page)
            return
        if door is GATE and self._gate is not None:
            await self._gate(scope, receive, send)
            return
        body = await _body(scope, receive, self._clock)
        if isinstance(body, Early):
            await reply.last(send, self._shapes.refusal(_head(scope), body), receive)
            return
        outcome = await self._api.answer(_request(scope, body))
        if outcome.event.principal and (prove := scope.get("state", {}).get("prove")):
            prove()
        await reply.whole(send, outcome.response)

    async def begin(self) -> None:
        """Begin what goes on beside requests."""
        if self._gate is not None:
            await self._gate.begin()

    async def close(self) -> None:
        """Let go of what is held beyond a request."""
        if self._gate is not None:
            await self._gate.close()

    async def _page(self, path: bytes) -> HttpResponse | None:
        if path == b"/healthz":
            return _text(200, "ok\n")
        if path == b"/readyz":
            return _text(*self._readiness.response())
        if path == b"/metrics":
            try:
                return _text(200, await self._others.metrics(self._metrics))
            except TimeoutError:
                return _text(503, "the metrics of all workers could not be had\n")
        return None


def _request(scope: Scope, body: bytes) -> HttpRequest:
    client = scope.get("client")
    return HttpRequest(
        method=scope["method"],
        raw_path=scope["raw_path"],
        raw_query=scope["query_string"],
        headers=reading.headers(tuple(scope["headers"])),
        body=body,
        client=client[0] if client else "",
        secure=scope.get("scheme") == "https",
    )


def _head(scope: Scope) -> bytes:
    target = scope["raw_path"] + b"?" + scope["query_string"]
    return shapes.head_of(scope["method"], target, scope["headers"])


async def _body(scope: Scope, receive: Receive, clock: Clock) -> bytes | Early:
    """Return the whole body, or why it is refused: it is too long in all, or did not come in its time in all."""
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > limits.BODY_BYTES_MAX:
            return Early.TOO_LARGE
    end = clock() + limits.BODY_SECONDS_MAX
    body = bytearray()
    while True:
        message = await _next(receive, end - clock())
        if message["type"] != "http.request":
            return Early.TOO_SLOW
        body += message.get("body", b"")
        if len(body) > limits.BODY_BYTES_MAX:
            return Early.TOO_LARGE
        if not message.get("more_body"):
            return bytes(body)


async def _next(receive: Receive, seconds: float) -> MutableMapping[str, Any]:
    if seconds <= 0:
        return {"type": "http.timeout"}
    try:
        async with asyncio.timeout(seconds):
            return await receive()
    except TimeoutError:
        return {"type": "http.timeout"}


def _text(status: int, text: str) -> HttpResponse:
    return HttpResponse(status, ((b"content-type", b"text/plain; charset=utf-8"),), text.encode())
