"""A request's query and headers in the normal form that is both verified and carried out.

A signature covers a canonical form that many spellings share: escapes, their case, the order of
parameters, white space. If the verifier and the operation read a request differently, a signed
request could be turned into another one. So both read it through these functions, which return one
value for all those spellings.
"""

import re
from collections.abc import Iterable
from typing import Self
from urllib.parse import unquote_to_bytes

from daypass.core.http.request import Headers

Pair = tuple[bytes, bytes]
"""A name and a value."""

SINGLE_HEADERS = frozenset(
    [
        b"authorization",
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
"""Headers that a request may have only once: they authenticate, frame, or name the operation or
what it copies."""
_BLANKS = re.compile(rb"[ \t]+")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def parse_query(raw: bytes) -> list[Pair]:
    """Return a raw query's parameters as sorted (name, value) pairs, percent-decoded once.

    A `+` stays a plus, as signatures take it; sorting gives all orders of one set of parameters the
    same result.
    """
    return sorted(map(parse_parameter, filter(None, raw.split(b"&"))))


def parse_parameter(piece: bytes) -> Pair:
    """Return name and value of one raw `name=value` parameter, percent-decoded once."""
    name, _, value = piece.partition(b"=")
    return unquote_to_bytes(name), unquote_to_bytes(value)


def has_broken_escape(raw: bytes) -> bool:
    """Return True if a raw path or query has a percent sign without two hex digits after it.

    Source: RFC 3986, 2.1.
    """
    return b"%" in raw and _BROKEN_ESCAPE.search(raw) is not None


class NormalizedHeaders(tuple[Pair, ...]):  # noqa: SLOT001 - no slots beside a tuple's items
    """Normalized headers: (name, value) pairs of bytes, as `normalize_headers` returns them."""

    by_name: dict[bytes, bytes]
    """The value of each name; of a header of `SINGLE_HEADERS` that was sent several times, the
    last. Whoever must refuse those compares its length with that of the pairs."""
    repeated: frozenset[bytes] = frozenset()
    """The names of headers that were sent several times."""

    def __new__(cls, pairs: Iterable[Pair], by_name: dict[bytes, bytes] | None = None) -> Self:
        """Return the pairs, which have been normalized, with their index by name.

        `by_name` is that index if the caller has it already.
        """
        made = super().__new__(cls, pairs)
        made.by_name = dict(made) if by_name is None else by_name
        return made


def normalize_headers(raw_headers: Headers) -> NormalizedHeaders:
    """Return each header once, as it is signed: without blanks around it or runs of blanks in it.

    The values of several headers of one name are joined by commas (RFC 9110, 5.3). A header of
    `SINGLE_HEADERS` that was sent several times keeps a pair for each, so that the verifier sees
    and refuses it (`core.sigv4.claim`).
    """
    if isinstance(raw_headers, NormalizedHeaders):
        return raw_headers
    pairs = NormalizedHeaders(
        raw_headers
        if _are_values_normal([value for _, value in raw_headers])
        else [(name, _normalize_value(name, raw)) for name, raw in raw_headers]
    )
    if len(pairs.by_name) == len(pairs):
        return pairs
    joined: dict[bytes, bytes] = {}
    refused: list[Pair] = []
    repeated: set[bytes] = set()
    for name, value in pairs:
        if name not in joined:
            joined[name] = value
            continue
        repeated.add(name)
        if name in SINGLE_HEADERS:
            refused.append((name, value))
        else:
            joined[name] += b"," + value
    normalized = NormalizedHeaders([*joined.items(), *refused])
    normalized.repeated = frozenset(repeated)
    return normalized


def index_unique_headers(headers: Iterable[Pair], by_name: dict[bytes, bytes]) -> NormalizedHeaders:
    """Return headers as `normalize_headers` does, if each name was sent once.

    `by_name` has the value of each name; the result keeps it as its index.
    """
    if _are_values_normal(by_name.values()):
        return NormalizedHeaders(headers, by_name)
    return normalize_headers(tuple(headers))


def _are_values_normal(values: Iterable[bytes]) -> bool:
    """Return True if no value has white space around it, runs of blanks or tabs, as is usual.

    All values are looked at in one text, which costs a fraction of looking at each: a blank stands
    between two of them, so that a blank at either end of a value makes a run of two.
    """
    text = b" ".join(values)
    return b" ".join(text.split()) == text


def _normalize_value(name: bytes, raw: bytes) -> bytes:
    """Return a header's value without white space around it (RFC 9110, 5.5).

    Each run of blanks and tabs in it is one blank, as AWS's own clients sign it.
    """
    value = raw.strip(b" \t")
    # The Authorization header is not part of what is signed, so its blanks are left as they are.
    is_folded = (b"  " in value or b"\t" in value) and name != b"authorization"
    return _BLANKS.sub(b" ", value) if is_folded else value
