"""The ASGI application: reads a request's body, hands the request to its door, sends the response.

`doors` decides which door a request goes to. The pages for monitoring (`/healthz`, `/readyz`,
`/metrics`) are answered here.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Protocol

from daypass.core.http import normalization
from daypass.core.http.asgi_types import Receive, Scope, Send
from daypass.core.http.normalization import NormalizedHeaders
from daypass.core.sources import Clock
from daypass.server import limits
from daypass.server.health.metrics import Metrics
from daypass.server.health.readiness import Readiness
from daypass.server.http import reply
from daypass.server.http.api import Api
from daypass.server.http.doors import GATE, MAIN, PROBES, Router
from daypass.server.http.overload import early_refusals
from daypass.server.http.overload.early_refusals import EarlyReason, EarlyRefusals
from daypass.server.other_workers import NoOtherWorkers, OtherWorkers
from daypass.wire.message import HttpRequest, HttpResponse


class GateApplication(Protocol):
    """The ASGI application that answers S3's requests on the same port."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

    async def begin(self) -> None:
        """Check whether the store can be reached, and go on checking it."""

    async def close(self) -> None:
        """Close the connections to the store."""


class Application:
    """The one ASGI application on the one port."""

    def __init__(
        self,
        api: Api,
        metrics: Metrics,
        early_refusals: EarlyRefusals,
        *,
        clock: Clock,
        readiness: Readiness,
        gate: GateApplication | None,
        others: OtherWorkers | None = None,
    ) -> None:
        self._api = api
        self._metrics = metrics
        self._early_refusals = early_refusals
        self._clock = clock
        self._readiness = readiness
        self._gate = gate
        self.door_for = Router(MAIN, has_path=api.has_path, has_gate=gate is not None).door_for
        """Returns the door that a request goes to."""
        self._others = others or NoOtherWorkers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        door = self.door_for(scope)
        if door is PROBES and (page := await self._monitoring_page(scope["raw_path"])):
            await reply.send_response(send, page)
            return
        if door is GATE and self._gate is not None:
            await self._gate(scope, receive, send)
            return
        body = await _read_body(scope, receive, self._clock)
        if isinstance(body, EarlyReason):
            refusal = self._early_refusals.response(_scope_head(scope), body)
            await reply.send_last_response(send, refusal, receive)
            return
        outcome = await self._api.answer(make_request(scope, body))
        reply.note_proof(scope, outcome.event)
        await reply.send_response(send, outcome.response)

    async def begin(self) -> None:
        """Start what runs besides requests: the checks of the gate's store."""
        if self._gate is not None:
            await self._gate.begin()

    async def close(self) -> None:
        """Close the connections of the gate to its store."""
        if self._gate is not None:
            await self._gate.close()

    async def _monitoring_page(self, path: bytes) -> HttpResponse | None:
        """Return the monitoring page at a path; None if there is none."""
        if path == b"/healthz":
            return _text_response(200, "ok\n")
        if path == b"/readyz":
            return _text_response(*self._readiness.response())
        if path == b"/metrics":
            try:
                return _text_response(200, await self._others.metrics_page(self._metrics))
            except TimeoutError:
                return _text_response(503, "the metrics of all workers could not be had\n")
        return None


def make_request(
    scope: Scope, body: bytes, headers: NormalizedHeaders | None = None
) -> HttpRequest:
    """Return the request of an ASGI scope, with its headers in their normal form.

    `headers` are these if the caller has them already.
    """
    client = scope.get("client")
    if headers is None:
        headers = normalization.normalize_headers(tuple(scope["headers"]))
    return HttpRequest(
        scope["method"],
        scope["raw_path"],
        scope["query_string"],
        headers,
        body,
        client[0] if client else "",
        scope.get("scheme") == "https",
        scope.get("forwarded", False),
    )


def _scope_head(scope: Scope) -> bytes:
    """Return the request line and headers of a scope, as `early_refusals` reads them."""
    target = scope["raw_path"] + b"?" + scope["query_string"]
    return early_refusals.request_head(scope["method"], target, scope["headers"])


async def _read_body(scope: Scope, receive: Receive, clock: Clock) -> bytes | EarlyReason:
    """Return the whole body, or why it is refused: it is too large, or arrived too slowly."""
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > limits.BODY_BYTES_MAX:
            return EarlyReason.TOO_LARGE
    end = clock() + limits.BODY_SECONDS_MAX
    body = bytearray()
    while True:
        message = await _next_message(receive, end - clock())
        if message["type"] != "http.request":
            return EarlyReason.TOO_SLOW
        body += message.get("body", b"")
        if len(body) > limits.BODY_BYTES_MAX:
            return EarlyReason.TOO_LARGE
        if not message.get("more_body"):
            return bytes(body)


async def _next_message(receive: Receive, seconds: float) -> MutableMapping[str, Any]:
    """Return the next ASGI message, or one of the type `http.timeout` after so many seconds."""
    if seconds <= 0:
        return {"type": "http.timeout"}
    try:
        async with asyncio.timeout(seconds):
            return await receive()
    except TimeoutError:
        return {"type": "http.timeout"}


def _text_response(status: int, text: str) -> HttpResponse:
    return HttpResponse(status, ((b"content-type", b"text/plain; charset=utf-8"),), text.encode())
