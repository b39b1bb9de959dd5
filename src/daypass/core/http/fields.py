"""Syntax of HTTP header fields: which texts can be a name or a value (RFC 9110, 5).

Checked before a header is written from a client's text: at some servers a name that is no token, or
a line end in a value, ends the header early, and the rest is read as another request (request
smuggling).
"""

import re
from collections.abc import Iterable

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TOKEN_OCTETS = re.compile(_TOKEN.pattern.encode())
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters of ASCII and Latin-1, Unicode's line ends, and lone surrogates, which UTF-8
cannot encode."""
_FORBIDDEN_OCTETS = bytes([*range(0x09), *range(0x0A, 0x20), 0x7F])
BLANKS = " \t"
"""The white space that is not part of a value when it stands around it."""


def is_field_name(text: str) -> bool:
    """Return True if a text can be the name of a header: a token of RFC 9110."""
    return _TOKEN.fullmatch(text) is not None


def is_field_value(text: str) -> bool:
    """Return True if a text can be a header's value: one line, without white space around it."""
    return _FORBIDDEN.search(text) is None and text == text.strip(BLANKS)


def is_sendable_field(name: bytes, value: bytes) -> bool:
    """Return True if a header can be sent as these bytes.

    Bytes above ASCII are allowed in the value.
    """
    return _TOKEN_OCTETS.fullmatch(name) is not None and are_sendable_values((value,))


def are_sendable_values(values: Iterable[bytes]) -> bool:
    """Return True if each of these bytes can be sent as the value of a header."""
    text = b"".join(values)
    return len(text.translate(None, _FORBIDDEN_OCTETS)) == len(text)


def media_type(content_type: str) -> str:
    """Return the type in a Content-Type header, in lower case and without its parameters.

    Only blanks and tabs around it are no part of it (RFC 9110, 8.3.1): other white space makes it
    another type.
    """
    return content_type.partition(";")[0].strip(BLANKS).lower()


def list_elements(text: str) -> list[str]:
    """Return the elements of a list header, without the empty ones (RFC 9110, 5.6.1)."""
    elements = [each.strip(BLANKS) for each in text.split(",")]
    return [each for each in elements if each]


def fold_field_name(name: str) -> str:
    """Return a header's or form field's name in lower case, for comparing without regard to case.

    A name with other characters than ASCII is returned unchanged: the Kelvin sign must not become
    the letter k.
    """
    return name.lower() if name.isascii() else name
