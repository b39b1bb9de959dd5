"""Who sent an S3 request, and what binds its body: one verifier for every form and every payload word."""

import re
from dataclasses import dataclass, field

from daypass.core import faults, quotas
from daypass.core.http.request import RawRequest
from daypass.core.keyring import KeyRing
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import Claim
from daypass.core.sigv4.form import check_form_clock, verify_form
from daypass.core.sigv4.verify import check_clock, check_scope, signing_key, verify
from daypass.core.steady_time import Moment
from daypass.gate.errors import S3Error, denied, unimplemented
from daypass.gate.resolved import Resolved, Rules
from daypass.services.kit.caller import ANONYMOUS, Caller, find
from daypass.state.directory import Directory

UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING = frozenset({SIGNED_CHUNKS, SIGNED_TRAILER, UNSIGNED_TRAILER})
_KNOWN_ELSEWHERE = ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-EVENTS")
HASH = re.compile(r"[0-9a-f]{64}")
WRONG_WORD = (
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER,"
    " STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."
)


@dataclass(frozen=True, slots=True)
class Proved:
    """A proved sender."""

    caller: Caller
    claim: Claim | None
    """How it was signed; nothing for an anonymous request."""
    payload: str
    """The payload word, or the hash."""
    key: bytes = field(default=b"", repr=False)


def prove(
    request: RawRequest,
    resolved: Resolved,
    claim: Claim | None,
    *,
    directory: Directory,
    keyring: KeyRing,
    rules: Rules,
    moment: Moment,
) -> Proved:
    """Return the sender; raises faults for what is not proved, and `S3Error` for a payload word that means nothing."""
    if claim is None:
        return _anonymous(resolved, rules)
    word = payload_word(resolved, claim)
    check_scope(claim, services={"s3"}, regions=rules.regions)
    check_clock(
        claim, now=int(moment.wall), window_seconds=quotas.S3_WINDOW_SECONDS, dialect=Dialect.S3
    )
    caller, key = _key_of(claim, directory, keyring, steady=int(moment.steady))
    verify(request, claim, key, payload_hash=word, dialect=Dialect.S3)
    return Proved(caller, claim, word, key)


_READS = frozenset({"GetObject", "HeadObject", "ListObjects", "ListObjectsV2", "HeadBucket"})
"""What an anonymous request may ask for, where a bucket's policy lets everybody."""


def _anonymous(resolved: Resolved, rules: Rules) -> Proved:
    if not rules.anonymous or resolved.row.name not in _READS:
        raise denied()
    return Proved(ANONYMOUS, None, UNSIGNED)


def prove_form(
    claim: Claim,
    policy: str,
    *,
    directory: Directory,
    keyring: KeyRing,
    rules: Rules,
    moment: Moment,
) -> Proved:
    """Return who signed a form's policy, in base64 as it was sent; raises faults for what is not proved."""
    check_scope(claim, services={"s3"}, regions=rules.regions)
    check_form_clock(claim, now=int(moment.wall))
    caller, key = _key_of(claim, directory, keyring, steady=int(moment.steady))
    verify_form(claim, key, policy)
    return Proved(caller, claim, UNSIGNED, key)


def check_end(claim: Claim, *, now: int) -> None:
    """Raise `BadClock` for a presigned link or a form that has ended.

    A request that is signed in its headers was in time when it came, and has no end of its own.
    """
    if claim.form == "query":
        check_clock(claim, now=now, window_seconds=quotas.S3_WINDOW_SECONDS, dialect=Dialect.S3)
    if claim.form == "form":
        check_form_clock(claim, now=now)


def _key_of(
    claim: Claim, directory: Directory, keyring: KeyRing, *, steady: int
) -> tuple[Caller, bytes]:
    """Return whom a claim stands for and the key that would sign for it."""
    if claim.access_key_id.startswith("ASIA") and not claim.token:
        raise faults.UnknownKey("The session token is missing.")
    if not claim.access_key_id.startswith("ASIA") and claim.token:
        raise faults.BadToken("The token is not this key's.")
    credential = find(
        directory, keyring, access_key_id=claim.access_key_id, token=claim.token, steady=steady
    )
    return credential.caller, signing_key(
        credential.secret, date=claim.date, region=claim.region, service=claim.service
    )


def payload_word(resolved: Resolved, claim: Claim) -> str:
    """Return what the request says of its body; raises `S3Error` for a word that there is not."""
    header = resolved.headers.get("x-amz-content-sha256", "")
    if claim.form == "header" and not header:
        raise S3Error(
            "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        )
    if header and resolved.payload and header != resolved.payload:
        raise S3Error("InvalidArgument", "The payload hash was sent twice, with two values.")
    word = header or resolved.payload or UNSIGNED
    if word.startswith(_KNOWN_ELSEWHERE):
        raise unimplemented("x-amz-content-sha256")
    if word != UNSIGNED and word not in STREAMING and not HASH.fullmatch(word):
        raise S3Error(
            "InvalidArgument", WRONG_WORD, details={"ArgumentName": "x-amz-content-sha256"}
        )
    if word in STREAMING and resolved.row.body != "stream":
        raise S3Error(
            "InvalidArgument",
            "This operation takes no streamed body.",
            details={"ArgumentName": "x-amz-content-sha256"},
        )
    return word
