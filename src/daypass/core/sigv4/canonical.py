"""The canonical form of a request: the bytes that both sides hash.

Two dialects. Everybody's: the path is normalised and its escapes are encoded again. S3's: the path is taken as it is
and encoded once. Queries and headers are the same in both.
"""

import enum
import re
from urllib.parse import quote, unquote_to_bytes

from daypass.core.sigv4.request import Headers

_PLAIN = re.compile(rb"[A-Za-z0-9._~/-]*")
_PLAIN_QUERY = re.compile(rb"[A-Za-z0-9._~=&-]*")
_SPACES = re.compile(rb"  +")


class Dialect(enum.Enum):
    """Whose rules: every API's, or S3's."""

    API = "api"
    S3 = "s3"


def path(raw: bytes, dialect: Dialect) -> str:
    """Return the canonical URI of a raw path."""
    if dialect is Dialect.S3:
        if _PLAIN.fullmatch(raw):
            return raw.decode("ascii")
        return quote(unquote_to_bytes(raw), safe="/~")
    normal = b"/" if raw == b"/" else _without_dots(raw)
    return quote(normal, safe="/~")


def _without_dots(raw: bytes) -> bytes:
    """Remove dot segments and empty ones (RFC 3986, 5.2.4)."""
    kept: list[bytes] = []
    for segment in raw.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in {b"", b"."}:
            kept.append(segment)
    last = b"/" if raw.endswith(b"/") and kept else b""
    return b"/" + b"/".join(kept) + last


def query(raw: bytes, *, leave_out: str = "") -> str:
    """Return the canonical query string; `leave_out` is the one parameter that cannot sign itself."""
    if not raw:
        return ""
    if not leave_out and _PLAIN_QUERY.fullmatch(raw) and b"&" not in raw:
        text = raw.decode("ascii")
        return text if "=" in text else f"{text}="
    pairs = [
        (encode(name), encode(value))
        for name, _, value in (piece.partition(b"=") for piece in raw.split(b"&") if piece)
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != leave_out)


def encode(raw: bytes) -> str:
    """Decode a piece of a query once and encode it as AWS does; `+` is a plus."""
    return quote(unquote_to_bytes(raw), safe="~")


def headers(present: Headers, signed: tuple[str, ...]) -> bytes:
    """Return the canonical headers; the caller has made sure that each signed one is there exactly once."""
    values = dict(present)
    lines = []
    for name in signed:
        raw = name.encode("ascii")
        value = values[raw].strip()
        if b"  " in value:
            value = _SPACES.sub(b" ", value)
        lines.append(raw + b":" + value + b"\n")
    return b"".join(lines)
