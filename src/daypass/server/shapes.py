"""Refusals that are made before anything of a request is verified, in the shape that its client reads.

What a request speaks is judged from its head as it stands: that decides the looks of a refusal, and nothing else.
"""

import enum
import re
from collections.abc import Callable, Iterable

from daypass.gate import errors
from daypass.gate.errors import S3Error
from daypass.wire.catalog import Catalog, Service
from daypass.wire.errors import COMMON
from daypass.wire.message import HttpResponse
from daypass.wire.refusal import error_response


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
_SIGNED_FOR = re.compile(rb"(?:/|%2[Ff])([a-z0-9-]+)(?:/|%2[Ff])aws4_request")
_S3_MARKS = re.compile(
    rb"AWSAccessKeyId=|\nauthorization:[ \t]*AWS |\ncontent-type:[ \t]*multipart/form-data",
    re.IGNORECASE,
)
_PATH = re.compile(rb"[A-Z]+ ([^ ?]*)")


class Shapes:
    """Every shape; `has_path` says which paths are an API's, where there is a gate for all others."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        entropy: Callable[[int], bytes],
        has_gate: bool,
    ) -> None:
        self._entropy = entropy
        self._has_path = catalog.has_path
        self._has_gate = has_gate
        self._targets: dict[bytes, Service] = {}
        self._signed: dict[bytes, Service] = {}
        for service in catalog.services.values():
            if service.target_prefix:
                self._targets[service.target_prefix.encode()] = service
            for name in service.signing_names:
                self._signed.setdefault(name.encode(), service)

    def refusal(self, head: bytes, why: Early) -> HttpResponse:
        """Return a refusal of the request that begins so."""
        target = _TARGET.search(head)
        if target is not None:
            return self._of_api(self._targets.get(target[1]), why)
        signed = _SIGNED_FOR.search(head)
        if signed is not None:
            return self._of_s3(why) if signed[1] == b"s3" else self._of_api(self._signed.get(signed[1]), why)  # fmt: skip
        path = _PATH.match(head)
        is_s3 = _S3_MARKS.search(head) or (path is not None and not self._has_path(path[1]))
        return self._of_s3(why) if self._has_gate and is_s3 else self._of_api(None, why)

    def _of_api(self, service: Service | None, why: Early) -> HttpResponse:
        is_query = service is None or service.protocol == "query"
        code, words = (_QUERY if is_query else _JSON)[why]
        status = None
        if service is not None and why is Early.TOO_MUCH and service.protocol == "rest-json":
            code = next((each for each in _TOO_MANY if each in service.errors), code)
        if service is None or code not in service.errors:
            status = COMMON.get(code, 400)
        made = error_response(service, code, words, self._entropy(16).hex(), status=status)
        return HttpResponse(made.status, (*made.headers, *_again(why)), made.body)

    def _of_s3(self, why: Early) -> HttpResponse:
        code, words = _S3[why]
        request_id = self._entropy(8).hex().upper()
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
