"""Verification of a SigV4 claim: its credential scope, its date, and its signature.

A signature's date may differ from the clock by the service's window, both ways; a presigned request
expires when its `X-Amz-Expires` says so. The claim is parsed in `claim`, the canonical request's
parts are made in `canonical`.
"""

import hmac
import re
from collections.abc import Set as AbstractSet
from functools import lru_cache

from daypass.core import quotas
from daypass.core.faults import (
    SIGNATURE_MISMATCH,
    BadAuthentication,
    BadClock,
    BadScope,
    BadSignature,
)
from daypass.core.hashes import sha256_hex
from daypass.core.http.request import RawRequest
from daypass.core.sigv4 import canonical
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import ALGORITHM, SignatureClaim
from daypass.core.sigv4.derived_key import DerivedKey
from daypass.core.time.timestamps import format_basic_date, iso8601, parse_basic_date

TERMINATOR = "aws4_request"
_REGION = re.compile(r"(?![0-9]+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def signing_key(secret: str, *, date: str, region: str, service: str) -> bytes:
    """Return the key derived from a secret access key for a day (`YYYYMMDD`), region, service."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def check_scope(
    claim: SignatureClaim, *, services: AbstractSet[str], regions: AbstractSet[str] | None
) -> None:
    """Raise `BadScope` unless the claim's scope has an allowed service and region, and its date.

    `regions` is None if any text is accepted that can be the name of a region.
    """
    if claim.terminator != TERMINATOR:
        raise BadScope(f"Credential should be scoped with a valid terminator: '{TERMINATOR}'.")
    if claim.service not in services:
        wanted = "', '".join(sorted(services))
        raise BadScope(f"Credential should be scoped to correct service: '{wanted}'.")
    if not is_region_name(claim.region) if regions is None else claim.region not in regions:
        raise BadScope(
            f"Credential should be scoped to a valid region, not '{claim.region[:64]}'.",
            details={"Region": min(regions)} if regions else {},
        )
    if claim.date != claim.amz_date[:8]:
        raise BadScope(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from"
            f" HTTP: '{claim.date[:16]}' != '{claim.amz_date[:8]}', from '{claim.amz_date}'."
        )


@lru_cache(maxsize=1024)
def is_region_name(text: str) -> bool:
    """Return True if a text can be the name of a region: a host's label in lower case.

    botocore refuses to sign for any other (`validate_region_name`), but for capital letters, which
    no region of AWS has.
    """
    return _REGION.fullmatch(text) is not None


def check_clock(claim: SignatureClaim, *, now: int, window_seconds: int, dialect: Dialect) -> None:
    """Raise `BadClock` for a claim that is too old, in the future or past its own expiry.

    `window_seconds` is the most that the service allows between a signature's date and `now`.
    Raises `BadAuthentication` for a presigned request whose expiry is missing or out of bounds.
    """
    try:
        signed = parse_basic_date(claim.amz_date)
    except ValueError:
        raise BadClock(f"`{claim.amz_date}` is no date.") from None
    if claim.form == "query":
        _check_presigned(claim, signed, now, window_seconds, dialect)
        return
    if abs(now - signed) <= window_seconds:
        return
    minutes = window_seconds // 60
    details = {
        "RequestTime": claim.amz_date,
        "ServerTime": iso8601(now),
        "MaxAllowedSkewMilliseconds": str(window_seconds * 1000),
    }
    if signed < now:
        raise BadClock(
            f"Signature expired: {claim.amz_date} is now earlier than"
            f" {format_basic_date(now - window_seconds)}"
            f" ({format_basic_date(now)} - {minutes} min.)",
            details=details,
        )
    raise BadClock(
        f"Signature not yet current: {claim.amz_date} is still later than"
        f" {format_basic_date(now + window_seconds)} ({format_basic_date(now)} + {minutes} min.)",
        details=details,
    )


def _check_presigned(
    claim: SignatureClaim, signed: int, now: int, window_seconds: int, dialect: Dialect
) -> None:
    if claim.expires is None and dialect is Dialect.S3:
        raise BadAuthentication(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential,"
            " X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    seconds = quotas.S3_WINDOW_SECONDS if claim.expires is None else claim.expires
    if not 1 <= seconds <= quotas.PRESIGNED_SECONDS_MAX:
        raise BadAuthentication(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires"
            f" must be less than {quotas.PRESIGNED_SECONDS_MAX} seconds"
        )
    if dialect is Dialect.API:
        # A presigned API call is no link to be passed around: it keeps the service's own window, as
        # with AWS's STS.
        seconds = min(seconds, window_seconds)
    details = {
        "X-Amz-Expires": str(seconds),
        "Expires": iso8601(signed + seconds),
        "ServerTime": iso8601(now),
    }
    if now < signed - window_seconds:
        raise BadClock("Request is not yet valid", details=details)
    if now > signed + seconds:
        raise BadClock("Request has expired", details=details)


def canonical_request(
    request: RawRequest, claim: SignatureClaim, *, payload_hash: str, dialect: Dialect
) -> bytes:
    """Return the canonical request, whose hash the claim's signature is over."""
    signed = canonical.canonical_headers(request.headers, claim.signed_headers)
    path = canonical.canonical_path(request.raw_path, dialect)
    query = ""
    if request.raw_query:
        leave_out = "X-Amz-Signature" if claim.form == "query" else ""
        query = canonical.canonical_query(request.raw_query, leave_out=leave_out)
    head = f"{request.method}\n{path}\n{query}\n"
    return b"%b%b%b" % (head.encode("latin-1"), signed, payload_hash.encode("latin-1"))


def string_to_sign(amz_date: str, scope: str, canonical_form: bytes) -> str:
    """Return the string to sign: algorithm, date, scope, and the canonical request's SHA-256."""
    return f"{ALGORITHM}\n{amz_date}\n{scope}\n{sha256_hex(canonical_form)}"


def verify_signature(
    request: RawRequest,
    claim: SignatureClaim,
    key: DerivedKey,
    *,
    payload_hash: str,
    dialect: Dialect,
) -> None:
    """Raise `BadSignature` unless the claim's signature is the signing key's over this request.

    At S3 the fault's details contain the canonical request and the string to sign, as AWS's do, so
    that a client's author can see where the client's own differ.
    """
    form = canonical_request(request, claim, payload_hash=payload_hash, dialect=dialect)
    text = string_to_sign(claim.amz_date, claim.scope, form)
    if hmac.compare_digest(key.sign(text.encode("latin-1")), claim.signature):
        return
    raise BadSignature(
        SIGNATURE_MISMATCH,
        details=_mismatch_details(claim, text, form) if dialect is Dialect.S3 else {},
    )


def _mismatch_details(claim: SignatureClaim, text: str, form: bytes) -> dict[str, str]:
    return {
        "AWSAccessKeyId": claim.access_key_id,
        "StringToSign": text,
        "SignatureProvided": claim.signature,
        "StringToSignBytes": text.encode("latin-1").hex(" "),
        "CanonicalRequest": form.decode("latin-1"),
        "CanonicalRequestBytes": form.hex(" "),
    }
