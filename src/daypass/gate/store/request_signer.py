"""Signing the gate's requests to its store as `core.sigv4.sign` does, with one key, many of them.

What is the same for many requests is made once: the key of a day, the text of a second. The
canonical request is written from the request's parts, which are encoded and checked already, and
not parsed again from what they were written into.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from daypass.core.http import normalization
from daypass.core.sigv4 import canonical
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import ALGORITHM
from daypass.core.sigv4.sign import SignedRequest
from daypass.core.sigv4.verify import TERMINATOR, signing_key
from daypass.core.time.timestamps import format_basic_date

_SERVICE = "s3"


@dataclass(frozen=True, slots=True)
class _SigningDay:
    """What all signatures of one day share."""

    date: str
    scope: str
    key: bytes = field(repr=False)


class RequestSigner:
    """Signs requests with one access key, for one region."""

    def __init__(self, access_key_id: str, secret: str, region: str) -> None:
        self._access_key_id = access_key_id
        self._secret = secret
        self.region = region
        self._day = self._signing_day("19700101")
        self._second = -1
        self._amz_date = ""

    def sign(
        self,
        *,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        payload_hash: str,
        now: int,
    ) -> SignedRequest:
        """Return the headers with date, payload hash and `authorization` added, by S3's rules.

        `path` and `query` must be percent-encoded already; `headers` must include `host`, names in
        lower case. Every header is signed. `now` is in epoch seconds.
        """
        if now != self._second:
            self._second, self._amz_date = now, format_basic_date(now)
        amz_date, day = self._amz_date, self._day
        if not amz_date.startswith(day.date):
            day = self._day = self._signing_day(amz_date[:8])
        all_headers = {**headers, "x-amz-date": amz_date, "x-amz-content-sha256": payload_hash}
        names = sorted(all_headers)
        lines = "".join([f"{name}:{_signed_value(all_headers[name])}\n" for name in names])
        signed_names = ";".join(names)
        form = (
            f"{method}\n{canonical.canonical_path(path.encode('ascii'), Dialect.S3)}\n"
            f"{canonical.canonical_query(query.encode('ascii'))}\n"
            f"{lines}\n{signed_names}\n{payload_hash}"
        )
        digest = hashlib.sha256(form.encode()).hexdigest()
        text = f"{ALGORITHM}\n{amz_date}\n{day.scope}\n{digest}"
        signature = hmac.digest(day.key, text.encode(), "sha256").hex()
        all_headers["authorization"] = (
            f"{ALGORITHM} Credential={self._access_key_id}/{day.scope}, "
            f"SignedHeaders={signed_names}, Signature={signature}"
        )
        return SignedRequest(all_headers, signature, day.key, amz_date, day.scope)

    def _signing_day(self, date: str) -> _SigningDay:
        return _SigningDay(
            date,
            f"{date}/{self.region}/{_SERVICE}/{TERMINATOR}",
            signing_key(self._secret, date=date, region=self.region, service=_SERVICE),
        )


def _signed_value(value: str) -> str:
    """Return a header's value as it is signed: without blanks around it or runs of blanks in it."""
    if "  " not in value and "\t" not in value and value == value.strip(" "):
        return value
    [(_, normalized)] = normalization.normalize_headers(((b"", value.encode()),))
    return normalized.decode()
