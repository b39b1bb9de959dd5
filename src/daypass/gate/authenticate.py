"""The sender of an S3 request: the authority proves its signature and declared payload hash."""

import re

import msgspec
from msgspec.structs import replace

from daypass.core.time.steady_time import Moment
from daypass.gate.authority import RequestClaim, SignatureClaim
from daypass.gate.protocol.errors import S3Error, access_denied, not_implemented
from daypass.gate.request.resolved_request import GateRules, ResolvedRequest
from daypass.services.kit.caller import ANONYMOUS, Caller
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory

UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING = frozenset({SIGNED_CHUNKS, SIGNED_TRAILER, UNSIGNED_TRAILER})
_UNSUPPORTED_PAYLOAD_WORDS = (
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-EVENTS",
)
SHA256_HEX = re.compile(r"[0-9a-f]{64}")
WRONG_PAYLOAD_WORD = (
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER,"
    " STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid"
    " sha256 value."
)


class Sender(msgspec.Struct, frozen=True):
    """The sender of a request, proved or anonymous."""

    caller: Caller
    """The caller's record in the snapshot that was used last."""
    proof: Proof | None
    """None for an anonymous request."""
    claim: SignatureClaim | None
    """The signature's claim; None for an anonymous request."""
    payload_hash: str
    """The value of `x-amz-content-sha256`: a SHA-256 in hex, or a word such as `UNSIGNED-PAYLOAD`.
    """

    def refresh(self, directory: Directory, moment: Moment) -> "Sender":
        """Return the sender on another snapshot; raises as `Proof.refresh_caller` does."""
        if self.proof is None:
            return self
        return replace(self, caller=require_caller(self.proof.refresh_caller(directory, moment)))


def require_caller(caller: Caller | None) -> Caller:
    """Return the caller; raises `S3Error` AccessDenied for None, a proof without a caller."""
    if caller is None:
        raise access_denied()
    return caller


def prove_sender(
    resolved: ResolvedRequest,
    claim: RequestClaim | None,
    *,
    directory: Directory,
    rules: GateRules,
    moment: Moment,
) -> Sender:
    """Return the sender of a request.

    Raises the authority's faults for a signature that is not valid, and `S3Error` for an unknown
    payload hash or for an anonymous request that is not allowed.
    """
    if claim is None:
        return _anonymous_sender(resolved, rules)
    word = declared_payload_hash(resolved, claim)
    proof = claim.prove(
        word,
        regions=rules.regions,
        directory=directory,
        moment=moment,
        host_bucket=resolved.host_bucket,
    )
    return Sender(require_caller(proof.caller), proof, claim, word)


def _anonymous_sender(resolved: ResolvedRequest, rules: GateRules) -> Sender:
    if not rules.anonymous or not resolved.row.may_be_anonymous:
        raise access_denied()
    return Sender(ANONYMOUS, None, None, UNSIGNED)


def declared_payload_hash(resolved: ResolvedRequest, claim: SignatureClaim) -> str:
    """Return the payload hash, or the word in its place, that a signed request declares.

    It is in the header or in a presigned URL's query; `UNSIGNED-PAYLOAD` if in neither. Raises
    `S3Error` for any other word, and for a streaming word on an operation without a streamed body
    or with Signature Version 2, which signs no chunks.
    """
    header = resolved.headers.get("x-amz-content-sha256", "")
    if claim.form == "header" and not header:
        raise S3Error(
            "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        )
    if header and resolved.payload_hash and header != resolved.payload_hash:
        raise S3Error("InvalidArgument", "The payload hash was sent twice, with two values.")
    word = header or resolved.payload_hash or UNSIGNED
    if word.startswith(_UNSUPPORTED_PAYLOAD_WORDS):
        raise not_implemented("x-amz-content-sha256")
    if word != UNSIGNED and word not in STREAMING and not SHA256_HEX.fullmatch(word):
        raise S3Error(
            "InvalidArgument", WRONG_PAYLOAD_WORD, details={"ArgumentName": "x-amz-content-sha256"}
        )
    if word in STREAMING and (
        resolved.row.body != "stream" or claim.signature_version != "AWS4-HMAC-SHA256"
    ):
        raise S3Error(
            "InvalidArgument",
            "This operation takes no streamed body.",
            details={"ArgumentName": "x-amz-content-sha256"},
        )
    return word
