"""One HTTP/1.1 connection: uvicorn's protocol, restricted to requests that have only one reading.

ASGI hides what a signature's verifier must see: an absolute-form target, a fragment, a path that a
URL parser shortened. Here a target is in origin-form and printable ASCII, is split once at its
first `?`, and reaches the application unchanged. Any other target is answered 400, and the
connection closed. Request line and headers are bounded in size and number; each phase of the
connection has a deadline (`overload.connections`); requests queue until they begin
(`overload.request_queue`).
"""

import contextlib
import re
import socket
from functools import partial
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from daypass.core.http.hosts import is_host
from daypass.server import limits
from daypass.server.http import addresses, reply
from daypass.server.http.listener_state import ListenerState
from daypass.server.http.overload import early_refusals
from daypass.server.http.overload.connections import Phase
from daypass.server.http.overload.early_refusals import EarlyReason

TARGET = re.compile(rb"/[\x21\x22\x24-\x7e]*")
"""Origin-form: begins with a slash; no `#`, no space, no control character, no byte above ASCII."""

_TLS_VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
"""TLS versions by their numbers in ASGI's TLS extension."""


class StrictProtocol(HttpToolsProtocol):
    """One connection, as uvicorn, the event loop's transport and `Connections` use it.

    `end_site` is what counts as its client; empty for a trusted proxy, which is not bounded.
    """

    _header_bytes = 0
    _tls_version: int | None = None
    _parsed_pieces = 0
    """How many requests and pieces of bodies the last parsed bytes held."""
    _body_bytes_left = 0
    """How many bytes of the body are still to come, for a body that goes through ASGI and whose
    length is known; never more."""
    _is_parse_scheduled = False
    _is_paused = False
    """Whether reading has stopped until the bytes in `_unparsed` are parsed."""
    _is_on_hold = False
    """Whether a request was refused for overload and the connection is not read for a while."""
    _has_transport = False
    _latest_cycle: RequestResponseCycle | None = None
    """The request that is being answered, or was answered last."""
    _is_mid_request = False
    """Whether a request has begun to arrive and is not complete."""
    _is_answering = False
    """Whether a request is being answered without ASGI (`direct_protocol`)."""
    _checked_host: bytes | None = None
    """The last Host header of this connection that names a host: most requests repeat it."""

    def __init__(
        self,
        config: uvicorn.Config,
        state: ServerState,
        shared: ListenerState,
        accepted: socket.socket,
        end_site: str,
    ) -> None:
        super().__init__(config, state, {})
        self._shared = shared
        self._accepted = accepted
        self.end_site = end_site
        self.phase = Phase.GREETING
        self.since = shared.clock()
        self.stalled_since: float | None = None
        self.is_proved = False

    # Called by `Connections`.

    def drop(self) -> None:
        """Close the connection at once; the unread part of a response is lost."""
        if not self._has_transport:
            # The event loop still does the handshake and sees the shutdown; the client may be gone.
            with contextlib.suppress(OSError):
                self._accepted.shutdown(socket.SHUT_RDWR)
        elif self.phase is Phase.IDLE and not self.transport.get_write_buffer_size():
            self.transport.close()
        else:
            self.transport.abort()

    def mark_proved(self) -> None:
        """Note that the caller of a request on this connection was proved."""
        self.is_proved = True

    def _enter_phase(self, phase: Phase) -> None:
        if self.phase is not Phase.REFUSED:
            self.phase = phase
            self.since = self._shared.clock()

    # Called by the event loop.

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request's head."""
        super().connection_made(transport)
        self._unparsed = bytearray()
        self._body_pieces: list[bytes] = []
        self._has_transport = True
        peer = addresses.peer_address(self.client[0]) if self.client else None
        self.client = (str(peer), self.client[1]) if self.client and peer else None
        self._enter_phase(Phase.HEAD)
        encryption = transport.get_extra_info("ssl_object")
        if encryption is not None:
            self._tls_version = _TLS_VERSIONS.get(encryption.version())

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, a bounded number of requests and body pieces per turn of the loop.

        Pipelined requests and one-byte chunks cost work by the piece, however few bytes they have.
        While the request queue is too long, a request that arrives as a whole is refused unparsed.
        """
        if (
            not self._unparsed
            and self._shared.request_queue.is_behind
            and self._refuse_unparsed(data)
        ):
            return
        if (
            (len(data) > limits.PARSED_BYTES and len(data) > self._parsed_at_once)
            or self._unparsed
            or self._is_parse_scheduled
            or self._must_wait
        ):
            self._unparsed += data
            if not self._is_parse_scheduled:
                self._parse()
            return
        # As `_parse` does, without its copies: this is how most requests arrive.
        self._parsed_pieces = 0
        super().data_received(data)
        if self.transport.is_closing():
            self._body_pieces.clear()
        else:
            self._forward_body()

    @property
    def _must_wait(self) -> bool:
        """Return whether further bytes are parsed only once a request is answered, or later."""
        return bool(self.pipeline) or self._is_on_hold or self._is_answering

    @property
    def _parsed_at_once(self) -> int:
        """Return how many bytes the parser is given at once: more of a body than of anything else.

        The rest of a body of known length is one piece, however long it is.
        """
        return max(limits.PARSED_BYTES, self._body_bytes_left)

    def _parse(self) -> None:
        self._is_parse_scheduled = False
        while self._unparsed and not self.transport.is_closing():
            if self._must_wait:
                break
            size = self._parsed_at_once
            piece = bytes(self._unparsed[:size])
            del self._unparsed[:size]
            self._parsed_pieces = 0
            super().data_received(piece)
            if self._parsed_pieces > limits.PARSED_PIECES_MAX and self._unparsed:
                self._schedule_parse()
                break
        if self.transport.is_closing():
            self._body_pieces.clear()
            return
        self._forward_body()
        if self._unparsed:
            self._is_paused = True
            self.transport.pause_reading()
        elif self._is_paused:
            self._is_paused = False
            self._resume_reading()

    def _schedule_parse(self) -> None:
        self._is_parse_scheduled = True
        self.loop.call_soon(self._parse)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection, and mark each of its requests as disconnected."""
        self._shared.connections.forget(self)
        self._unparsed.clear()
        # uvicorn marks only the last request, and the one before it would write to a closed socket.
        waiting = [cycle for cycle, _ in self.pipeline]
        for cycle in [*waiting, *([self._latest_cycle] if self._latest_cycle else [])]:
            cycle.disconnected = True
            cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def _refuse_unparsed(self, data: bytes) -> bool:
        """Refuse the request in `data`; False if it has to be parsed first."""
        if self._is_mid_request or self.phase not in {Phase.HEAD, Phase.IDLE}:
            return False
        response = self._shared.quick_refusals.refuse(data, self.server_state.default_headers)
        if response is None:
            return False
        self._shared.request_queue.turned_away += 1
        self.transport.write(response)
        self._enter_phase(Phase.IDLE)
        self._hold()
        return True

    def _hold(self) -> None:
        """Stop reading a connection whose request was refused for overload, for a while."""
        if not self._is_on_hold and not self.transport.is_closing():
            self._is_on_hold = True
            self.transport.pause_reading()
            self._shared.held_connections.add(self._resume)

    def _resume(self) -> None:
        self._is_on_hold = False
        if not self._unparsed:
            self._resume_reading()
        elif not self._is_parse_scheduled and not self.transport.is_closing():
            self._parse()

    def _resume_reading(self) -> None:
        if not (self._is_on_hold or self.flow.read_paused or self.transport.is_closing()):
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """Note that the client has stopped reading the response."""
        self.stalled_since = self._shared.clock()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the client reads the response again."""
        self.stalled_since = None
        super().resume_writing()

    def _forward_body(self) -> None:
        if not self._body_pieces:
            return
        body = b"".join(self._body_pieces)
        self._body_pieces.clear()
        cycle = self.cycle
        unread: bytes | bytearray = cycle.body
        if not unread and not cycle.response_complete:
            # Given as it is, what comes first is not copied: uvicorn copies bytes into a buffer for
            # the application, and out of it.
            cycle.body, body = body, b""  # type: ignore[assignment]  # read as bytes, or added to
        elif isinstance(unread, bytes):
            cycle.body = bytearray(unread)
        super().on_body(body)

    # Called by the parser.

    def on_body(self, body: bytes) -> None:
        """Collect a piece of a body; all pieces of one parse are forwarded together."""
        self._parsed_pieces += 1
        self._body_bytes_left -= len(body)
        self._body_pieces.append(body)

    def on_message_begin(self) -> None:
        """Reset the counts for each request of a kept connection."""
        super().on_message_begin()
        self._note_request()

    def _note_request(self) -> None:
        """Note that a request begins."""
        self._parsed_pieces += 1
        self._is_mid_request = True
        self._header_bytes = 0
        self._body_bytes_left = 0
        if self.phase is Phase.IDLE:
            self._enter_phase(Phase.HEAD)

    def on_url(self, url: bytes) -> None:
        """Keep a piece of the target; raises `ValueError` above its limit."""
        super().on_url(url)
        if len(self.url) > limits.TARGET_BYTES_MAX:
            raise ValueError("the request target is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; raises `ValueError` above the limits."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > limits.HEADER_BYTES_MAX or len(self.headers) >= limits.HEADERS_MAX:
            raise ValueError("the header section is too large")
        super().on_header(name, value)
        if self.headers[-1][0] == b"expect" and is_expectation(value):
            # uvicorn compares with the white space that the parser leaves behind a value.
            self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        """Check the target and the Host header, and complete the ASGI scope.

        Raises `ValueError`, which the parser answers with 400 before it closes the connection.
        """
        if not TARGET.fullmatch(self.url):
            raise ValueError("the request target is not in origin-form")
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) != 1 or not self._is_valid_host(hosts[0]):
            raise ValueError("exactly one Host header is needed, which names a host")
        if self.phase is Phase.HEAD:
            self._enter_phase(Phase.BODY)
        by_name = dict(self.headers)
        if b"transfer-encoding" in by_name:
            # The parser reports the fields behind a body as it does headers; they are none
            # (RFC 9110, 6.5.1), and nobody has looked at them here.
            self.scope["headers"] = [*self.headers]
        else:
            # The parser has refused a length that is no number, and a second one. Some of the body
            # is here already if the request was not to go through ASGI at first.
            arrived = sum(map(len, self._body_pieces))
            self._body_bytes_left = int(by_name.get(b"content-length", 0)) - arrived
        super().on_headers_complete()
        path, _, query = self.url.partition(b"?")
        self.scope["raw_path"] = path
        if self._tls_version is not None:
            self.scope["extensions"] = {"tls": {"tls_version": self._tls_version}}
        self.scope["query_string"] = query
        self.scope["state"]["prove"] = self.mark_proved
        self.scope["state"]["break_off"] = partial(self._break_off, self.cycle)

    def _is_valid_host(self, value: bytes) -> bool:
        """Return whether a Host header names a host, white space around it left aside."""
        if value != self._checked_host:
            if not is_host(value.strip(b" \t")):
                return False
            self._checked_host = value
        return True

    def on_message_complete(self) -> None:
        """Forward the rest of the body, and note that the request has arrived as a whole."""
        self._forward_body()
        super().on_message_complete()
        self._is_mid_request = False
        if self.phase is Phase.BODY:
            self._enter_phase(Phase.ANSWER)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text
        """Answer a request that is not served with 400, and close the connection."""
        head = early_refusals.request_head(
            "GET", getattr(self, "url", b"") or b"/", self.headers or ()
        )
        response = self._shared.early_refusals.response(head, EarlyReason.UNREADABLE)
        self.transport.write(
            reply.response_bytes(response, self.server_state.default_headers, close=True)
        )
        self.transport.close()
        self.stalled_since = self._shared.clock()

    # Called by uvicorn, for each request.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._latest_cycle = cycle
        if self.phase is Phase.REFUSED:
            # Bound by position.
            super()._start_asgi_task(cycle, partial(self._refuse, True))  # noqa: FBT003
        elif not self._shared.request_queue.begin_or_queue(partial(self._begin, cycle, app)):
            super()._start_asgi_task(cycle, partial(self._refuse, cycle.more_body))

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        if not cycle.disconnected:
            super()._start_asgi_task(cycle, app)

    def _break_off(self, cycle: RequestResponseCycle) -> None:
        """Close the connection amid a response, so that the client sees it is incomplete."""
        # uvicorn reports an incomplete response as an application's bug unless the client is gone.
        cycle.disconnected = True
        self.transport.close()
        self.stalled_since = self._shared.clock()

    async def _refuse(  # the last three are ASGI's
        self,
        is_last: bool,  # noqa: FBT001 - bound by position
        scope: Any,
        receive: Any,
        send: Any,
        *,
        reason: EarlyReason = EarlyReason.TOO_MUCH,
    ) -> None:
        """Refuse a request; `is_last` says that the connection is closed after it."""
        target = scope["raw_path"] + b"?" + scope["query_string"]
        head = early_refusals.request_head(scope["method"], target, scope["headers"])
        response = self._shared.early_refusals.response(head, reason)
        if is_last:
            await reply.send_last_response(send, response, receive)
        else:
            await reply.send_response(send, response)
            self._hold()

    def on_response_complete(self) -> None:
        """Begin the next pipelined request, or wait for one until the deadline of phase IDLE."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self.stalled_since = self._shared.clock()
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._enter_phase(Phase.IDLE)
        if self._unparsed and not self._is_parse_scheduled:
            # Bytes behind the pipelined requests.
            self._schedule_parse()


def is_expectation(value: bytes) -> bool:
    """Return whether an Expect header's value is `100-continue` (RFC 9110, 10.1.1)."""
    return value.strip(b" \t").lower() == b"100-continue"
