"""Refusals of requests that are not verified yet, in the protocol that their client reads.

The protocol is judged from the request's head without any proof; it decides the form of the refusal
alone.
"""

import enum
import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from daypass.core.sources import Entropy
from daypass.server.http.doors import GATE, MAIN, Router
from daypass.wire.catalog import Catalog
from daypass.wire.error_response import error_response
from daypass.wire.message import HttpResponse
from daypass.wire.operation_model import ServiceModel


class EarlyReason(enum.Enum):
    """The reason for which a request is refused before it is verified."""

    TOO_MUCH = "too much"
    TOO_SLOW = "too slow"
    TOO_LARGE = "too large"
    UNREADABLE = "unreadable"


_QUERY = {
    EarlyReason.TOO_MUCH: ("Throttling", "Rate exceeded"),
    EarlyReason.TOO_SLOW: ("RequestTimeout", "The request did not arrive in time."),
    EarlyReason.TOO_LARGE: ("RequestEntityTooLarge", "The request body is too large."),
    EarlyReason.UNREADABLE: (
        "MalformedHttpRequestException",
        "The request is no HTTP that is served.",
    ),
}
_JSON = _QUERY | {
    EarlyReason.TOO_MUCH: ("ThrottlingException", "Rate exceeded"),
    EarlyReason.TOO_SLOW: ("RequestTimeoutException", "The request did not arrive in time."),
}
_IDLE = (
    "Your socket connection to the server was not read from or written to within the timeout"
    " period. Idle connections will be closed."
)
_S3 = {
    EarlyReason.TOO_MUCH: ("SlowDown", "Please reduce your request rate."),
    EarlyReason.TOO_SLOW: (
        "RequestTimeout",
        _IDLE,
    ),
    EarlyReason.TOO_LARGE: (
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
    ),
    EarlyReason.UNREADABLE: ("BadRequest", "An error occurred when parsing the HTTP request."),
}
_REST_JSON_THROTTLING = ("TooManyRequestsException", "TooManyRequestsError", "SlowDownException")
"""The error codes for throttling that services of the rest-json protocol may have of their own."""
RETRY_AFTER = (b"retry-after", b"1")

_TARGET = re.compile(rb"\nx-amz-target:[ \t]*([A-Za-z0-9_]+)\.", re.IGNORECASE)
_SCOPE_BYTES = 40
"""How many bytes before the end of a credential scope its service is looked for."""
_S3_PATTERN = re.compile(
    rb"AWSAccessKeyId=|\nauthorization:[ \t]*AWS |\ncontent-type:[ \t]*multipart/form-data",
    re.IGNORECASE,
)
_PATH = re.compile(rb"[A-Z]+ ([^ ?\r\n]*)")


class EarlyRefusals:
    """Writes early refusals in the protocol of the called service.

    If the head names no service, the protocol is that of the door the request would go to.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        entropy: Entropy,
        has_gate: bool,
    ) -> None:
        self._entropy = entropy
        self._router = Router(MAIN, has_path=catalog.has_path, has_gate=has_gate)
        self._by_target_prefix: dict[bytes, ServiceModel] = {}
        self._by_signing_name: dict[bytes, ServiceModel] = {}
        for service in catalog.services.values():
            if service.target_prefix:
                self._by_target_prefix[service.target_prefix.encode()] = service
            for name in service.signing_names:
                self._by_signing_name.setdefault(name.encode(), service)

    def response(self, head: bytes, reason: EarlyReason, request_id: str = "") -> HttpResponse:
        """Return the refusal of the request with that head; with a new id if none is given."""
        request_id = request_id or self._entropy(16).hex()
        service = signed_service(head)
        if service == b"s3":
            # A client that signs for s3 reads S3's errors, even if this server has no gate.
            return _s3_refusal(reason, request_id)
        if service in self._by_signing_name:
            return _api_refusal(self._by_signing_name[service], reason, request_id)
        target = _TARGET.search(head)
        if target is not None:
            return _api_refusal(self._by_target_prefix.get(target[1]), reason, request_id)
        path = _PATH.match(head)
        is_s3 = _S3_PATTERN.search(head) is not None
        door = self._router.door_at_path(path[1] if path else b"/", is_s3=is_s3)
        return (
            _s3_refusal(reason, request_id)
            if door is GATE
            else _api_refusal(None, reason, request_id)
        )


def signed_service(head: bytes) -> bytes:
    """Return the service in the credential scope of a request's head; empty if it has none."""
    at = head.find(b"aws4_request")
    if at < 0:
        return b""
    scope = head[max(0, at - _SCOPE_BYTES) : at]
    if b"%" in scope:
        scope = unquote_to_bytes(scope)
    parts = scope.split(b"/")
    # Region, service, empty.
    return parts[-2] if len(parts) > 2 and not parts[-1] else b""  # noqa: PLR2004


def _api_refusal(
    service: ServiceModel | None, reason: EarlyReason, request_id: str
) -> HttpResponse:
    is_query = service is None or service.protocol == "query"
    code, message = (_QUERY if is_query else _JSON)[reason]
    if service is not None and reason is EarlyReason.TOO_MUCH and service.protocol == "rest-json":
        code = next((each for each in _REST_JSON_THROTTLING if each in service.errors), code)
    response = error_response(service, code, message, request_id)
    headers = (*response.headers, *_retry_headers(reason))
    return HttpResponse(response.status, headers, response.body)


def _s3_refusal(reason: EarlyReason, request_id: str) -> HttpResponse:
    # Loaded now, within milliseconds: a server without a gate seldom answers in S3's words.
    from daypass.gate.protocol import errors  # noqa: PLC0415

    error = errors.S3Error(*_S3[reason])
    content = errors.error_document(error, request_id=request_id, host_id=request_id)
    headers = (
        (b"content-type", b"application/xml"),
        (b"x-amz-request-id", request_id.encode()),
        (b"x-amz-id-2", request_id.encode()),
        *_retry_headers(reason),
    )
    return HttpResponse(error.status, headers, content)


def _retry_headers(reason: EarlyReason) -> tuple[tuple[bytes, bytes], ...]:
    return (RETRY_AFTER,) if reason is EarlyReason.TOO_MUCH else ()


def request_head(method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a request line and headers as one text, as `EarlyRefusals` searches it."""
    lines = [method.encode() + b" " + target, *(b"%b: %b" % pair for pair in headers)]
    return b"\n".join(lines)
