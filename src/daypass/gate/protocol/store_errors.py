"""Translating the store's errors for the client: S3's code and message, and no secrets.

An authentication error of the store means that the gate's own credential is wrong: the client gets
an internal error, the operator the cause. Reading an answer is in `store_answers`, the form of a
success in `expected_results`.
"""

import re
from collections.abc import Mapping

from daypass.gate.protocol import documents
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import NOT_IMPLEMENTED, S3Error
from daypass.gate.protocol.expected_results import ExpectedResult

_PASSED_ELEMENTS = (
    "Key",
    "BucketName",
    "UploadId",
    "VersionId",
    "ArgumentName",
    "ArgumentValue",
    "Condition",
    "ETag",
    "PartNumber",
)
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
"""Errors about the credential that signed a request; at the store that is the gate's own."""
INTERNAL_ERROR = "We encountered an internal error. Please try again."
_SERVER_ERROR, _FORBIDDEN = 500, 403


def error_for_client(
    status: int,
    content: bytes,
    expected: ExpectedResult,
    *,
    store_request_id: str = "",
    has_body: bool = True,
) -> S3Error:
    """Return the client's error for the `status` and `content` of a store's error.

    `store_request_id` is the store's id of the request, for the log. An error that cannot be parsed
    becomes an internal one: its sender does not know what the client requested.
    """
    elements = parse_error(content)
    id_note = f" (its request {store_request_id[:64]})" if store_request_id else ""
    code = error_code(elements)
    if code in CREDENTIAL_ERRORS and not (code == "AccessDenied" and expected.may_be_locked):
        return unintelligible_answer(f"the store refuses the gate: {code}{id_note}")
    if status >= _SERVER_ERROR:
        return _server_error(
            status,
            f"the store answers {status} {code}".rstrip() + _quoted(elements) + id_note,
            is_s3=bool(code),
        )
    if not code and has_body:
        return unintelligible_answer(
            f"the store answers {status} without an error of S3's{id_note}"
        )
    if not code and status == _FORBIDDEN:
        return unintelligible_answer(f"the store refuses the gate: 403, without a reason{id_note}")
    if not code:
        code = _CODES_BY_STATUS.get(status, "InvalidRequest")
    details = {name: elements[name] for name in _PASSED_ELEMENTS if name in elements}
    message = elements.get("Message", "")
    operator = f"the store refuses it: {message[:200]}{id_note}"
    return S3Error(code, message, details=details, status=status, operator=operator)


def _server_error(status: int, operator: str, *, is_s3: bool) -> S3Error:
    """Return the client's error for a store's 5xx, in S3's words: the store's are about itself.

    One that is not in S3's form may come from a proxy in front of the store.
    """
    code = _CODES_BY_STATUS.get(status, "InternalError") if is_s3 else "ServiceUnavailable"
    return S3Error(code, server_error_message(code), operator=operator)


def server_error_message(code: str) -> str:
    """Return S3's message for the code of a 5xx."""
    return _SERVER_ERROR_MESSAGES.get(code, INTERNAL_ERROR)


_SERVER_ERROR_MESSAGES: Mapping[str, str] = {
    "NotImplemented": NOT_IMPLEMENTED,
    "SlowDown": "Please reduce your request rate.",
}


def _quoted(elements: Mapping[str, str]) -> str:
    """Return the message of a store's error for the log, after a colon; empty without one."""
    message = elements.get("Message", "")
    return f": {message[:200]}" if message else ""


def unintelligible_answer(operator: str) -> S3Error:
    """Return the error for an answer that is neither a success nor an error of S3's.

    The client may try again.
    """
    return S3Error("InternalError", INTERNAL_ERROR, operator=operator)


def truncated_answer(error: BaseException) -> S3Error:
    """Return the error for an answer that was cut off."""
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
"""The code of a status without a document: an answer to HEAD has none."""


_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}")


def error_code(elements: Mapping[str, str]) -> str:
    """Return the code of a store's error; empty if it is not a valid code."""
    code = elements.get("Code", "")
    return code if _CODE.fullmatch(code) else ""


def parse_error(body: bytes) -> dict[str, str]:
    """Return the elements of a store's error; empty for any other body, or a repeated element."""
    try:
        root = documents.parse_xml(body)
    except S3Error:
        return {}
    return error_elements(root)


def error_elements(root: XMLElement) -> dict[str, str]:
    """Return the elements of an error; empty for any other document, or a repeated element."""
    if root.name != "Error" or len({child.name for child in root.children}) < len(root.children):
        return {}
    return {child.name: child.text for child in root.children}
