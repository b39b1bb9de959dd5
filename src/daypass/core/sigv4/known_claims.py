"""Claims of clients that were proved before: what is the same in each of their requests, kept.

A client's Authorization header differs from its last one in the signature alone, until its day,
region or service changes, or its set of headers. What was parsed and checked of the rest is kept by
the header's text. It is kept once a request with it was proved, never for a stranger.
"""

import msgspec

from daypass.core.http.request import RawRequest
from daypass.core.sigv4 import claim as claims
from daypass.core.sigv4.claim import SignatureClaim

KNOWN_MAX = 8_192
"""How many are kept: callers, times their services and days."""
PREFIX_BYTES_MAX = 512
"""The longest text of a header, without its signature, that is kept; clients' have about 200."""
_SIGNATURE = b"Signature="
_SIGNATURE_BYTES = 64
_DIGITS = b"0123456789abcdef"


class _KnownClaim(msgspec.Struct, frozen=True):
    """A claim that was proved, and the names of the headers of its request, in their order."""

    names: tuple[bytes, ...]
    claim: SignatureClaim


class KnownClaims:
    """Reads claims as `claim.read_claim` does; most of a known client's claim is not read again."""

    def __init__(self) -> None:
        self._known: dict[bytes, _KnownClaim] = {}
        """By the text of the Authorization header before the signature."""

    def read(self, request: RawRequest) -> SignatureClaim | None:
        """Return the claim of a request; None for an unsigned one. Raises as `read_claim` does."""
        if not request.raw_query:
            headers = claims.unique_headers(request)
            authorization = headers.get(b"authorization", b"")
            known = self._known.get(authorization[:-_SIGNATURE_BYTES])
            # The same headers: those that are signed are there, and those that must be are signed.
            if known is not None and known.names == tuple(headers):
                signature = authorization[-_SIGNATURE_BYTES:]
                if not signature.translate(None, _DIGITS):
                    return _with_signature(
                        known.claim,
                        signature.decode("ascii"),
                        claims.header_date(headers),
                        claims.header_token(headers),
                    )
        return claims.read_claim(request)

    def keep(self, request: RawRequest, claim: SignatureClaim) -> None:
        """Keep what the claim of a request, which was proved, shares with the sender's next ones.

        A claim in a query is not kept: each has another date in its text.
        """
        if claim.form != "header":
            return
        headers = claims.unique_headers(request)
        prefix = headers[b"authorization"][:-_SIGNATURE_BYTES]
        known = self._known.get(prefix)
        if known is not None and known.claim.signed_headers is claim.signed_headers:
            # The claim was made from this one.
            return
        if not prefix.endswith(_SIGNATURE) or len(prefix) > PREFIX_BYTES_MAX:
            return
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        # Without what belongs to this request alone.
        shared = _with_signature(claim, "", "", "")
        self._known[prefix] = _KnownClaim(tuple(headers), shared)


def _with_signature(
    known: SignatureClaim, signature: str, amz_date: str, token: str
) -> SignatureClaim:
    # By position, here and for the other values that each request makes: by name takes longer.
    return SignatureClaim(
        known.form,
        known.access_key_id,
        known.date,
        known.region,
        known.service,
        known.terminator,
        known.signed_headers,
        signature,
        amz_date,
        token,
    )
