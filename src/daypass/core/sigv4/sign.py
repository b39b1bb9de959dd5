"""Making signatures: for the gate's requests to the store."""

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
    """A credential, and the region and service that it signs for."""

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
        """Return the headers with date, payload hash and `authorization` added, signed by S3's rules.

        `path` and `query` are encoded already, `headers` has `host`, names in lower case; every header is signed.
        """
        amz_date = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        every = {**headers, "x-amz-date": amz_date, "x-amz-content-sha256": payload_hash}
        claim = SignatureClaim(
            form="header",
            access_key_id=self.access_key_id,
            date=amz_date[:8],
            region=self.region,
            service=self.service,
            terminator=TERMINATOR,
            signed_headers=tuple(sorted(every)),
            signature="",
            amz_date=amz_date,
        )
        request = RawRequest(
            method,
            path.encode("ascii"),
            query.encode("ascii"),
            tuple((name.encode("ascii"), value.encode()) for name, value in every.items()),
        )
        form = canonical_request(request, claim, payload_hash=payload_hash, dialect=Dialect.S3)
        key = signing_key(self.secret, date=claim.date, region=self.region, service=self.service)
        text = string_to_sign(amz_date, claim.scope, form)
        signature = hmac.digest(key, text.encode("latin-1"), "sha256").hex()
        every["authorization"] = (
            f"{ALGORITHM} Credential={self.access_key_id}/{claim.scope}, "
            f"SignedHeaders={';'.join(claim.signed_headers)}, Signature={signature}"
        )
        return SignedRequest(every, signature, key, amz_date, claim.scope)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """Signed headers, and what the signatures of chunks go on from."""

    headers: dict[str, str]
    signature: str
    key: bytes = field(repr=False)
    amz_date: str
    scope: str
