"""uvicorn's HTTP/1.1 protocol, made to let exactly one reading of a request through.

ASGI hides what a verifier must see: an absolute-form target, a fragment, a path that a URL parser shortened. Here the
target is origin-form in printable ASCII, is split once at its first `?`, and reaches the application as it arrived.
Anything else is answered 400 and the connection closed. Request line and headers are bounded in size and number, and a
connection says what it is doing, so that each phase has its deadline. Requests begin in turns.
"""

import contextlib
import re
import socket
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from daypass.core.sources import Clock
from daypass.server import limits
from daypass.server.http import addresses, reply
from daypass.server.http.crowds import quick, shapes
from daypass.server.http.crowds.connections import Connections, Phase
from daypass.server.http.crowds.holds import Holds
from daypass.server.http.crowds.quick import Quick
from daypass.server.http.crowds.shapes import Early, Shapes
from daypass.server.http.crowds.turns import Turns

_TARGET = re.compile(rb"/[\x21\x22\x24-\x7e]*")
"""Origin-form: begins with a slash; no `#`, no space, no control character, nothing above ASCII."""


_TLS_VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
"""As ASGI's TLS extension numbers them."""


@dataclass(frozen=True, slots=True)
class House:
    """What all connections share."""

    connections: Connections
    turns: Turns
    holds: Holds
    shapes: Shapes
    quick: Quick
    clock: Clock


class StrictProtocol(HttpToolsProtocol):
    """One connection; `site` is who counts as its client, empty for one that is not bounded."""

    _header_bytes = 0
    _tls_version: int | None = None
    _pieces = 0
    """Requests and pieces of bodies that came out of the bytes that were parsed last."""
    _is_scheduled = False
    _is_paused = False
    """Whether reading has stopped until what has arrived is parsed."""
    _is_on_hold = False
    """Whether the connection was turned away and is not to be read yet."""
    _is_made = False
    _answered: RequestResponseCycle | None = None
    """The request that is being answered, or was answered last."""
    _is_inside = False
    """Whether a request has begun to arrive and is not complete."""

    def __init__(
        self,
        config: uvicorn.Config,
        state: ServerState,
        house: House,
        accepted: socket.socket,
        site: str,
    ) -> None:
        super().__init__(config, state, {})
        self._house = house
        self._accepted = accepted
        self.site = site
        self.phase = Phase.GREETING
        self.since = house.clock()
        self.stalled_since: float | None = None
        self.is_proved = False

    # What `connections` asks.

    def drop(self) -> None:
        """End the connection at once; what was not taken of an answer is lost."""
        if not self._is_made:
            # The event loop has the transport, and sees the end of it; whoever is gone already is no fault.
            with contextlib.suppress(OSError):
                self._accepted.shutdown(socket.SHUT_RDWR)
        elif self.phase is Phase.IDLE and not self.transport.get_write_buffer_size():
            self.transport.close()
        else:
            self.transport.abort()

    def prove(self) -> None:
        """Remember that somebody who is known signed a request of this connection."""
        self.is_proved = True

    def _enter(self, phase: Phase) -> None:
        if self.phase is not Phase.REFUSED:
            self.phase = phase
            self.since = self._house.clock()

    # What the event loop tells.

    def connection_made(self, transport: Any) -> None:
        """Count the time that a client takes for its first headers."""
        super().connection_made(transport)
        self._arrived = bytearray()
        self._body: list[bytes] = []
        self._is_made = True
        peer = addresses.of_peer(self.client[0]) if self.client else None
        self.client = (str(peer), self.client[1]) if self.client and peer else None
        self._enter(Phase.HEAD)
        encryption = transport.get_extra_info("ssl_object")
        if encryption is not None:
            self._tls_version = _TLS_VERSIONS.get(encryption.version())

    def data_received(self, data: bytes) -> None:
        """Parse what came, so much of it in one turn of the event loop that nobody else waits long for theirs.

        Requests behind one another and chunks of a byte cost work by the piece, however few bytes they are; requests that
        wait for the answer to the one before are few. While requests wait too long, one that is here as a whole is turned
        away unread.
        """
        if not self._arrived and self._house.turns.is_behind and self._turns_away(data):
            return
        self._arrived += data
        if not self._is_scheduled:
            self._parse()

    def _parse(self) -> None:
        self._is_scheduled = False
        while self._arrived and not self.transport.is_closing():
            if self.pipeline or self._is_on_hold:
                # It goes on when these have been answered, or when it may be read again.
                break
            piece = bytes(self._arrived[: limits.PARSED_BYTES])
            del self._arrived[: limits.PARSED_BYTES]
            self._pieces = 0
            super().data_received(piece)
            if self._pieces > limits.PARSED_PIECES_MAX and self._arrived:
                self._go_on_soon()
                break
        if self.transport.is_closing():
            self._body.clear()
            return
        self._pass_body_on()
        if self._arrived:
            self._is_paused = True
            self.transport.pause_reading()
        elif self._is_paused:
            self._is_paused = False
            self._read_on()

    def _go_on_soon(self) -> None:
        self._is_scheduled = True
        self.loop.call_soon(self._parse)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the connection no longer, and tell every request of it that nobody waits for its answer."""
        self._house.connections.forget(self)
        self._arrived.clear()
        # uvicorn tells the request that came last alone, and the one before it would answer into a closed connection.
        waiting = [cycle for cycle, _ in self.pipeline]
        for cycle in [*waiting, *([self._answered] if self._answered else [])]:
            cycle.disconnected = True
            cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def _turns_away(self, data: bytes) -> bool:
        if self._is_inside or self.phase not in {Phase.HEAD, Phase.IDLE}:
            return False
        answer = self._house.quick.refusal(data, self.server_state.default_headers)
        if answer is None:
            return False
        self._house.turns.turned_away += 1
        self.transport.write(answer)
        self._enter(Phase.IDLE)
        self._hold()
        return True

    def _hold(self) -> None:
        """Read no more of who was turned away until it is due."""
        if not self._is_on_hold and not self.transport.is_closing():
            self._is_on_hold = True
            self.transport.pause_reading()
            self._house.holds.add(self._resume)

    def _resume(self) -> None:
        self._is_on_hold = False
        if not self._arrived:
            self._read_on()
        elif not self._is_scheduled and not self.transport.is_closing():
            self._parse()

    def _read_on(self) -> None:
        if not (self._is_on_hold or self.flow.read_paused or self.transport.is_closing()):
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """Note since when the client takes nothing."""
        self.stalled_since = self._house.clock()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the client takes its answer."""
        self.stalled_since = None
        super().resume_writing()

    def _pass_body_on(self) -> None:
        if self._body:
            body = b"".join(self._body)
            self._body.clear()
            super().on_body(body)

    # What the parser tells.

    def on_body(self, body: bytes) -> None:
        """Keep a piece of a body until all pieces of a time can be passed on together."""
        self._pieces += 1
        self._body.append(body)

    def on_message_begin(self) -> None:
        """Count again for each request of a kept connection."""
        super().on_message_begin()
        self._pieces += 1
        self._is_inside = True
        self._header_bytes = 0
        if self.phase is Phase.IDLE:
            self._enter(Phase.HEAD)

    def on_url(self, url: bytes) -> None:
        """Keep the target, up to its limit."""
        super().on_url(url)
        if len(self.url) > limits.TARGET_BYTES_MAX:
            raise ValueError("the request target is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, up to the limits."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > limits.HEADER_BYTES_MAX or len(self.headers) >= limits.HEADERS_MAX:
            raise ValueError("the header section is too large")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Refuse every target but one in origin-form; an exception here is a 400 and closes the connection."""
        if not _TARGET.fullmatch(self.url):
            raise ValueError("the request target is not in origin-form")
        if [name for name, _ in self.headers].count(b"host") != 1:
            raise ValueError("exactly one Host header is needed")
        if self.phase is Phase.HEAD:
            self._enter(Phase.BODY)
        super().on_headers_complete()
        path, _, query = self.url.partition(b"?")
        self.scope["raw_path"] = path
        if self._tls_version is not None:
            self.scope["extensions"] = {"tls": {"tls_version": self._tls_version}}
        self.scope["query_string"] = query
        self.scope["state"]["prove"] = self.prove
        self.scope["state"]["break_off"] = partial(self._break_off, self.cycle)

    def on_message_complete(self) -> None:
        """Pass on what is there of the body, and note that the request is here as a whole."""
        self._pass_body_on()
        super().on_message_complete()
        self._is_inside = False
        if self.phase is Phase.BODY:
            self._enter(Phase.ANSWER)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words are not the protocol's
        """Refuse what is no request that is served, and close the connection."""
        head = shapes.head_of("GET", getattr(self, "url", b"") or b"/", self.headers or ())
        response = self._house.shapes.refusal(head, Early.UNREADABLE)
        self.transport.write(quick.whole(response, self.server_state.default_headers, close=True))
        self.transport.close()
        self.stalled_since = self._house.clock()

    # What uvicorn does with a request.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        if self.phase is Phase.REFUSED:
            super()._start_asgi_task(cycle, partial(self._turn_away, True))  # noqa: FBT003 - a parameter by its place
        elif not self._house.turns.offer(partial(self._begin, cycle, app)):
            super()._start_asgi_task(cycle, partial(self._turn_away, cycle.more_body))

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        if not cycle.disconnected:
            super()._start_asgi_task(cycle, app)

    def _break_off(self, cycle: RequestResponseCycle) -> None:
        """End an answer that cannot be completed with the connection: what has been sent goes out, its end does not come."""
        # uvicorn takes an answer without an end for a defect of the application, unless the client is gone.
        cycle.disconnected = True
        self.transport.close()
        self.stalled_since = self._house.clock()

    async def _turn_away(self, is_last: bool, scope: Any, receive: Any, send: Any) -> None:  # noqa: FBT001 - the same
        target = scope["raw_path"] + b"?" + scope["query_string"]
        head = shapes.head_of(scope["method"], target, scope["headers"])
        response = self._house.shapes.refusal(head, Early.TOO_MUCH)
        if is_last:
            await reply.last(send, response, receive)
        else:
            await reply.whole(send, response)
            self._hold()

    def on_response_complete(self) -> None:
        """Go on with the next request that was sent, or wait for one; how long, `connections` knows."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self.stalled_since = self._house.clock()
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._enter(Phase.IDLE)
        if self._arrived and not self._is_scheduled:
            # What came behind the requests that waited.
            self._go_on_soon()
