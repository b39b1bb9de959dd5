"""SigV4 of a browser's S3 upload form: fields that name the signer, and sign the POST policy.

What the policy itself allows is `core.form_policy`. Source: S3 API reference, "Authenticating
requests: browser-based uploads using POST (AWS Signature Version 4)".
"""

import hmac
from collections.abc import Mapping

from daypass.core import quotas
from daypass.core.faults import (
    SIGNATURE_MISMATCH,
    BadAuthentication,
    BadClock,
    BadSignature,
    MissingField,
    UnknownAlgorithm,
)
from daypass.core.form_policy import SIGNING_FIELDS
from daypass.core.sigv4.claim import (
    ALGORITHM,
    SignatureClaim,
    is_basic_date,
    is_signature,
    parse_credential,
)
from daypass.core.time.timestamps import iso8601, parse_basic_date

_SIGV2_FIELDS = frozenset({"awsaccesskeyid", "signature"})


def read_form_claim(fields: Mapping[str, str]) -> SignatureClaim | None:
    """Return the signature claim in a form's fields, whose names are in lower case.

    Returns None for an unsigned form.

    Raises `MissingField` for a form that lacks some of the signing fields, `UnknownAlgorithm` for
    another algorithm, `BadAuthentication` for a credential or date that cannot be parsed,
    `BadSignature` for a signature that is not 64 hex digits.
    """
    if _SIGV2_FIELDS & set(fields):
        raise UnknownAlgorithm("Signature Version 2 is not supported.")
    if not any(name in fields for name in (*SIGNING_FIELDS, "x-amz-security-token")):
        return None
    for name in SIGNING_FIELDS:
        if not fields.get(name):
            raise MissingField(
                f"Bucket POST must contain a field named '{name}'.  If it is specified, please"
                " check the order of the fields."
            )
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise UnknownAlgorithm('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
    key_id, date, region, service, terminator = parse_credential(fields["x-amz-credential"])
    if not is_basic_date(fields["x-amz-date"]):
        raise BadAuthentication(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        )
    if not is_signature(fields["x-amz-signature"]):
        raise BadSignature("The signature is not 64 hexadecimal digits.")
    return SignatureClaim(
        form="form",
        access_key_id=key_id,
        date=date,
        region=region,
        service=service,
        terminator=terminator,
        signed_headers=(),
        signature=fields["x-amz-signature"],
        amz_date=fields["x-amz-date"],
        token=fields.get("x-amz-security-token", ""),
    )


def check_form_clock(claim: SignatureClaim, *, now: int) -> None:
    """Raise `BadClock` for a form that was signed more than a week ago, or in the future.

    A form's own expiry is in its policy; the week is our choice, the same bound as for presigned
    requests.
    """
    try:
        signed = parse_basic_date(claim.amz_date)
    except ValueError:
        raise BadClock(f"`{claim.amz_date}` is no date.") from None
    details = {"RequestTime": claim.amz_date, "ServerTime": iso8601(now)}
    if now < signed - quotas.S3_WINDOW_SECONDS:
        raise BadClock("Request is not yet valid", details=details)
    if now > signed + quotas.PRESIGNED_SECONDS_MAX:
        raise BadClock("Request has expired", details=details)


def verify_form(claim: SignatureClaim, key: bytes, policy: str) -> None:
    """Raise `BadSignature` unless the claim's signature is the key's over the base64 policy."""
    signature = hmac.digest(key, policy.encode(), "sha256").hex()
    if not hmac.compare_digest(signature, claim.signature):
        raise BadSignature(SIGNATURE_MISMATCH)
