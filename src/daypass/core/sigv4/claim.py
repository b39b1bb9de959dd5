"""The parsed but unverified SigV4 claim of a request: key id, scope, date, headers, signature.

Everything ambiguous is refused here, before any cryptography. A request is signed in its
`Authorization` header or in its query (presigned), never in both. Each authenticating part may
occur only once; `host`, the date, the session token and every `x-amz-*` header must be signed.
"""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Literal

import msgspec

from daypass.core import quotas
from daypass.core.faults import (
    ONE_MECHANISM,
    Ambiguous,
    BadAuthentication,
    BadSignature,
    UnknownAlgorithm,
    UnsignedHeaders,
)
from daypass.core.http import normalization
from daypass.core.http.request import RawRequest

ALGORITHM = "AWS4-HMAC-SHA256"
_PARAMETER = "X-Amz-"
_AUTHENTICATING = frozenset(
    {"Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token"}
)
_NEEDED = ("Credential", "SignedHeaders", "Signature")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_SCOPE_PARTS = 5
_EXPIRES = re.compile(r"[0-9]{1,6}", re.ASCII)


class SignatureClaim(msgspec.Struct, frozen=True):
    """The parsed, unverified signature of a request.

    `amz_date` is `YYYYMMDDTHHMMSSZ`, `date` the scope's `YYYYMMDD`; `token` is the session token,
    empty for a long-term key.
    """

    form: Literal["header", "query", "form"]
    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    amz_date: str
    token: str = ""
    expires: int | None = None
    """Seconds for which a presigned request is valid; None for other requests."""

    @property
    def scope(self) -> str:
        """Return the credential scope, `date/region/service/aws4_request`."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


def read_claim(request: RawRequest) -> SignatureClaim | None:
    """Return the signature claim in a request's header or query; None for an unsigned request.

    Raises `BadAuthentication` or one of its subclasses for a claim that cannot be parsed,
    `BadSignature` for a signed header that the request lacks, `UnsignedHeaders` for a header that
    must be signed and is not.
    """
    headers = unique_headers(request)
    parameters = _signature_parameters(request.raw_query) if request.raw_query else {}
    authorization = headers.get(b"authorization")
    if authorization is None:
        if not parameters:
            return None
        claim = _claim_in_query(parameters, headers)
    elif parameters:
        raise Ambiguous(ONE_MECHANISM)
    else:
        claim = _claim_in_header(authorization.decode("latin-1"), headers)
    _check_signed_headers(claim, headers)
    return claim


def unique_headers(request: RawRequest) -> dict[bytes, bytes]:
    """Return the headers by name.

    Raises `Ambiguous` for a header of `SINGLE_HEADERS` that was sent several times.
    """
    pairs = normalization.normalize_headers(request.headers)
    if pairs.repeated and len(pairs.by_name) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name.decode("latin-1") for name in names if names.count(name) > 1)
        if twice == "authorization":
            raise Ambiguous(ONE_MECHANISM)
        raise Ambiguous(f"The header `{twice}` was sent twice.")
    return pairs.by_name


def _claim_in_header(raw: str, headers: Mapping[bytes, bytes]) -> SignatureClaim:
    if len(raw) > quotas.AUTHORIZATION_BYTES_MAX or not raw.isascii():
        raise BadAuthentication("The Authorization header is too long or not ASCII.")
    algorithm, _, rest = raw.partition(" ")
    if algorithm != ALGORITHM:
        raise UnknownAlgorithm(f"Unsupported AWS 'algorithm': '{algorithm[:40]}'.")
    parts: dict[str, str] = {}
    for piece in rest.split(","):
        name, _, value = piece.strip(" ").partition("=")
        if name in parts or name not in _NEEDED or rest.startswith(" "):
            raise BadAuthentication(
                f"'{name[:40]}' not a valid key=value pair in Authorization header."
            )
        parts[name] = value
    missing = [name for name in _NEEDED if not parts.get(name)]
    if missing:
        raise BadAuthentication(
            " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        )
    return _make_claim("header", parts, header_date(headers), header_token(headers))


def _claim_in_query(parameters: dict[str, str], headers: Mapping[bytes, bytes]) -> SignatureClaim:
    if parameters.get("Algorithm") != ALGORITHM:
        raise UnknownAlgorithm('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
    missing = [name for name in (*_NEEDED, "Date") if not parameters.get(name)]
    if missing:
        raise BadAuthentication(
            " ".join(
                f"Query-string authentication requires the X-Amz-{name} parameter."
                for name in missing
            )
        )
    if b"x-amz-security-token" in headers:
        raise Ambiguous(ONE_MECHANISM)
    if not is_basic_date(parameters["Date"]):
        raise BadAuthentication(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        )
    token = parameters.get("Security-Token", "")
    return _make_claim("query", parameters, parameters["Date"], token)


def _make_claim(
    form: Literal["header", "query"], parts: dict[str, str], amz_date: str, token: str
) -> SignatureClaim:
    key_id, date, region, service, terminator = parse_credential(parts["Credential"])
    signed = tuple(parts["SignedHeaders"].split(";"))
    if len(signed) > quotas.SIGNED_HEADERS_MAX or not all(map(_HEADER_NAME.fullmatch, signed)):
        raise BadAuthentication("SignedHeaders is not a list of header names in lower case.")
    if list(signed) != sorted(set(signed)):
        raise BadAuthentication("SignedHeaders is not sorted, or names a header twice.")
    return SignatureClaim(
        form=form,
        access_key_id=key_id,
        date=date,
        region=region,
        service=service,
        terminator=terminator,
        signed_headers=signed,
        signature=parts["Signature"],
        amz_date=amz_date,
        token=token,
        expires=_parse_expires(parts.get("Expires")),
    )


def parse_credential(credential: str) -> list[str]:
    """Return a credential's five parts: key id, date, region, service, terminator.

    Raises `BadAuthentication`.
    """
    parts = credential.split("/")
    if len(parts) != _SCOPE_PARTS or not all(parts):
        raise BadAuthentication(
            "Credential must have exactly 5 slash-delimited elements, e.g."
            " keyid/date/region/service/term"
        )
    return parts


def is_signature(text: str) -> bool:
    """Return True for 64 hexadecimal digits in lower case, the form of a signature."""
    return _SIGNATURE.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def is_basic_date(text: str) -> bool:
    """Return True for a text of the shape `20260101T000000Z`; the date may not exist."""
    return _DATE.fullmatch(text) is not None


def _parse_expires(text: str | None) -> int | None:
    if text is None:
        return None
    if not _EXPIRES.fullmatch(text):
        raise BadAuthentication("X-Amz-Expires should be a number")
    return int(text)


def header_token(headers: Mapping[bytes, bytes]) -> str:
    """Return the session token of a header-signed request; empty for a long-term key."""
    token = headers.get(b"x-amz-security-token")
    return "" if token is None else token.decode("latin-1")


def header_date(headers: Mapping[bytes, bytes]) -> str:
    """Return a header-signed request's date in basic format: `x-amz-date`, else `date`.

    `date` may be an HTTP date (RFC 9110, 5.6.7).
    """
    sent = headers.get(b"x-amz-date")
    if sent is not None:
        amz_date = sent.decode("latin-1")
        if not is_basic_date(amz_date):
            raise BadAuthentication(
                "Date must be in ISO-8601 'basic format'. Got an unreadable x-amz-date."
            )
        return amz_date
    sent = headers.get(b"date")
    if sent is None:
        raise BadAuthentication(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    date = sent.decode("latin-1")
    if is_basic_date(date):
        return date
    try:
        instant = parsedate_to_datetime(date)
    except ValueError:
        raise BadAuthentication("The Date header cannot be read.") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _signature_parameters(raw_query: bytes) -> dict[str, str]:
    """Return the signature's query parameters without the prefix `X-Amz-`.

    Raises `BadAuthentication` for one that was sent twice, and for a signed query with too many
    parameters.
    """
    found: dict[str, str] = {}
    pairs = normalization.parse_query(raw_query)
    for raw_name, raw_value in pairs:
        full_name = raw_name.decode("latin-1")
        name = full_name.removeprefix(_PARAMETER)
        if name == full_name or name not in _AUTHENTICATING:
            continue
        if name in found:
            raise BadAuthentication(f"X-Amz-{name} was sent twice.")
        found[name] = raw_value.decode("latin-1")
    if found and len(pairs) > quotas.QUERY_PARAMETERS_MAX:
        raise BadAuthentication("The query has too many parameters.")
    return found


def _check_signed_headers(claim: SignatureClaim, headers: Mapping[bytes, bytes]) -> None:
    signed = set(claim.signed_headers)
    if "host" not in signed:
        raise BadSignature("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    for name in claim.signed_headers:
        if name.encode("ascii") not in headers:
            raise BadSignature(f"The header `{name[:80]}` is signed, but was not sent.")
    required = [name.decode("latin-1") for name in headers if name.startswith(b"x-amz-")]
    if claim.form == "header" and b"x-amz-date" not in headers:
        required.append("date")
    unsigned = [name for name in required if name not in signed]
    if unsigned:
        raise UnsignedHeaders(
            "There were headers present in the request which were not signed",
            details={"HeadersNotSigned": ", ".join(sorted(unsigned))},
        )
    if not is_signature(claim.signature):
        raise BadSignature("The signature is not 64 hexadecimal digits.")
