"""The API's door: reads requests and writes responses in the protocols of AWS's services."""

from collections.abc import Generator
from typing import Any

from daypass.core.audit_records.recorded_parameters import redacted_parameters
from daypass.core.sources import Entropy
from daypass.server.authority.answer import Answerer
from daypass.server.authority.call import Call, ErrorAnswer, Outcome, Params, Peer
from daypass.server.http.request_ids import RequestIds
from daypass.wire.catalog import Catalog
from daypass.wire.error_response import error_response
from daypass.wire.known_calls import KnownCall, KnownCalls
from daypass.wire.message import HttpRequest, HttpResponse
from daypass.wire.operation_model import OperationCall as WireCall
from daypass.wire.operation_model import OperationModel


class _AwsCodec:
    """Reads one request and writes its response, in the protocol of the called service."""

    __slots__ = ("_catalog", "_known", "_known_calls", "_request", "_signed_for", "_wire_call")

    def __init__(self, catalog: Catalog, known_calls: KnownCalls, request: HttpRequest) -> None:
        self._catalog = catalog
        self._known_calls = known_calls
        self._request = request
        self._signed_for: str | None = None
        self._known: KnownCall | None = None
        self._wire_call: WireCall

    def find_known(self, signed_for: str | None) -> OperationModel | None:
        """Return the called operation if the same form was answered before; else None."""
        known = self._known = self._known_calls.find(self._request, signed_for)
        return None if known is None else known.operation

    def identify(self, signed_for: str | None) -> Generator[None, None, OperationModel]:
        """Return the called operation; raises `WireFault` if the request names no operation."""
        self._signed_for = signed_for
        self._wire_call = yield from self._catalog.identify(self._request, signed_for)
        return self._wire_call.operation

    def parse(self) -> Params:
        """Return the operation's parameters, not validated.

        Raises `WireFault` or a `Fault` if they cannot be read.
        """
        return self._wire_call.parse() if self._known is None else self._known.params

    @property
    def is_known(self) -> bool:
        """Return whether the same form was answered before: its parameters are valid."""
        return self._known is not None

    @property
    def recorded_parameters(self) -> dict[str, object] | None:
        """Return the parameters of a known form as an audit record shows them; else None."""
        return None if self._known is None else self._known.recorded

    def keep(self, params: Params) -> None:
        """Keep a form that was answered, unless that is done."""
        if self._known is None:
            operation = self._wire_call.operation
            recorded = redacted_parameters(params, operation.secret_parameters)
            known = KnownCall(operation, params, recorded)
            self._known_calls.keep(self._request, self._signed_for, known)

    def serialize(self, answer: dict[str, Any], request_id: str) -> HttpResponse:
        """Return the response for an answer, in the protocol of the called service."""
        operation = self._wire_call.operation if self._known is None else self._known.operation
        return operation.serialize(answer, request_id)

    def serialize_error(self, error: ErrorAnswer, request_id: str) -> HttpResponse:
        """Return the response for an error, in the protocol of its service.

        An error without a service is written in the query protocol.
        """
        return error_response(
            error.service,
            error.code,
            error.message,
            request_id,
            status=error.status,
            details=error.details,
        )


class Api:
    """The door of every service that uses one of AWS's protocols."""

    def __init__(
        self,
        catalog: Catalog,
        answerer: Answerer,
        *,
        entropy: Entropy,
    ) -> None:
        self._catalog = catalog
        self._answerer = answerer
        self._request_ids = RequestIds(entropy)
        self._known_calls = KnownCalls()

    def has_path(self, raw_path: bytes) -> bool:
        """Say whether any operation of any service has that path."""
        return self._catalog.has_path(raw_path)

    async def answer(self, request: HttpRequest) -> Outcome[HttpResponse]:
        """Return the outcome of a request."""
        return await self._answerer.answer(self.make_call(request))

    def make_call(self, request: HttpRequest) -> Call[HttpResponse]:
        """Return a call with a new request id; no part of the request is parsed yet."""
        peer = Peer(
            request.client,
            request.secure,
            request.header(b"user-agent"),
            request.header(b"referer"),
        )
        codec = _AwsCodec(self._catalog, self._known_calls, request)
        return Call(codec, request, peer, self._request_ids.next())
