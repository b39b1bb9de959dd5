"""What the store answered, made ours: allowed headers pass, errors are told again, its secrets stay with us.

An authentication error of the store means that *our* credential is wrong: the client is told of an internal error, the operator
the truth.
"""

import re
from collections.abc import Mapping

import aiohttp

from daypass.gate import documents, limits
from daypass.gate.errors import S3Error

_PASSED_ELEMENTS = (
    "Key", "BucketName", "UploadId", "VersionId", "ArgumentName", "ArgumentValue", "Condition",
    "ETag", "PartNumber",
)  # fmt: skip
_OURS = frozenset(
    [
        "AccessDenied",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "RequestTimeTooSkewed",
        "ExpiredToken",
        "InvalidToken",
        "AuthorizationHeaderMalformed",
        "AllAccessDisabled",
        "AccountProblem",
    ]
)
_LOCKED = frozenset({"DeleteObject", "PutObjectRetention", "PutObjectLegalHold"})
INTERNAL = "We encountered an internal error. Please try again."
_SERVER_ERROR, _REDIRECT, _ERROR = 500, 300, 400


async def refusal(answer: aiohttp.ClientResponse, operation: str) -> S3Error | None:
    """Return what a store's error becomes for the client; nothing for an answer that is none."""
    if answer.status == 304:  # noqa: PLR2004 - Not Modified is the store's own job
        return None
    if _REDIRECT <= answer.status < _ERROR:
        return S3Error(
            "InternalError",
            INTERNAL,
            operator=f"the store redirects to {answer.headers.get('location', '')[:200]}",
        )
    if answer.status < _ERROR:
        return None
    content = await start_of(answer, limits.UPSTREAM_ERROR_BYTES_MAX)
    said = told(content)
    theirs = answer.headers.get("x-amz-request-id", "")
    known = f" (its request {theirs[:64]})" if theirs else ""
    code = code_of(said)
    if code in _OURS and not (code == "AccessDenied" and operation in _LOCKED):
        return S3Error(
            "InternalError", INTERNAL, operator=f"the store refuses the gate: {code}{known}"
        )
    if answer.status >= _SERVER_ERROR:
        code = _BY_STATUS.get(answer.status, "InternalError")
        if content and not said and code != "NotImplemented":
            # Not S3's shape: something in front of the store answered, or the store is ill.
            code = "ServiceUnavailable"
        return S3Error(
            code,
            said.get("Message", INTERNAL),
            operator=f"the store answers {answer.status}{known}",
        )
    if not code:
        code = _BY_STATUS.get(answer.status, "InvalidRequest")
    details = {name: said[name] for name in _PASSED_ELEMENTS if name in said}
    message = said.get("Message", "")
    seen = f"{message[:200]}{known}"
    return S3Error(code, message, details=details, status=answer.status, operator=seen)


async def start_of(answer: aiohttp.ClientResponse, size: int) -> bytes:
    """Return the first bytes of an answer, as many as there are up to so many; one read may return fewer."""
    found = bytearray()
    while len(found) < size and (piece := await answer.content.read(size - len(found))):
        found += piece
    return bytes(found)


async def whole(answer: aiohttp.ClientResponse, longest: int) -> bytes:
    """Return an answer from its first byte to its last; raises `S3Error` InternalError for a longer one."""
    found = await start_of(answer, longest + 1)
    if len(found) > longest:
        raise S3Error("InternalError", INTERNAL, operator="the store's answer is too long")
    return found


_BY_STATUS: Mapping[int, str] = {
    403: "InternalError", 404: "NoSuchKey", 405: "MethodNotAllowed", 409: "OperationAborted",
    411: "MissingContentLength", 412: "PreconditionFailed", 416: "InvalidRange",
    501: "NotImplemented", 502: "ServiceUnavailable", 503: "SlowDown", 504: "ServiceUnavailable",
}  # fmt: skip


_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}")


def code_of(told: Mapping[str, str]) -> str:
    """Return the code of an error as the store tells it; empty for what is no code."""
    code = told.get("Code", "")
    return code if _CODE.fullmatch(code) else ""


def told(body: bytes) -> dict[str, str]:
    """Return what a store's error says by element; nothing for a body that is none."""
    try:
        root = documents.read(body)
    except S3Error:
        return {}
    return {child.name: child.text for child in root.children} if root.name == "Error" else {}
