"""The fault of a request that cannot be parsed, AWS's common error codes, and XML escaping."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

COMMON_ERRORS: Mapping[str, int] = {
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
    "InvalidParameterValue": 400,
    "InvalidSignatureException": 403,
    "MalformedHttpRequestException": 400,
    "MalformedQueryString": 400,
    "MissingAction": 400,
    "MissingAuthenticationToken": 403,
    "MissingAuthenticationTokenException": 403,
    "NotImplemented": 501,
    "RequestEntityTooLarge": 413,
    "RequestTimeout": 408,
    "RequestTimeoutException": 408,
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
"""HTTP status by error code: AWS's "Common errors", with our codes where AWS has none."""


class WireFault(Exception):
    """A request that cannot be parsed: AWS's error code, a message, and an HTTP status.

    `status` is None for the usual status of the code.
    """

    def __init__(self, code: str, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile("[&<>\r]")


_PLAIN = bytes(each for each in range(0x20, 0x7F) if each not in b"&<>")


def is_plain_xml(text: str) -> bool:
    """Return whether a text is printable ASCII that XML contains as it is, as most texts are."""
    # A quarter of the time of `str.isprintable`, which looks each character up.
    return text.isascii() and not text.encode().translate(None, _PLAIN)


def xml_text(text: str) -> str:
    """Return text escaped for XML 1.0, with U+FFFD for characters that XML cannot contain."""
    # Quick looks first, as `is_plain_xml` does without another call: most texts are plain.
    if text.isascii() and text.isprintable():
        return escape(text) if "&" in text or "<" in text or ">" in text else text
    if _UNWRITABLE.search(text):
        text = _UNWRITABLE.sub("\ufffd", text)
    return escape(text, {"\r": "&#13;"}) if _SPECIAL.search(text) else text
