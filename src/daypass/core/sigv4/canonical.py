"""The parts of a SigV4 canonical request: canonical URI, query string and headers.

There are two dialects. Every service but S3 signs the path without dot segments, its escapes
encoded a second time; S3 signs the path decoded and encoded once. Query and headers are the same in
both, taken from `core.http.normalization`.
"""

import enum
import re
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from urllib.parse import quote

from daypass.core.enums import with_plain_members
from daypass.core.http import normalization
from daypass.core.http.paths import decode_s3_path, percent_encode, remove_dot_segments
from daypass.core.http.request import Headers

_UNRESERVED_PATH = re.compile(rb"[A-Za-z0-9._~/-]*")


@with_plain_members
class Dialect(enum.Enum):
    """Whose rules a path is signed by: S3's, or those of every other service."""

    API = "api"
    S3 = "s3"


def canonical_path(raw: bytes, dialect: Dialect) -> str:
    """Return the canonical URI of a raw path, percent-encoded."""
    if raw == b"/":
        return "/"
    if dialect is Dialect.S3:
        if _UNRESERVED_PATH.fullmatch(raw):
            return raw.decode("ascii")
        return quote(decode_s3_path(raw), safe="/~")
    return quote(remove_dot_segments(raw), safe="/~")


def canonical_query(raw: bytes, *, leave_out: str = "") -> str:
    """Return the canonical query string of a raw query.

    `leave_out` is the parameter that carries the signature, which is not signed itself; empty if
    there is none.
    """
    if not raw:
        return ""
    pairs = [
        (percent_encode(name), percent_encode(value))
        for name, value in normalization.parse_query(raw)
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != leave_out)


def canonical_headers(headers: Headers, signed: tuple[str, ...]) -> bytes:
    """Return the canonical headers, a `name:value` line for each name in `signed`, and the names.

    An empty line is between them, and the names are on a line of their own. The caller has checked
    that the request has each of them (`core.sigv4.claim`).
    """
    values_of, lines = _header_lines(signed)
    return lines % values_of(normalization.normalize_headers(headers).by_name)


@lru_cache(maxsize=512)
def _header_lines(
    signed: tuple[str, ...],
) -> tuple[Callable[[dict[bytes, bytes]], tuple[bytes, ...]], bytes]:
    """Return what takes the signed values out of headers, and the lines that they are put into.

    A client signs the same headers each time. The cache is bounded: a list has
    `quotas.SIGNED_HEADERS_MAX` names at most.
    """
    names = [name.encode("ascii") for name in signed]
    lines = b"".join([b"%b:%%b\n" % name.replace(b"%", b"%%") for name in names])
    lines += b"\n%b\n" % b";".join(names).replace(b"%", b"%%")
    if len(names) == 1:
        (only,) = names
        return lambda values: (values[only],), lines
    return itemgetter(*names), lines
