"""What the store answered, made ours: allowed headers pass, errors are told again, its secrets stay with us.

An authentication error of the store means that *our* credential is wrong: the client is told of an internal error, the operator
the truth. What a success looks like is in `results`, what is read of one in `success`.
"""

import asyncio
import re
from collections.abc import Callable, Mapping

import aiohttp

from daypass.gate import limits
from daypass.gate.protocol import documents
from daypass.gate.protocol.documents import Element
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.results import Result

_PASSED_ELEMENTS = (
    "Key", "BucketName", "UploadId", "VersionId", "ArgumentName", "ArgumentValue", "Condition",
    "ETag", "PartNumber",
)  # fmt: skip
OURS = frozenset(
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
"""Errors about the keys that a request was signed with: at the store those are the gate's own."""
INTERNAL = "We encountered an internal error. Please try again."
_SERVER_ERROR, _REDIRECT, _ERROR = 500, 300, 400
_NOT_MODIFIED, _FORBIDDEN = 304, 403


async def refusal(answer: aiohttp.ClientResponse, expected: Result) -> S3Error | None:
    """Return what a store's error becomes for the client; None if the store did not refuse.

    Raises `S3Error` ServiceUnavailable where the answer ends in the middle.
    """
    if _REDIRECT <= answer.status < _ERROR and answer.status != _NOT_MODIFIED:
        return misunderstood(f"the store redirects to {answer.headers.get('location', '')[:200]}")
    if answer.status < _ERROR:
        return None
    content = await start_of(answer, limits.UPSTREAM_ERROR_BYTES_MAX)
    theirs = answer.headers.get("x-amz-request-id", "")
    return refused(
        answer.status, content, expected, theirs=theirs, has_body=answer.method != "HEAD"
    )


def refused(
    status: int, content: bytes, expected: Result, *, theirs: str = "", has_body: bool = True
) -> S3Error:
    """Return what an error becomes for the client: `status` and `content` as the store sent them, `theirs` its request id.

    An error that cannot be understood is trouble of ours: whatever sent it does not know what the client asked for.
    """
    said = told(content)
    known = f" (its request {theirs[:64]})" if theirs else ""
    code = code_of(said)
    if code in OURS and not (code == "AccessDenied" and expected.may_be_locked):
        return misunderstood(f"the store refuses the gate: {code}{known}")
    if status >= _SERVER_ERROR:
        return _trouble(
            status, said if code else {}, f"the store answers {status} {code}".rstrip() + known
        )
    if not code and has_body:
        return misunderstood(f"the store answers {status} without an error of S3's{known}")
    if not code and status == _FORBIDDEN:
        return misunderstood(f"the store refuses the gate: 403, without a reason{known}")
    if not code:
        code = _BY_STATUS.get(status, "InvalidRequest")
    details = {name: said[name] for name in _PASSED_ELEMENTS if name in said}
    message = said.get("Message", "")
    seen = f"the store refuses it: {message[:200]}{known}"
    return S3Error(code, message, details=details, status=status, operator=seen)


def _trouble(status: int, said: Mapping[str, str], operator: str) -> S3Error:
    """Return what a store's 5xx becomes; one that is not in S3's shape may come from something in front of the store."""
    code = _BY_STATUS.get(status, "InternalError") if said else "ServiceUnavailable"
    return S3Error(code, said.get("Message", INTERNAL), operator=operator)


def misunderstood(operator: str) -> S3Error:
    """Return the error for an answer of the store that is neither its success nor a refusal; the client may try again."""
    return S3Error("InternalError", INTERNAL, operator=operator)


def cut(error: BaseException) -> S3Error:
    """Return the error for an answer that ended in the middle."""
    kind = type(error).__name__
    return S3Error(
        "ServiceUnavailable", INTERNAL, operator=f"the store's answer ended in the middle: {kind}"
    )


async def start_of(answer: aiohttp.ClientResponse, size: int) -> bytes:
    """Return the first bytes of an answer, as many as there are up to so many; one read may return fewer.

    Raises `S3Error` ServiceUnavailable where the answer ends in the middle, or takes too long.
    """
    return await _start_of(answer, size, _no_room_needed)


async def whole(
    answer: aiohttp.ClientResponse, longest: int, *, take: Callable[[int], None] | None = None
) -> bytes:
    """Return an answer from its first byte to its last; `take` is told of the bytes as they come, and may refuse them.

    Raises `S3Error` InternalError for a longer one, ServiceUnavailable for one that ends in the middle, or takes too long.
    """
    found = await _start_of(answer, longest + 1, take or _no_room_needed)
    if len(found) > longest:
        raise misunderstood("the store's answer is too long")
    return found


def _no_room_needed(_size: int) -> None:
    """Stand for room that is small enough not to be counted."""


async def _start_of(
    answer: aiohttp.ClientResponse, size: int, take: Callable[[int], None]
) -> bytes:
    found = bytearray()
    try:
        async with asyncio.timeout(limits.RESULT_SECONDS_MAX):
            while len(found) < size and (piece := await answer.content.read(size - len(found))):
                take(len(piece))
                found += piece
    except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise cut(error) from error
    return bytes(found)


_BY_STATUS: Mapping[int, str] = {
    404: "NoSuchKey", 405: "MethodNotAllowed", 409: "OperationAborted",
    411: "MissingContentLength", 412: "PreconditionFailed", 416: "InvalidRange",
    501: "NotImplemented", 502: "ServiceUnavailable", 503: "SlowDown", 504: "ServiceUnavailable",
}  # fmt: skip
"""What a status says by itself: an answer to HEAD has no document."""


_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}")


def code_of(told: Mapping[str, str]) -> str:
    """Return the code of an error as the store tells it; empty for what is no code."""
    code = told.get("Code", "")
    return code if _CODE.fullmatch(code) else ""


def told(body: bytes) -> dict[str, str]:
    """Return what a store's error says by element; empty for a body that is no error, or says something twice."""
    try:
        root = documents.read(body)
    except S3Error:
        return {}
    return told_by(root)


def told_by(root: Element) -> dict[str, str]:
    """Return what an error says by element; empty for a document that is no error, or says something twice."""
    if root.name != "Error" or len({child.name for child in root.children}) < len(root.children):
        return {}
    return {child.name: child.text for child in root.children}
