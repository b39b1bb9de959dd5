"""The parsed but unverified claim of a link: key id, signature, expiry, and all that it signs.

The signature covers the method, the path as sent, every `x-amz-*` header, `Content-Type`,
`Content-MD5` and a list of query parameters. Values are signed decoded, so a value that could read
as another parameter or line is refused here, as is every other query parameter.
"""

import re
from collections.abc import Mapping

import msgspec

from daypass.core import quotas
from daypass.core.faults import ONE_MECHANISM, Ambiguous, BadLink, NotCovered
from daypass.core.http import normalization
from daypass.core.http.fields import is_field_name
from daypass.core.http.request import RawRequest

METHODS = frozenset({"GET", "HEAD", "PUT"})
"""The methods of the requests that a link may make."""
SIGNED_PARAMETERS = frozenset(
    b"""
    accelerate acl analytics cors delete inventory lifecycle location logging metrics notification
    object-lock partNumber policy replication requestPayment restore select select-type tagging
    torrent uploadId uploads versionId versioning versions website response-cache-control
    response-content-disposition response-content-encoding response-content-language
    response-content-type response-expires
    """.split()
)
"""The query parameters that are signed: sub-resources, and what overrides headers of the answer."""
USE_VERSION_4 = 'presign with signature_version="s3v4"'
"""What a client has to do, in the words of boto3's configuration."""
_KEY_ID, _SIGNATURE, _EXPIRES = b"AWSAccessKeyId", b"Signature", b"Expires"
_SIGNING = frozenset({_KEY_ID, _SIGNATURE, _EXPIRES})
_UNSIGNED = frozenset({b"x-id"})
"""A parameter that names the operation again, as some SDKs do; it has no effect."""
_CONTENT = frozenset({b"content-md5", b"content-type"})
"""Headers that a link may have in its query, as boto3 writes them, beside `x-amz-*`."""
_OTHER_MECHANISM = frozenset({b"x-amz-algorithm", b"x-amz-credential", b"x-amz-signature"})
_RECOGNIZED = re.compile(rb"(?:^|&)(?:AWSAccessKeyId|Signature)(?:[=&]|$)")
_EXPIRY = re.compile(rb"[0-9]{1,10}")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_INCOMPLETE = (
    "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
)

Values = Mapping[bytes, bytes | None]
"""Query parameters by name, decoded once; None for a parameter without an equals sign."""


class LinkClaim(msgspec.Struct, frozen=True):
    """The parsed, unverified signature of a link."""

    access_key_id: str
    signature: bytes
    expires: int
    """When the link ends, in seconds since 1970."""
    token: str
    """The session token; empty for a long-term key."""
    content_md5: bytes
    content_type: bytes
    amz_headers: tuple[tuple[bytes, bytes], ...]
    """Every `x-amz-*` header, from headers and query, sorted; names in lower case."""
    parameters: tuple[bytes, ...]
    """The signed parameters, sorted by name, as `name` or `name=value`, values decoded."""

    def __repr__(self) -> str:
        """Return the key id and the end, without signature and token."""
        return f"LinkClaim({self.access_key_id!r}, {self.expires})"


def is_link(raw_query: bytes) -> bool:
    """Return True if a raw query has a parameter by which a link is recognized.

    An escaped spelling of such a name is no such parameter; the gate knows none of that name
    either, and refuses it.
    """
    return _RECOGNIZED.search(raw_query) is not None


def read_link_claim(request: RawRequest) -> LinkClaim:
    """Return the claim of a link, as `is_link` recognizes it.

    Raises `Ambiguous` for a second mechanism beside it and for a value that was sent twice,
    `NotCovered` for a method, parameter or value that this version cannot sign, and `BadLink` for
    a link that is incomplete.
    """
    headers = _unique_headers(request)
    values = _parse_values(request.raw_query)
    if b"authorization" in headers or not _OTHER_MECHANISM.isdisjoint(values):
        raise Ambiguous(ONE_MECHANISM)
    if request.method not in METHODS:
        raise NotCovered(
            f"Signature Version 2 is accepted for GET, HEAD and PUT alone; {USE_VERSION_4}."
        )
    _check_covered(values)
    key_id, signature = values.get(_KEY_ID), values.get(_SIGNATURE)
    expires = values.get(_EXPIRES)
    if not (key_id and signature and expires):
        raise BadLink(_INCOMPLETE)
    if not _EXPIRY.fullmatch(expires):
        shown = expires[:40].decode("latin-1")
        raise BadLink(f"Invalid date (should be seconds since epoch): {shown}")
    amz_headers = _signed_headers(headers, values)
    return LinkClaim(
        access_key_id=key_id.decode("latin-1"),
        signature=signature,
        expires=int(expires),
        token=amz_headers.get(b"x-amz-security-token", b"").decode("latin-1"),
        content_md5=_content_header(b"content-md5", headers, values),
        content_type=_content_header(b"content-type", headers, values),
        amz_headers=tuple(sorted(amz_headers.items())),
        parameters=tuple(
            name if value is None else b"%b=%b" % (name, value)
            for name, value in sorted(values.items())
            if name in SIGNED_PARAMETERS
        ),
    )


def _unique_headers(request: RawRequest) -> Mapping[bytes, bytes]:
    pairs = normalization.normalize_headers(request.headers)
    if len(pairs.by_name) != len(pairs):
        raise Ambiguous("A header that authenticates or frames the request was sent twice.")
    return pairs.by_name


def _parse_values(raw_query: bytes) -> dict[bytes, bytes | None]:
    """Return the query's parameters by name; names of headers are in lower case.

    Raises `NotCovered` for a text that has two readings, `Ambiguous` for a parameter that was sent
    twice.
    """
    pieces = [piece for piece in raw_query.split(b"&") if piece]
    if len(pieces) > quotas.QUERY_PARAMETERS_MAX:
        raise NotCovered("The query has too many parameters.")
    values: dict[bytes, bytes | None] = {}
    for piece in pieces:
        name, value = normalization.parse_parameter(piece)
        if normalization.has_broken_escape(piece) or _CONTROL.search(name + value):
            raise NotCovered("The query has a broken escape, or a control character.")
        lower = name.lower()
        name = lower if lower.startswith(b"x-amz-") or lower in _CONTENT else name
        if name in values:
            raise Ambiguous(f"The parameter `{name[:80].decode('latin-1')}` was sent twice.")
        values[name] = value if b"=" in piece else None
    return values


def _check_covered(values: Values) -> None:
    """Raise `NotCovered` for a parameter that is not signed, or whose value has two readings."""
    for name, value in values.items():
        if name in SIGNED_PARAMETERS:
            if b"&" in (value or b""):
                raise NotCovered(
                    f"Signature Version 2 cannot sign an ampersand in `{name.decode()}`;"
                    f" {USE_VERSION_4}."
                )
        elif not (name in _SIGNING or name in _UNSIGNED or _is_header(name)):
            shown = name[:80].decode("latin-1")
            raise NotCovered(f"Signature Version 2 does not sign `{shown}`; {USE_VERSION_4}.")


def _is_header(name: bytes) -> bool:
    if name in _CONTENT:
        return True
    return name.startswith(b"x-amz-") and is_field_name(name.decode("latin-1"))


def _signed_headers(headers: Mapping[bytes, bytes], values: Values) -> dict[bytes, bytes]:
    """Return the `x-amz-*` headers of a link, from its headers and its query.

    Raises `Ambiguous` for one that is in both, `NotCovered` for a control character in one.
    """
    found = {name: value for name, value in headers.items() if name.startswith(b"x-amz-")}
    for name, value in values.items():
        if not name.startswith(b"x-amz-"):
            continue
        if name in found:
            raise Ambiguous(f"The header `{name[:80].decode('latin-1')}` was sent twice.")
        found[name] = _header_value(value)
    if _CONTROL.search(b"".join(found.values())):
        raise NotCovered("A header has a control character.")
    return found


def _content_header(name: bytes, headers: Mapping[bytes, bytes], values: Values) -> bytes:
    """Return the value of a header that may also be in the query, empty if it is in neither.

    Raises `Ambiguous` for two values, `NotCovered` for a control character.
    """
    value = headers.get(name, b"")
    if name in values:
        hoisted = _header_value(values[name])
        if name in headers and value != hoisted:
            raise Ambiguous(f"The header `{name.decode()}` was sent twice, with two values.")
        value = hoisted
    if _CONTROL.search(value):
        raise NotCovered("A header has a control character.")
    return value


def _header_value(value: bytes | None) -> bytes:
    """Return a header's value from the query, without the blanks around it (RFC 9110, 5.5)."""
    return (value or b"").strip(b" ")
