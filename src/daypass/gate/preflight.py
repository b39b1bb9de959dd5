"""CORS preflights: the store answers `OPTIONS` from the bucket's CORS configuration.

A preflight is not signed and touches no object; the store gets only the headers of the preflight.
Source: Fetch standard, "CORS-preflight request"; S3 user guide, "Using cross-origin resource
sharing".
"""

from daypass.core.http.normalization import NormalizedHeaders
from daypass.core.http.request import RawRequest
from daypass.gate.buckets import bucket_records
from daypass.gate.protocol import store_answers, store_errors
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.expected_results import ExpectedResult
from daypass.gate.protocol.reply import S3Reply
from daypass.gate.request import headers, request_target
from daypass.gate.s3_gate import Gate
from daypass.gate.store.store_request import StoreRequest
from daypass.state.snapshot.directory import Directory

_REQUIRED_HEADERS = ("origin", "access-control-request-method")
_PREFLIGHT_HEADERS = (*_REQUIRED_HEADERS, "access-control-request-headers")
_ALLOW_ORIGIN = b"access-control-allow-origin"
_REFUSED, _TROUBLE = 400, 500
_RESULT = ExpectedResult().for_operation("OPTIONS")
CORS_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of"
    " Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are"
    " not whitelisted by the resource's CORS spec."
)


async def answer_preflight(
    gate: Gate, directory: Directory, request: RawRequest, reply: S3Reply
) -> None:
    """Answer a preflight request.

    Raises `S3Error` for one without its headers, for a bucket that no account here owns, and
    AccessForbidden if the store refuses it.
    """
    browser_headers: dict[str, str] = {}
    host = ""
    for raw_name, raw_value in request.headers:
        name = raw_name.decode("latin-1")
        host = raw_value.decode("latin-1") if name == "host" else host
        if name in _PREFLIGHT_HEADERS:
            browser_headers[name] = headers.decode_value(name, raw_value)
    if isinstance(request.headers, NormalizedHeaders):
        headers.check_not_repeated(request.headers.repeated, _REQUIRED_HEADERS)
    if not all(browser_headers.get(name) for name in _REQUIRED_HEADERS):
        raise S3Error(
            "InvalidRequest", "Insufficient information. Origin request header needed.", status=400
        )
    target = request_target.resolve_target(
        request.raw_path, host, gate.rules.host_names, allow_dot_segments=gate.rules.dot_segments
    )
    if not target.bucket:
        raise S3Error(
            "MethodNotAllowed", "The specified method is not allowed against this resource."
        )
    headers.check_fields(browser_headers)
    bucket_records.find_bucket(directory, target.bucket)
    response = await gate.store.send(StoreRequest("OPTIONS", target.path, headers=browser_headers))
    try:
        if _REFUSED <= response.status < _TROUBLE:
            # Whatever the store's reason, the page's request is not allowed.
            raise S3Error("AccessForbidden", CORS_NOT_ALLOWED)
        refused = await store_answers.store_refusal(response, _RESULT)
        if refused is not None:
            raise refused
        passed = headers.response_headers(response.headers, frozenset())
        cors_headers = [
            pair for pair in passed if pair[0].startswith(b"access-control-") or pair[0] == b"vary"
        ]
        if not any(name == _ALLOW_ORIGIN for name, _ in cors_headers):
            raise store_errors.unintelligible_answer(
                "the store answers OPTIONS without a word about CORS"
            )
        await reply.send_complete(200, cors_headers, b"")
    finally:
        response.release()
