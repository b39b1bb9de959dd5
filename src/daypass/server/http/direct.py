"""Answers of the API that need no ASGI: given from inside the protocol, in the same turn.

Most calls are answered in one step: they change no record and wait for no other. For those the
task, the messages and the waiting that ASGI brings would cost as much as the answer itself. What
decides about a request is the same as behind ASGI: trusted proxies, the table of doors, the
authority. A call that has further steps is handed to ASGI, which finishes it.
"""

from collections.abc import Callable
from functools import partial

from daypass.core.http.asgi_types import Receive, Scope, Send
from daypass.core.http.normalization import index_unique_headers
from daypass.server.authority.answer import Answerer, Begun
from daypass.server.authority.call import Outcome
from daypass.server.http import reply
from daypass.server.http.api import Api
from daypass.server.http.asgi import make_request
from daypass.server.http.doors import API, Door
from daypass.server.http.proxies import TrustedProxies
from daypass.wire.message import HttpResponse

SendOutcome = Callable[[Outcome[HttpResponse]], None]
ContinueInAsgi = Callable[[Scope, Receive, Send], object]


class DirectAnswers:
    """Begins calls of the API for the protocol."""

    def __init__(
        self,
        api: Api,
        answerer: Answerer,
        *,
        door_for: Callable[[Scope], Door],
        proxies: TrustedProxies,
    ) -> None:
        self._api = api
        self._answerer = answerer
        self._door_for = door_for
        self._proxies = proxies

    def takes(self, scope: Scope) -> bool:
        """Return whether a request goes to the API; its client and scheme are put right then."""
        self._proxies.apply_forwarded(scope)
        return self._door_for(scope) is API

    def begin(self, scope: Scope, body: bytes, send: SendOutcome) -> "ContinueInAsgi | None":
        """Begin the call of a request that has arrived.

        The scope has its headers' values by name too, each of which was sent once.
        Returns None if `send` is called later, with the outcome, at the end of this turn of the
        event loop; otherwise the ASGI application that finishes the call.
        """
        headers = index_unique_headers(scope["headers"], scope["headers_by_name"])
        call = self._api.make_call(make_request(scope, body, headers))
        begun = self._answerer.begin(call)
        if isinstance(begun.result, Outcome):
            self._answerer.record_then(call, begun.result, send)
            return None
        return partial(self._finish, begun)

    async def _finish(
        self, begun: Begun[HttpResponse], scope: Scope, _receive: Receive, send: Send
    ) -> None:
        outcome = await self._answerer.finish(begun)
        reply.note_proof(scope, outcome.event)
        await reply.send_response(send, outcome.response)
