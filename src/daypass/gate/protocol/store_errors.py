"""What an error of the store becomes for the client: S3's code and message, and no secrets.

An authentication error of the store means that *our* credential is wrong: the client is told of an
internal error, the operator the truth. How an answer is read is in `store_answers`, what a success
looks like in `results`.
"""

import re
from collections.abc import Mapping

from daypass.gate.protocol import documents
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.expected_results import ExpectedResult

_PASSED_ELEMENTS = (
    "Key", "BucketName", "UploadId", "VersionId", "ArgumentName", "ArgumentValue", "Condition",
    "ETag", "PartNumber",
)  # fmt: skip
CREDENTIAL_ERRORS = frozenset(
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
INTERNAL_ERROR = "We encountered an internal error. Please try again."
_SERVER_ERROR, _FORBIDDEN = 500, 403


def error_for_client(
    status: int,
    content: bytes,
    expected: ExpectedResult,
    *,
    theirs: str = "",
    has_body: bool = True,
) -> S3Error:
    """Return what an error becomes for the client: `status` and `content` as the store sent them, `theirs` its request id.

    An error that cannot be understood is trouble of ours: whatever sent it does not know what the
    client asked for.
    """
    said = parse_error(content)
    known = f" (its request {theirs[:64]})" if theirs else ""
    code = error_code(said)
    if code in CREDENTIAL_ERRORS and not (code == "AccessDenied" and expected.may_be_locked):
        return unintelligible_answer(f"the store refuses the gate: {code}{known}")
    if status >= _SERVER_ERROR:
        return _server_error(
            status, said if code else {}, f"the store answers {status} {code}".rstrip() + known
        )
    if not code and has_body:
        return unintelligible_answer(f"the store answers {status} without an error of S3's{known}")
    if not code and status == _FORBIDDEN:
        return unintelligible_answer(f"the store refuses the gate: 403, without a reason{known}")
    if not code:
        code = _CODES_BY_STATUS.get(status, "InvalidRequest")
    details = {name: said[name] for name in _PASSED_ELEMENTS if name in said}
    message = said.get("Message", "")
    operator = f"the store refuses it: {message[:200]}{known}"
    return S3Error(code, message, details=details, status=status, operator=operator)


def _server_error(status: int, said: Mapping[str, str], operator: str) -> S3Error:
    """Return what a store's 5xx becomes; one that is not in S3's shape may come from something in front of the store."""
    code = _CODES_BY_STATUS.get(status, "InternalError") if said else "ServiceUnavailable"
    return S3Error(code, said.get("Message", INTERNAL_ERROR), operator=operator)


def unintelligible_answer(operator: str) -> S3Error:
    """Return the error for an answer of the store that is neither its success nor a refusal; the client may try again."""
    return S3Error("InternalError", INTERNAL_ERROR, operator=operator)


def truncated_answer(error: BaseException) -> S3Error:
    """Return the error for an answer that ended in the middle."""
    kind = type(error).__name__
    return S3Error(
        "ServiceUnavailable",
        INTERNAL_ERROR,
        operator=f"the store's answer ended in the middle: {kind}",
    )


_CODES_BY_STATUS: Mapping[int, str] = {
    404: "NoSuchKey",
    405: "MethodNotAllowed",
    409: "OperationAborted",
    411: "MissingContentLength",
    412: "PreconditionFailed",
    416: "InvalidRange",
    501: "NotImplemented",
    502: "ServiceUnavailable",
    503: "SlowDown",
    504: "ServiceUnavailable",
}
"""What a status says by itself: an answer to HEAD has no document."""


_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}")


def error_code(said: Mapping[str, str]) -> str:
    """Return the code of an error as the store tells it; empty for what is no code."""
    code = said.get("Code", "")
    return code if _CODE.fullmatch(code) else ""


def parse_error(body: bytes) -> dict[str, str]:
    """Return what a store's error says by element; empty for a body that is no error, or says something twice."""
    try:
        root = documents.parse_xml(body)
    except S3Error:
        return {}
    return error_elements(root)


def error_elements(root: XMLElement) -> dict[str, str]:
    """Return what an error says by element; empty for a document that is no error, or says something twice."""
    if root.name != "Error" or len({child.name for child in root.children}) < len(root.children):
        return {}
    return {child.name: child.text for child in root.children}
