"""The API's door: AWS's protocols over HTTP. It says which operation a request asks for, and writes answers as its service does."""

from collections.abc import Generator
from typing import Any

from daypass.core.sources import Entropy
from daypass.server.authority.answer import Answerer
from daypass.server.authority.call import Call, Outcome, Params, Peer, Refusal
from daypass.wire.catalog import Catalog
from daypass.wire.error_response import error_response
from daypass.wire.message import HttpRequest, HttpResponse
from daypass.wire.operation_model import Call as Understood
from daypass.wire.operation_model import OperationModel


class _Spoken:
    """One request in the protocol of its service."""

    __slots__ = ("_catalog", "_request", "_understood")

    def __init__(self, catalog: Catalog, request: HttpRequest) -> None:
        self._catalog = catalog
        self._request = request
        self._understood: Understood

    def identify(self, signed_for: str | None) -> Generator[None, None, OperationModel]:
        """Return the operation; raises `WireFault` where there is none."""
        self._understood = yield from self._catalog.identify(self._request, signed_for)
        return self._understood.operation

    def parse(self) -> Params:
        """Return the operation's input; raises `WireFault` or a `Fault` for one that cannot be read."""
        return self._understood.parse()

    def serialize(self, answer: dict[str, Any], request_id: str) -> HttpResponse:
        """Return an answer in the protocol of the service that was asked."""
        return self._understood.operation.serialize(answer, request_id)

    def refuse(self, refusal: Refusal, request_id: str) -> HttpResponse:
        """Return a refusal in the protocol of the service that was asked, in the query protocol's where none is known."""
        return error_response(
            refusal.service,
            refusal.code,
            refusal.message,
            request_id,
            status=refusal.status,
            details=refusal.details,
        )


class Api:
    """The door of every service that speaks one of AWS's protocols."""

    def __init__(
        self,
        catalog: Catalog,
        answerer: Answerer,
        *,
        entropy: Entropy,
    ) -> None:
        self._catalog = catalog
        self._answerer = answerer
        self._entropy = entropy

    def has_path(self, raw_path: bytes) -> bool:
        """Say whether any operation has that path."""
        return self._catalog.has_path(raw_path)

    async def answer(self, request: HttpRequest) -> Outcome[HttpResponse]:
        """Return the outcome of a request."""
        return await self._answerer.answer(self.call(request))

    def call(self, request: HttpRequest) -> Call[HttpResponse]:
        """Return the call that a request is, with an id of its own; nothing of it has been read yet."""
        peer = Peer(
            source=request.client,
            is_secure=request.secure,
            agent=request.header(b"user-agent"),
            referer=request.header(b"referer"),
        )
        spoken = _Spoken(self._catalog, request)
        return Call(spoken, request, peer, self._request_id())

    def _request_id(self) -> str:
        digits = self._entropy(16).hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
