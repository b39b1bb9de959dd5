"""The one reading of a request's query and headers: what is verified and what is carried out come from here.

A signature covers a canonical form that many spellings share: escapes, their case, the order of parameters, white
space. Whoever takes a meaning out of a request takes it from these functions, which give all those spellings one value.
"""

import re
from urllib.parse import unquote_to_bytes

from daypass.core.http.request import Headers

Pair = tuple[bytes, bytes]

SINGLE_HEADERS = frozenset(
    [
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"date",
        b"host",
        b"x-amz-content-sha256",
        b"x-amz-copy-source",
        b"x-amz-date",
        b"x-amz-security-token",
        b"x-amz-sso_bearer_token",
        b"x-amz-target",
    ]
)
"""Headers of which there is one: those that authenticate, frame, name the operation or what it copies."""
_SPACES = re.compile(rb"  +")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def parse_query(raw: bytes) -> list[Pair]:
    """Return a query's parameters, decoded once, in one order for all spellings; `+` is a plus, as it is signed."""
    return sorted(map(parse_parameter, filter(None, raw.split(b"&"))))


def parse_parameter(piece: bytes) -> Pair:
    """Return name and value of one parameter, decoded once."""
    name, _, value = piece.partition(b"=")
    return unquote_to_bytes(name), unquote_to_bytes(value)


def has_broken_escape(raw: bytes) -> bool:
    """Say whether a raw path or query holds a percent sign that begins no escape (RFC 3986, 2.1)."""
    return b"%" in raw and _BROKEN_ESCAPE.search(raw) is not None


class NormalizedHeaders(tuple[Pair, ...]):
    """Headers that have been read: reading them again changes nothing, and is not done again."""

    __slots__ = ()


def normalize_headers(present: Headers) -> NormalizedHeaders:
    """Return each header once, as it is signed: without white space around it, runs of spaces as one.

    Several of one name are their values joined by commas (RFC 9110, 5.3). One of which there may be only one keeps its
    pairs, so that whoever asks what the request claims refuses it.
    """
    if isinstance(present, NormalizedHeaders):
        return present
    read = NormalizedHeaders([(name, _normalize_value(name, raw)) for name, raw in present])
    if len(dict(read)) == len(read):
        return read
    found: dict[bytes, bytes] = {}
    again: list[Pair] = []
    for name, value in read:
        if name not in found:
            found[name] = value
        elif name in SINGLE_HEADERS:
            again.append((name, value))
        else:
            found[name] += b"," + value
    return NormalizedHeaders([*found.items(), *again])


def _normalize_value(name: bytes, raw: bytes) -> bytes:
    """Return a header's value: white space around it is not part of it (RFC 9110, 5.5)."""
    value = raw.strip(b" \t")
    # What proves a request is not signed itself: there each space counts.
    is_folded = b"  " in value and name != b"authorization"
    return _SPACES.sub(b" ", value) if is_folded else value
