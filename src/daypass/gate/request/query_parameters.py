"""Parsing a request's query: each parameter is of one known kind, or the request is refused.

A parameter that AWS would ignore and a store might not would bypass the gate's decision.
"""

from collections.abc import Mapping

import msgspec

from daypass.core.http import normalization
from daypass.core.http.fields import BLANKS, fold_field_name
from daypass.core.http.request import Headers
from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error, not_implemented

RESPONSE_HEADERS = frozenset(
    f"response-{name}"
    for name in (
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
    )
)
"""Arguments that set headers of the answer; every operation that reads an object has them."""
_AUTHENTICATING = frozenset(
    f"X-Amz-{name}"
    for name in (
        "Algorithm",
        "Credential",
        "Date",
        "Expires",
        "SignedHeaders",
        "Signature",
        "Security-Token",
        "Content-Sha256",
    )
)
_SIGV2 = frozenset({"AWSAccessKeyId", "Signature"})
_AUTHENTICATING_VERSION_2 = _SIGV2 | {"Expires"}
_CONTENT_HEADERS = frozenset({"content-type", "content-md5"})
"""Headers that a URL of Signature Version 2 may have in its query, beside `x-amz-…`."""


class QueryParameters(msgspec.Struct, frozen=True):
    """A parsed query, its parameters sorted by kind."""

    selector: str
    arguments: Mapping[str, str]
    """Every parameter that is no selector, no authentication and no header; `query_arguments`
    checks them."""
    headers: Mapping[str, str]
    """Headers in a presigned URL's query, names in lower case; they count as headers."""
    payload_hash: str = ""
    """`X-Amz-Content-Sha256` of a presigned URL."""


def parse_query(
    raw: bytes, *, presigned: bool, selectors: frozenset[str], is_version_2: bool = False
) -> QueryParameters:
    """Return a raw query parsed; raises `S3Error` for a repeated parameter or an unknown kind.

    `selectors` are the names of parameters that select an operation; `is_version_2` says whether a
    presigned URL is signed with Signature Version 2.
    """
    authenticating = _AUTHENTICATING_VERSION_2 if is_version_2 else _AUTHENTICATING
    chosen_selectors: list[str] = []
    arguments: dict[str, str] = {}
    headers: dict[str, str] = {}
    payload = ""
    names: set[str] = set()
    pieces = raw.split(b"&") if raw else []
    if len(pieces) > limits.PARAMETERS_MAX:
        raise S3Error("InvalidArgument", "The query has too many parameters.")
    for piece in pieces:
        name, value = _decoded_pair(piece)
        lower = fold_field_name(name)
        is_header = lower.startswith("x-amz-") or (is_version_2 and lower in _CONTENT_HEADERS)
        counted_name = lower if is_header else name
        if counted_name in names:
            raise S3Error(
                "InvalidArgument",
                "A parameter was sent twice.",
                details={"ArgumentName": name[:80]},
            )
        names.add(counted_name)
        if presigned and name in authenticating:
            payload = value if name == "X-Amz-Content-Sha256" else payload
        elif name in selectors:
            chosen_selectors.append(_selector_name(name, value))
        elif is_header:
            if not presigned:
                raise not_implemented(name)
            headers[counted_name] = value
        elif name in _SIGV2:
            raise S3Error(
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use "
                "AWS4-HMAC-SHA256.",
            )
        elif not lower.startswith("x-"):
            arguments[name] = value
    if len(chosen_selectors) > 1:
        raise not_implemented(", ".join(sorted(chosen_selectors)))
    return QueryParameters(
        chosen_selectors[0] if chosen_selectors else "", arguments, headers, payload
    )


def headers_beside(hoisted: Mapping[str, str], present: Headers) -> Mapping[str, str]:
    """Return a query's headers without those that the request's own headers only repeat.

    A client that is given a URL of Signature Version 2 may send the type of the body again, as S3
    asks it to; a header with another value stays in both, and is refused as sent twice.
    """
    repeated = {
        name
        for name in _CONTENT_HEADERS
        if name in hoisted and (name.encode(), hoisted[name].strip(BLANKS).encode()) in present
    }
    return {name: value for name, value in hoisted.items() if name not in repeated}


def _selector_name(name: str, value: str) -> str:
    if value:
        raise S3Error(
            "InvalidArgument",
            f"The parameter {name} has no value.",
            details={"ArgumentName": name, "ArgumentValue": value[:80]},
        )
    return name


def _decoded_pair(piece: bytes) -> tuple[str, str]:
    if not piece or normalization.has_broken_escape(piece):
        raise S3Error("InvalidArgument", "The query cannot be read.")
    name, value = normalization.parse_parameter(piece)
    try:
        return name.decode("utf-8"), value.decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidArgument", "The query is not UTF-8.") from None
