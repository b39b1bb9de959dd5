"""ASGI to the pipeline: bodies in, answers out, commits and the audit log between them.

There is no `await` between a request and its answer but for what must be durable first, and between the steps of a long one. Which
door a request goes to is the table's in `doors`; pages for whoever watches the server are answered here.
"""

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any, Protocol

from daypass.core.domain.organization import PREFIX
from daypass.core.domain.partition import GLOBAL
from daypass.core.faults import Fault
from daypass.core.http import reading
from daypass.server import limits
from daypass.server.audit_log import Unrecorded
from daypass.server.authority.settle import Proposal, Settler
from daypass.server.http import reply, shapes
from daypass.server.http.doors import GATE, MAIN, PROBES, Doors
from daypass.server.http.reply import Receive, Send
from daypass.server.http.shapes import Early, Shapes
from daypass.server.metrics import Metrics
from daypass.server.others import Alone, Others
from daypass.server.pipeline import Done, Outdated, Pipeline, Progress, Staged, Uncounted
from daypass.server.readiness import Readiness
from daypass.server.recorder import Recorder
from daypass.state.changes import Changes
from daypass.state.commits import Committer
from daypass.state.store import Stale
from daypass.wire.message import HttpRequest, HttpResponse
from daypass.wire.refusal import error_response

Scope = MutableMapping[str, Any]


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

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        pipeline: Pipeline,
        committer: Committer,
        settler: Settler,
        recorder: Recorder,
        metrics: Metrics,
        shapes: Shapes,
        *,
        clock: Callable[[], float],
        readiness: Readiness,
        gate: Gate | None,
        others: Others | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._committer = committer
        self._settler = settler
        self._recorder = recorder
        self._metrics = metrics
        self._shapes = shapes
        self._clock = clock
        self._readiness = readiness
        self._gate = gate
        self._door_of = Doors(MAIN, has_path=pipeline.has_path, has_gate=gate is not None).of
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
        done = await self._done(_request(scope, body))
        if done.event.principal and (prove := scope.get("state", {}).get("prove")):
            prove()
        await reply.whole(send, await self._recorded(done))

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
            return _text(*self._readiness.page())
        if path == b"/metrics":
            try:
                return _text(200, await self._others.metrics(self._metrics))
            except TimeoutError:
                return _text(503, "the metrics of all workers could not be had\n")
        return None

    async def _done(self, request: HttpRequest) -> Done:
        done = await self._handled(request)
        return await self._commit(request, done) if isinstance(done, Staged) else done

    async def _recorded(self, done: Done) -> HttpResponse:
        """Return the answer once its audit record is written.

        The record of a change was committed with it.
        """
        if done.is_recorded:
            return done.response
        try:
            await self._recorder.record(done.event)
        except Unrecorded as fault:
            if done.issues:
                # What cannot be told may not happen: the credential or the answer stays here.
                return error_response(
                    None, "ServiceUnavailable", fault.message, done.event.request, status=503
                )
        return done.response

    async def _handled(self, request: HttpRequest, before: Progress | None = None) -> Done | Staged:
        """Run a request; one with a one-time code runs on when its guess is counted, durably, and not before.

        Who is refused while others know more is refused only if that holds by what they know as well.
        """
        found = await self._run(request, before)
        if isinstance(found, Outdated):
            await self._others.caught_up()
            found = await self._run(request, found.progress)
            assert not isinstance(found, Outdated)  # noqa: S101 - only a first run asks for that
        if not isinstance(found, Uncounted):
            return found
        try:
            found.progress.guess = await asyncio.wrap_future(self._pipeline.count(found))
        except Fault as fault:
            return self._pipeline.refuse(found.progress, fault)
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody has looked at the code
            return self._pipeline.broken(found.progress, error)
        counted = await self._run(request, found.progress)
        assert not isinstance(counted, Uncounted | Outdated)  # noqa: S101 - its guess is counted, and it is no first run
        return counted

    async def _run(
        self, request: HttpRequest, before: Progress | None
    ) -> Done | Staged | Uncounted | Outdated:
        """Take every step of a request, and let others have the event loop between two of them."""
        steps = self._pipeline.handle(request, before)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                found: Done | Staged | Uncounted | Outdated = end.value
                return found
            await asyncio.sleep(0)

    async def _commit(self, request: HttpRequest, staged: Staged) -> Done:
        """Commit what was staged; run again on a newer snapshot while somebody else was first.

        Writers of one organization, and of one account, take turns, so that a crowd of them costs one run each.
        """
        if not staged.changes.records:
            # A code is taken without a turn: whoever signs in does not wait for those who change the account.
            try:
                return await self._tried(staged)
            except Stale:
                pass
            except Fault as fault:
                return self._pipeline.refuse(staged.progress, fault)
        return await self._in_turn(request, staged)

    async def _tried(self, staged: Staged) -> Done:
        await self._settler.commit(staged.changes, staged.event)
        return self._pipeline.committed(staged)

    async def _in_turn(self, request: HttpRequest, staged: Staged) -> Done:
        found: Done | Staged = staged
        progress = staged.progress

        async def propose() -> Proposal[Done | Staged]:
            nonlocal found, progress
            if isinstance(found, Staged) and self._has_moved(found):
                found = await self._handled(request, progress)
            if isinstance(found, Done):
                return Proposal(Changes(), found.event, found)
            progress = found.progress
            return Proposal(found.changes, found.event, found)

        try:
            done = await self._settler.settle(propose, _turns(staged))
        except Fault as fault:
            return self._pipeline.refuse(progress, fault)
        return self._pipeline.committed(done) if isinstance(done, Staged) else done

    def _has_moved(self, staged: Staged) -> bool:
        """Say whether anything that a request stands on was committed since it was run."""
        return self._committer.directory.has_moved(staged.changes)


def _turns(staged: Staged) -> list[str]:
    """Return whose turn it has to be, in one order for all: the caller's account's, whose policies allow it.

    It is an organization's as well, and what all share, if something of it changes.
    """
    written = {change.record.account for change in staged.changes.records}
    caller = staged.progress.caller
    own = {caller.account} if caller else set()
    return sorted(own | {name for name in written if name == GLOBAL or name.startswith(PREFIX)})


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


async def _body(scope: Scope, receive: Receive, clock: Callable[[], float]) -> bytes | Early:
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
