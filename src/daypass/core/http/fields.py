"""Header fields of HTTP: what is a name, what is a value (RFC 9110, 5.1, 5.5 and 5.6.2).

Whatever writes a header from somebody else's text asks here first: a name that is no token, or a line end in a value, ends the
header early at some servers, and what follows is read as another request.
"""

import re

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TOKEN_OCTETS = re.compile(_TOKEN.pattern.encode())
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters of ASCII and of Latin-1, Unicode's own line ends, and halves of characters, which UTF-8 cannot write."""
_FORBIDDEN_OCTETS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
BLANKS = " \t"
"""White space around a value is not part of it."""


def is_field_name(text: str) -> bool:
    """Say whether a text can be the name of a header: a token."""
    return _TOKEN.fullmatch(text) is not None


def is_field_value(text: str) -> bool:
    """Say whether a text can be the value of a header, to be written in UTF-8: one line without blanks around it."""
    return _FORBIDDEN.search(text) is None and text == text.strip(BLANKS)


def is_sendable_field(name: bytes, value: bytes) -> bool:
    """Say whether a header can be sent as these octets; what is above ASCII is opaque."""
    return _TOKEN_OCTETS.fullmatch(name) is not None and _FORBIDDEN_OCTETS.search(value) is None


def fold_field_name(name: str) -> str:
    """Return a name without regard to case; only ASCII has two cases here: the Kelvin sign is not the letter k."""
    return name.lower() if name.isascii() else name
