"""Signing requests with SigV4 by S3's rules, for the gate's requests to its store."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from daypass.core.http.request import RawRequest
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import ALGORITHM, SignatureClaim
from daypass.core.sigv4.verify import TERMINATOR, canonical_request, signing_key, string_to_sign


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests with one access key, for one region and service."""

    access_key_id: str
    secret: str = field(repr=False)
    region: str
    service: str = "s3"

    def sign(  # the parts of a request are its arguments
        self,
        *,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        payload_hash: str,
        now: int,
    ) -> "SignedRequest":
        """Return the headers with date, payload hash and `authorization` added, by S3's rules.

        `path` and `query` must be percent-encoded already; `headers` must include `host`, names in
        lower case. Every header is signed. `now` is in epoch seconds.
        """
        amz_date = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        all_headers = {**headers, "x-amz-date": amz_date, "x-amz-content-sha256": payload_hash}
        claim = SignatureClaim(
            form="header",
            access_key_id=self.access_key_id,
            date=amz_date[:8],
            region=self.region,
            service=self.service,
            terminator=TERMINATOR,
            signed_headers=tuple(sorted(all_headers)),
            signature="",
            amz_date=amz_date,
        )
        request = RawRequest(
            method,
            path.encode("ascii"),
            query.encode("ascii"),
            tuple((name.encode("ascii"), value.encode()) for name, value in all_headers.items()),
        )
        form = canonical_request(request, claim, payload_hash=payload_hash, dialect=Dialect.S3)
        key = signing_key(self.secret, date=claim.date, region=self.region, service=self.service)
        text = string_to_sign(amz_date, claim.scope, form)
        signature = hmac.digest(key, text.encode("latin-1"), "sha256").hex()
        all_headers["authorization"] = (
            f"{ALGORITHM} Credential={self.access_key_id}/{claim.scope}, "
            f"SignedHeaders={';'.join(claim.signed_headers)}, Signature={signature}"
        )
        return SignedRequest(all_headers, signature, key, amz_date, claim.scope)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request's signed headers, and what a `SignatureChain` of its chunks starts from."""

    headers: dict[str, str]
    signature: str
    key: bytes = field(repr=False)
    amz_date: str
    scope: str
