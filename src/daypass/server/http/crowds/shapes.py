"""Refusals that are made before anything of a request is verified, in the shape that its client reads.

What a request speaks is judged from its head as it stands: that decides the looks of a refusal, and nothing else.
"""

import enum
import re
from collections.abc import Iterable

from daypass.core.sources import Entropy
from daypass.gate.protocol import errors
from daypass.gate.protocol.errors import S3Error
from daypass.server.http.doors import GATE, MAIN, Doors
from daypass.wire.catalog import Catalog
from daypass.wire.error_response import error_response
from daypass.wire.message import HttpResponse
from daypass.wire.operation_model import ServiceModel


class Early(enum.Enum):
    """Why a request is refused before it is verified."""

    TOO_MUCH = "too much"
    TOO_SLOW = "too slow"
    TOO_LARGE = "too large"
    UNREADABLE = "unreadable"


_QUERY = {
    Early.TOO_MUCH: ("Throttling", "Rate exceeded"),
    Early.TOO_SLOW: ("RequestTimeout", "The request did not arrive in time."),
    Early.TOO_LARGE: ("RequestEntityTooLarge", "The request body is too large."),
    Early.UNREADABLE: ("MalformedHttpRequestException", "The request is no HTTP that is served."),
}
_JSON = _QUERY | {
    Early.TOO_MUCH: ("ThrottlingException", "Rate exceeded"),
    Early.TOO_SLOW: ("RequestTimeoutException", "The request did not arrive in time."),
}
_IDLE = (
    "Your socket connection to the server was not read from or written to within the timeout"
    " period. Idle connections will be closed."
)
_S3 = {
    Early.TOO_MUCH: ("SlowDown", "Please reduce your request rate."),
    Early.TOO_SLOW: (
        "RequestTimeout",
        _IDLE,
    ),
    Early.TOO_LARGE: ("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
    Early.UNREADABLE: ("BadRequest", "An error occurred when parsing the HTTP request."),
}
_TOO_MANY = ("TooManyRequestsException", "TooManyRequestsError", "SlowDownException")
"""How rest-json services that have a word of their own say so."""
RETRY = (b"retry-after", b"1")

_TARGET = re.compile(rb"\nx-amz-target:[ \t]*([A-Za-z0-9_]+)\.", re.IGNORECASE)
_SCOPE_BYTES = 40
"""How far before its last word a credential scope's service is looked for."""
_S3_MARKS = re.compile(
    rb"AWSAccessKeyId=|\nauthorization:[ \t]*AWS |\ncontent-type:[ \t]*multipart/form-data",
    re.IGNORECASE,
)
_PATH = re.compile(rb"[A-Z]+ ([^ ?\r\n]*)")


class Shapes:
    """Every shape. Of a head that names no service the doors say who would have read it."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        entropy: Entropy,
        has_gate: bool,
    ) -> None:
        self._entropy = entropy
        self._doors = Doors(MAIN, has_path=catalog.has_path, has_gate=has_gate)
        self._targets: dict[bytes, ServiceModel] = {}
        self._signed: dict[bytes, ServiceModel] = {}
        for service in catalog.services.values():
            if service.target_prefix:
                self._targets[service.target_prefix.encode()] = service
            for name in service.signing_names:
                self._signed.setdefault(name.encode(), service)

    def refusal(self, head: bytes, why: Early, request_id: str = "") -> HttpResponse:
        """Return a refusal of the request that begins so, with an id of its own unless one is given."""
        request_id = request_id or self._entropy(16).hex()
        service = signed_for(head)
        if service == b"s3":
            # Who signs for s3 reads S3's errors, whether there is a gate or not.
            return _of_s3(why, request_id)
        if service in self._signed:
            return _of_api(self._signed[service], why, request_id)
        target = _TARGET.search(head)
        if target is not None:
            return _of_api(self._targets.get(target[1]), why, request_id)
        path = _PATH.match(head)
        is_s3 = _S3_MARKS.search(head) is not None
        door = self._doors.by_path(path[1] if path else b"/", is_s3=is_s3)
        return _of_s3(why, request_id) if door is GATE else _of_api(None, why, request_id)


def signed_for(head: bytes) -> bytes:
    """Return the service in the credential scope of a request's head, or nothing."""
    at = head.find(b"aws4_request")
    if at < 0:
        return b""
    scope = head[max(0, at - _SCOPE_BYTES) : at].replace(b"%2F", b"/").replace(b"%2f", b"/")
    parts = scope.split(b"/")
    return parts[-2] if len(parts) > 2 and not parts[-1] else b""  # noqa: PLR2004 - region, service, nothing


def _of_api(service: ServiceModel | None, why: Early, request_id: str) -> HttpResponse:
    is_query = service is None or service.protocol == "query"
    code, words = (_QUERY if is_query else _JSON)[why]
    if service is not None and why is Early.TOO_MUCH and service.protocol == "rest-json":
        code = next((each for each in _TOO_MANY if each in service.errors), code)
    made = error_response(service, code, words, request_id)
    return HttpResponse(made.status, (*made.headers, *_again(why)), made.body)


def _of_s3(why: Early, request_id: str) -> HttpResponse:
    code, words = _S3[why]
    error = S3Error(code, words)
    marks = ((b"x-amz-request-id", request_id.encode()), (b"x-amz-id-2", request_id.encode()))
    content = errors.body(error, request_id=request_id, host_id=request_id)
    kind = (b"content-type", b"application/xml")
    return HttpResponse(error.status, (kind, *marks, *_again(why)), content)


def _again(why: Early) -> tuple[tuple[bytes, bytes], ...]:
    return (RETRY,) if why is Early.TOO_MUCH else ()


def head_of(method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a request as it may have been sent, to be judged by."""
    lines = [method.encode() + b" " + target, *(b"%b: %b" % pair for pair in headers)]
    return b"\n".join(lines)
