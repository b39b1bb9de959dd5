"""The canonical form of a request: the bytes that both sides hash.

Two dialects. Everybody's: the path is normalised and its escapes are encoded again. S3's: the path is taken as it is
and encoded once. Queries and headers are the same in both, and are what `reading` makes of them.
"""

import enum
import re
from urllib.parse import quote, unquote_to_bytes

from daypass.core.http import normalization
from daypass.core.http.paths import percent_encode, remove_dot_segments
from daypass.core.http.request import Headers

_UNRESERVED_PATH = re.compile(rb"[A-Za-z0-9._~/-]*")


class Dialect(enum.Enum):
    """Whose rules: every API's, or S3's."""

    API = "api"
    S3 = "s3"


def canonical_path(raw: bytes, dialect: Dialect) -> str:
    """Return the canonical URI of a raw path."""
    if dialect is Dialect.S3:
        if _UNRESERVED_PATH.fullmatch(raw):
            return raw.decode("ascii")
        return quote(unquote_to_bytes(raw), safe="/~")
    return "/" if raw == b"/" else quote(remove_dot_segments(raw), safe="/~")


def canonical_query(raw: bytes, *, leave_out: str = "") -> str:
    """Return the canonical query string; `leave_out` is the one parameter that cannot sign itself."""
    if not raw:
        return ""
    pairs = [
        (percent_encode(name), percent_encode(value))
        for name, value in normalization.parse_query(raw)
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != leave_out)


def canonical_headers(present: Headers, signed: tuple[str, ...]) -> bytes:
    """Return the canonical headers; the caller has made sure that each signed one is there."""
    values = dict(normalization.normalize_headers(present))
    names = [name.encode("ascii") for name in signed]
    return b"".join([b"%b:%b\n" % (name, values[name]) for name in names])
