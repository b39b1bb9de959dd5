"""Verification of Signature Version 2: a link's end, and the signature of a link or a form."""

import base64
import hmac

from daypass.core import quotas
from daypass.core.faults import SIGNATURE_MISMATCH, BadClock, BadSignature
from daypass.core.http.request import RawRequest
from daypass.core.sigv2.form import FormClaim
from daypass.core.sigv2.link import LinkClaim
from daypass.core.time.timestamps import iso8601


def check_clock(claim: LinkClaim, *, now: int) -> None:
    """Raise `BadClock` for a link that has ended, or that ends more than seven days ahead.

    The seven days are our choice, the bound of Signature Version 4. A link does not say when it was
    signed, so one that ends later is not valid yet.
    """
    if now < claim.expires <= now + quotas.PRESIGNED_SECONDS_MAX:
        return
    details = {"Expires": iso8601(claim.expires), "ServerTime": iso8601(now)}
    if claim.expires <= now:
        raise BadClock("Request has expired", details=details)
    raise BadClock(
        "Request is not yet valid: its Expires may be"
        f" {quotas.PRESIGNED_SECONDS_MAX} seconds ahead at most",
        details=details,
    )


def string_to_sign(request: RawRequest, claim: LinkClaim, *, host_bucket: str) -> bytes:
    """Return the string that the signature of a link is over.

    `host_bucket` is the bucket that the `Host` header names; empty if the path names it. The path
    is signed as it was sent: decoded, the key `k?acl` would read as the sub-resource of `k`.
    """
    lines = [
        request.method.encode("latin-1"),
        claim.content_md5,
        claim.content_type,
        b"%d" % claim.expires,
        *(b"%b:%b" % pair for pair in claim.amz_headers),
    ]
    bucket = f"/{host_bucket}".encode("latin-1") if host_bucket else b""
    parameters = b"?" + b"&".join(claim.parameters) if claim.parameters else b""
    return b"\n".join([*lines, bucket + request.raw_path + parameters])


def verify_link(request: RawRequest, claim: LinkClaim, secret: str, *, host_bucket: str) -> None:
    """Raise `BadSignature` unless the claim's signature is the secret's over this request.

    The fault's details contain the string to sign, as AWS's do, for the client's author.
    """
    text = string_to_sign(request, claim, host_bucket=host_bucket)
    if _is_signature(claim.signature, secret, text):
        return
    raise BadSignature(
        SIGNATURE_MISMATCH,
        details={
            "AWSAccessKeyId": claim.access_key_id,
            "StringToSign": text.decode("latin-1"),
            "SignatureProvided": claim.signature.decode("latin-1"),
            "StringToSignBytes": text.hex(" "),
        },
    )


def verify_form(claim: FormClaim, secret: str) -> None:
    """Raise `BadSignature` unless the claim's signature is the secret's over the base64 policy."""
    if not _is_signature(claim.signature, secret, claim.policy.encode()):
        raise BadSignature(SIGNATURE_MISMATCH)


def _is_signature(sent: bytes, secret: str, text: bytes) -> bool:
    made = base64.b64encode(hmac.digest(secret.encode(), text, "sha1"))
    return hmac.compare_digest(made, sent)
