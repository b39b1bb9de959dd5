"""The connection that answers most requests of the API itself, and hands the others to ASGI.

A request is taken if it has only one reading, its body's length is known, and the connection is
idle. Until it has arrived as a whole, and whenever its call turns out to need more than one step,
it can still be handed to ASGI (`_hand_over`), where it is answered as every other one. Bounds,
deadlines, queueing and refusals are the same on both ways, and so are the bytes of each answer.
"""

import asyncio
from functools import partial
from typing import Any

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from daypass.core.http.asgi_types import Scope
from daypass.server import limits
from daypass.server.authority.call import Outcome
from daypass.server.http import reply
from daypass.server.http.direct import ContinueInAsgi, DirectAnswers
from daypass.server.http.listener_state import ListenerState
from daypass.server.http.overload.connections import Phase
from daypass.server.http.overload.early_refusals import EarlyReason
from daypass.server.http.protocol import TARGET, StrictProtocol, is_expectation
from daypass.wire.message import HttpResponse

_METHODS = {b"GET": "GET", b"POST": "POST"}
# Python 3.11 takes a quarter of a microsecond to look up a member of an enum, several per request.
_HEAD, _IDLE, _BODY, _ANSWER = Phase.HEAD, Phase.IDLE, Phase.BODY, Phase.ANSWER


class DirectProtocol(StrictProtocol):
    """One connection; requests of the API are answered without ASGI where that is possible."""

    _scope: Scope | None = None
    """What `DirectAnswers` reads of a request that was taken and has not arrived as a whole."""
    _is_head_new = False
    """Whether a request began in the bytes that are being parsed."""
    _is_draining = False
    _continuation: ContinueInAsgi | None = None
    """The ASGI application that goes on with the request that is handed over."""
    _body_deadline: asyncio.TimerHandle | None = None

    def __init__(
        self,
        config: uvicorn.Config,
        state: ServerState,
        shared: ListenerState,
        accepted: Any,
        end_site: str,
        direct_answers: DirectAnswers,
    ) -> None:
        super().__init__(config, state, shared, accepted, end_site)
        self._direct_answers = direct_answers

    # Called by the event loop.

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a request that has not arrived as a whole."""
        self._scope = None
        self._cancel_deadline()
        super().connection_lost(exc)

    # Called by the server, which stops.

    def shutdown(self) -> None:
        """Close the connection once the request that has begun is answered."""
        self._is_draining = True
        if self._scope is not None:
            self._hand_over()
        if not self._is_answering:
            super().shutdown()

    # Called by the parser.

    def on_message_begin(self) -> None:
        """Begin a request; a scope is made for it only if it goes through ASGI."""
        self._parsed_pieces += 1
        self._is_mid_request = True
        self._header_bytes = self._body_bytes_left = 0
        if self.phase is _IDLE:
            # Since when is noted once the received bytes are parsed, if more are to come.
            self.phase = _HEAD
            self._is_head_new = True
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_url(self, url: bytes) -> None:
        """Keep a piece of the target; raises `ValueError` above its limit."""
        # As the base does, without its call.
        self.url += url
        if len(self.url) > limits.TARGET_BYTES_MAX:
            raise ValueError("the request target is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; raises `ValueError` above the limits."""
        # As the base does, without its two calls: every request has half a dozen headers.
        name, headers = name.lower(), self.headers
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > limits.HEADER_BYTES_MAX or len(headers) >= limits.HEADERS_MAX:
            raise ValueError("the header section is too large")
        if name == b"expect" and is_expectation(value):
            self.expect_100_continue = True
        headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Take the request, or hand it over.

        Raises `ValueError`, which the parser answers with 400 before it closes the connection.
        """
        scope = self._readable_scope()
        if scope is not None and self._direct_answers.takes(scope):
            self._scope = scope
        else:
            self._begin_asgi()

    def _forward_body(self) -> None:
        """Forward a body to ASGI, or note that the rest of a request is awaited: after a parse."""
        if self._is_head_new:
            self._is_head_new = False
            if self.phase is _HEAD:
                self._enter_phase(_HEAD)
        if self._scope is None:
            super()._forward_body()
            return
        if self._body_deadline is None:
            self._enter_phase(_BODY)
            self._body_deadline = self.loop.call_later(limits.BODY_SECONDS_MAX, self._be_late)
        if len(self._body_pieces) > 1:
            # In one piece: many small ones would take many times their size.
            self._body_pieces = [b"".join(self._body_pieces)]

    def on_message_complete(self) -> None:
        """Answer a request that was taken and has arrived as a whole."""
        scope = self._scope
        if scope is None:
            super().on_message_complete()
            return
        if not self._shared.request_queue.begin_now():
            self._hand_over()
            super().on_message_complete()
            return
        self._scope = None
        self._cancel_deadline()
        self._is_mid_request = False
        self.phase = _ANSWER
        pieces, self._body_pieces = self._body_pieces, []
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._is_answering = True
        continuation = self._direct_answers.begin(scope, body, self._send_outcome)
        if continuation is not None:
            self._is_answering = False
            self._continuation = continuation
            self._begin_asgi()
            super().on_message_complete()

    def _readable_scope(self) -> Scope | None:
        """Return what is needed of a request to answer it; None if it is for ASGI.

        ASGI answers, and refuses, whatever is not the usual.
        """
        by_name, parser = dict(self.headers), self.parser
        host = by_name.get(b"host")
        if (
            self._is_answering
            or self._is_draining
            or self.phase is not _HEAD
            or self.flow.write_paused
            or (self._latest_cycle is not None and not self._latest_cycle.response_complete)
            or len(by_name) != len(self.headers)
            or host is None
            or (host != self._checked_host and not self._is_valid_host(host))
            # Headers of requests whose body, or answer, comes in another way.
            or b"expect" in by_name
            or b"transfer-encoding" in by_name
            or b"upgrade" in by_name
            or not parser.should_keep_alive()
            or parser.should_upgrade()
            or parser.get_http_version() != "1.1"
        ):
            return None
        method, length = _METHODS.get(parser.get_method()), by_name.get(b"content-length")
        if method == "POST":
            if length is None or int(length) > limits.BODY_BYTES_MAX:
                return None
        elif method is None or length is not None:
            return None
        path, query = self.url, b""
        if path != b"/":
            if not TARGET.fullmatch(path):
                return None
            # It refuses some targets, as it does before ASGI.
            httptools.parse_url(path)
            path, _, query = path.partition(b"?")
        return {
            "method": method,
            "raw_path": path,
            "query_string": query,
            "headers": self.headers,
            "headers_by_name": by_name,
            "client": self.client,
            "scheme": self.scheme,
        }

    # Answering.

    def _send_outcome(self, outcome: Outcome[HttpResponse]) -> None:
        """Send the answer of the request that was taken."""
        self._is_answering = False
        if outcome.event.principal:
            self.is_proved = True
        if not self.transport.is_closing():
            self.transport.write(
                reply.response_bytes(
                    outcome.response, self.server_state.default_headers, close=self._is_draining
                )
            )
            if self._is_draining:
                self.transport.close()
        self.on_response_complete()

    # Handing over.

    def _hand_over(self) -> None:
        """Hand the request that was taken to ASGI, with what has arrived of its body."""
        self._scope = None
        self._cancel_deadline()
        self._begin_asgi()
        self._forward_body()

    def _begin_asgi(self) -> None:
        """Make the scope of the request whose head was parsed, and begin its cycle."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        HttpToolsProtocol.on_message_begin(self)
        self.url, self.headers, self.expect_100_continue = url, headers, expects
        self.scope["headers"] = headers
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._is_answering:
            # It came behind the request that is being answered, in the same bytes.
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, app))
            return
        continuation, self._continuation = self._continuation, None
        if continuation is None:
            super()._start_asgi_task(cycle, app)
            return
        # The request has begun already: it does not queue.
        self._latest_cycle = cycle
        super(StrictProtocol, self)._start_asgi_task(cycle, continuation)  # type: ignore[arg-type]  # no uvicorn type

    def _be_late(self) -> None:
        """Refuse the request that was taken: its body has not arrived in time."""
        self._body_deadline = None
        if self._scope is not None:
            # Bound by position.
            self._continuation = partial(self._refuse, True, reason=EarlyReason.TOO_SLOW)  # noqa: FBT003
            self._hand_over()

    def _cancel_deadline(self) -> None:
        if self._body_deadline is not None:
            self._body_deadline.cancel()
            self._body_deadline = None
