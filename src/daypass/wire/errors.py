"""Refusals on the wire: each service's own shape, with the status that its model or AWS's common errors give."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import msgspec

from daypass.wire.message import HttpResponse

if TYPE_CHECKING:
    from daypass.wire.catalog import Service

COMMON: Mapping[str, int] = {
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "ConcurrentModification": 409,
    "ExpiredToken": 403,
    "ExpiredTokenException": 403,
    "IncompleteSignature": 400,
    "IncompleteSignatureException": 400,
    "InternalFailure": 500,
    "InvalidAction": 400,
    "InvalidClientTokenId": 403,
    "InvalidParameterCombination": 400,
    "InvalidSignatureException": 403,
    "MalformedQueryString": 400,
    "MissingAction": 400,
    "MissingAuthenticationToken": 403,
    "MissingAuthenticationTokenException": 403,
    "NotImplemented": 501,
    "RequestEntityTooLarge": 413,
    "RequestTimeout": 408,
    "SerializationException": 400,
    "ServiceFailure": 500,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "SignatureDoesNotMatch": 403,
    "Throttling": 400,
    "ThrottlingException": 400,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
    "UnsupportedMediaType": 415,
    "ValidationError": 400,
    "ValidationException": 400,
}
"""AWS's "Common errors", with ours where AWS has none."""

_SERVER_ERROR = 500


class WireFault(Exception):
    """A request that the wire refuses: a code, a message for the caller, a status."""

    def __init__(self, code: str, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def error_response(
    service: "Service | None",
    code: str,
    message: str,
    request_id: str,
    *,
    status: int | None = None,
) -> HttpResponse:
    """Return a refusal in the shape of a service; in the query protocol's where none is known."""
    known = service.errors.get(code) if service else None
    status = status or (known.status if known else COMMON.get(code, 400))
    sent = known.code if known else code
    identified = (b"x-amzn-requestid", request_id.encode())
    if service is None or service.protocol == "query":
        namespace = f' xmlns="{service.namespace}"' if service else ""
        side = "Receiver" if status >= _SERVER_ERROR else "Sender"
        body = (
            f"<ErrorResponse{namespace}><Error><Type>{side}</Type><Code>{escape(sent)}</Code>"
            f"<Message>{xml_text(message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return HttpResponse(status, ((b"content-type", b"text/xml"), identified), body.encode())
    content: dict[str, str] = {"message": message}
    if service.protocol == "json":
        content = {"__type": sent, "message": message}
    elif service.name == "ssooidc":
        content = {"error": _oauth(sent), "error_description": message}
    elif service.name == "signin":
        content = {"error": sent, "message": message}
    kind = b"application/x-amz-json-1.1" if service.protocol == "json" else b"application/json"
    error = (b"x-amzn-errortype", sent.encode())
    return HttpResponse(
        status, ((b"content-type", kind), error, identified), msgspec.json.encode(content)
    )


def _oauth(code: str) -> str:
    """Return OAuth's name of an error: `InvalidGrantException` is `invalid_grant` (RFC 6749, 5.2)."""
    name = code.removesuffix("Exception")
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")


_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile("[&<>\r]")


def xml_text(text: str) -> str:
    """Return text for XML 1.0: escaped, with U+FFFD for the characters that XML cannot hold."""
    if _UNWRITABLE.search(text):
        text = _UNWRITABLE.sub("\ufffd", text)
    return escape(text, {"\r": "&#13;"}) if _SPECIAL.search(text) else text
