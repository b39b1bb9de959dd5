"""Request and response headers: which the gate forwards, which it uses itself, which it refuses."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from daypass.core.http.fields import (
    BLANKS,
    is_field_name,
    is_field_value,
    is_sendable_field,
    list_elements,
)
from daypass.core.http.normalization import NormalizedHeaders
from daypass.core.http.request import Headers
from daypass.gate import limits
from daypass.gate.protocol import documents
from daypass.gate.protocol.errors import S3Error, not_implemented
from daypass.gate.request import vocabulary
from daypass.gate.request.operation_headers import OperationHeaders

FORWARDED = frozenset(
    [
        "content-type",
        "content-language",
        "content-disposition",
        "cache-control",
        "expires",
        "content-md5",
        "range",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
        "content-encoding",
        "origin",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-copy-source-if-match",
        "x-amz-copy-source-if-none-match",
        "x-amz-copy-source-if-modified-since",
        "x-amz-copy-source-if-unmodified-since",
        "x-amz-copy-source-range",
        "x-amz-metadata-directive",
        "x-amz-tagging-directive",
        "x-amz-object-annotation-directive",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
        "x-amz-tagging",
        "x-amz-bypass-governance-retention",
        "x-amz-mp-object-size",
        "x-amz-object-attributes",
        "x-amz-max-parts",
        "x-amz-part-number-marker",
        "x-amz-optional-object-attributes",
        "x-amz-object-if-match",
        "x-amz-transition-default-minimum-object-size",
        "x-amz-bucket-object-lock-enabled",
        "x-amz-bucket-object-lock-token",
        "x-amz-skip-destination-validation",
    ]
)
_FORWARDED_FAMILIES = (
    "x-amz-meta-",
    "x-amz-checksum-",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption",
    "x-amz-copy-source-server-side-encryption-",
)
_SUPPORTED_FAMILIES = (*_FORWARDED_FAMILIES, "x-amz-grant-")
USED_BY_GATE = frozenset(
    [
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-trailer",
        "x-amz-acl",
        "x-amz-expected-bucket-owner",
        "x-amz-source-expected-bucket-owner",
        "x-amz-request-payer",
        "x-amz-object-ownership",
        "x-amz-confirm-remove-self-bucket-access",
        "x-amz-user-agent",
        "x-amz-copy-source",
    ]
)
_READ_NAMES = {name.encode(): name for name in (*FORWARDED, *USED_BY_GATE, "date")}
"""The headers that are read, beside others whose names begin with `x-amz-`."""
_SINGLE = frozenset(
    [
        "content-md5",
        "x-amz-decoded-content-length",
        "x-amz-trailer",
        "x-amz-expected-bucket-owner",
        "x-amz-source-expected-bucket-owner",
    ]
)
"""Headers that may be sent only once even if they are signed, beside `SINGLE_HEADERS` of
`core.http.normalization`."""
INVALID_HEADER = "A header's name or value holds a character that no header can hold."
INVALID_REDIRECT = (
    "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
)
_STORE_DIRECTIVES = ("x-amz-meta-snowball-auto-extract", "x-amz-meta-minio-snowball-")


def received_headers(
    present: Headers, hoisted: Mapping[str, str], *, signed: Collection[str] = ()
) -> dict[str, str]:
    """Return the headers of S3 from the request and a presigned query, by lower-case name.

    `signed` are the names of the signed headers. Raises `S3Error` for a header that was sent
    several times and is not signed or must be single, and like `checked_headers`.
    """
    if isinstance(present, NormalizedHeaders) and present.repeated:
        unsigned = set(_read_names(present.repeated)).difference(signed)
        check_not_repeated(present.repeated, unsigned | _SINGLE)
    headers = dict(hoisted)
    for raw_name, raw_value in present:
        name = _READ_NAMES.get(raw_name) or raw_name.decode("latin-1")
        if raw_name not in _READ_NAMES and not name.startswith("x-amz-"):
            continue
        if name in headers:
            raise _sent_twice(name)
        headers[name] = decode_value(name, raw_value)
    headers.pop("date", None)
    return checked_headers(headers)


def _read_names(raw_names: Iterable[bytes]) -> Iterator[str]:
    """Yield the names, in text, of the headers that are read."""
    for raw_name in raw_names:
        name = raw_name.decode("latin-1")
        if raw_name in _READ_NAMES or name.startswith("x-amz-"):
            yield name


def check_not_repeated(repeated: Collection[bytes], single: Collection[str]) -> None:
    """Raise `S3Error` for a header of `single` that was sent several times."""
    for raw_name in sorted(repeated):
        name = raw_name.decode("latin-1")
        if name in single:
            raise _sent_twice(name)


def _sent_twice(name: str) -> S3Error:
    return S3Error(
        "InvalidArgument", "A header was sent twice.", details={"ArgumentName": name[:80]}
    )


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with their values normalized, from the wire, a presigned query or a form.

    Blanks around a value are not part of it (RFC 9110, 5.5). Raises `S3Error` for a name or value
    that is invalid in HTTP, a header that the gate does not support, metadata that is too large or
    that some stores act upon, and a value that is not in its header's vocabulary.
    """
    for name in headers:
        if not is_supported(name):
            raise not_implemented(name)
    stripped = {name: value.strip(BLANKS) for name, value in headers.items()}
    check_fields(stripped)
    check_metadata(stripped)
    redirect = stripped.get("x-amz-website-redirect-location", "/")
    if not redirect.startswith(("/", "http://", "https://")):
        raise S3Error("InvalidRedirectLocation", INVALID_REDIRECT)
    return vocabulary.normalized_headers(stripped)


def check_fields(headers: Mapping[str, str]) -> None:
    """Raise `S3Error` InvalidArgument for a header's name or value that HTTP forbids."""
    if _are_plain_fields(headers):
        return
    for name, value in headers.items():
        if not is_field_name(name) or not is_field_value(value):
            raise S3Error("InvalidArgument", INVALID_HEADER, details={"ArgumentName": name[:80]})


def _are_plain_fields(headers: Mapping[str, str]) -> bool:
    """Say whether all names, and all values, are valid and visible ASCII: at once, as most are.

    A name is valid if each of its characters is, so all can be searched as one text. False says
    nothing: then they are searched one by one.
    """
    values = list(headers.values())
    text = "".join(values)
    return (
        text.isascii()
        and text.isprintable()
        and is_field_name("".join(headers))
        and "" not in headers
        and [value.strip(BLANKS) for value in values] == values
    )


def check_metadata(headers: Mapping[str, str]) -> None:
    """Raise `S3Error` MetadataTooLarge for more user metadata than an object may have."""
    metadata = sum(
        len(name) - 11 + len(value.encode())
        for name, value in headers.items()
        if name.startswith("x-amz-meta-")
    )
    if metadata > limits.METADATA_BYTES_MAX:
        raise S3Error(
            "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"
        )


def decode_value(name: str, raw: bytes) -> str:
    """Return a header's value as text; raises `S3Error` InvalidArgument unless it is UTF-8.

    One encoding, so that the decision and the store read the same value.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error(
            "InvalidArgument", "A header is not UTF-8.", details={"ArgumentName": name[:80]}
        ) from None


def is_supported(name: str) -> bool:
    """Say whether the gate knows a header; `x-amz-grant-…` are refused later, as ACLs."""
    if name in FORWARDED or name in USED_BY_GATE:
        return True
    return name.startswith(_SUPPORTED_FAMILIES) and not name.startswith(_STORE_DIRECTIVES)


def forwarded_headers(headers: Mapping[str, str], operation: OperationHeaders) -> dict[str, str]:
    """Return the headers for the store: those that the operation has, and a browser's `Origin`."""
    forwarded = {
        name: value
        for name, value in headers.items()
        if (name in FORWARDED or name.startswith(_FORWARDED_FAMILIES))
        and (name == "origin" or name in operation)
    }
    if (
        forwarded.get("x-amz-tagging-directive", "COPY") == "COPY"
        and "x-amz-tagging-directive" in operation
    ):
        # A copy that keeps its source's tags ignores this header, so its tags were not decided on.
        forwarded.pop("x-amz-tagging", None)
    if "content-encoding" not in forwarded:
        return forwarded
    coding = list_elements(forwarded.pop("content-encoding"))
    codings = [each for each in coding if each.lower() != "aws-chunked"]
    return forwarded | ({"content-encoding": ",".join(codings)} if codings else {})


def document_headers(forwarded: Mapping[str, str], content: bytes) -> dict[str, str]:
    """Return the headers for a document that the gate wrote, without those of the client's body."""
    others = {
        name: value for name, value in forwarded.items() if not name.startswith(_BODY_HEADERS)
    }
    return others | {
        "content-type": "application/xml",
        "content-md5": documents.content_md5(content),
    }


_BODY_HEADERS = ("content-md5", "content-type", "x-amz-checksum-", "x-amz-sdk-checksum-algorithm")

RETURNED = frozenset(
    [
        "content-type",
        "content-length",
        "content-range",
        "content-encoding",
        "content-language",
        "content-disposition",
        "cache-control",
        "expires",
        "etag",
        "last-modified",
        "accept-ranges",
        "access-control-allow-origin",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-expose-headers",
        "access-control-max-age",
        "access-control-allow-credentials",
        "vary",
        "x-amz-delete-marker",
        "x-amz-expiration",
        "x-amz-restore",
        "x-amz-missing-meta",
        "x-amz-version-id",
        "x-amz-website-redirect-location",
        "x-amz-storage-class",
        "x-amz-replication-status",
        "x-amz-mp-parts-count",
        "x-amz-tagging-count",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
        "x-amz-object-lock-legal-hold",
        "x-amz-abort-date",
        "x-amz-abort-rule-id",
        "x-amz-copy-source-version-id",
        "x-amz-bucket-region",
        "x-amz-object-size",
        "x-amz-checksum-type",
    ]
)
_RETURNED_FAMILIES = ("x-amz-meta-", "x-amz-checksum-", "x-amz-server-side-encryption")
_RETURNED_NAMES = {name: name.encode() for name in RETURNED}


def response_headers(
    headers: Mapping[str, str], hidden: frozenset[str]
) -> list[tuple[bytes, bytes]]:
    """Return the store's headers that a client may see, without the hidden ones.

    Invalid headers are left out; how much metadata that was is reported as S3 does, by
    `x-amz-missing-meta`.
    """
    passed: list[tuple[bytes, bytes]] = []
    missing = 0
    for each, value in headers.items():
        name = each.lower()
        raw_name = _RETURNED_NAMES.get(name)
        if name in hidden or not (raw_name or name.startswith(_RETURNED_FAMILIES)):
            continue
        if raw_name and value.isascii() and value.isprintable():
            # The usual case: visible ASCII and spaces can be sent whatever they say.
            passed.append((raw_name, value.encode()))
            continue
        pair = name.encode("utf-8", "surrogateescape"), value.encode("utf-8", "surrogateescape")
        if is_sendable_field(*pair):
            passed.append(pair)
        elif name.startswith("x-amz-meta-"):
            missing += 1
    if missing:
        passed = [pair for pair in passed if pair[0] != b"x-amz-missing-meta"]
        passed.append((b"x-amz-missing-meta", b"%d" % missing))
    return passed
