"""Who sent an S3 request, and what binds its body: the authority proves it, over the payload word that S3 knows."""

import re
from dataclasses import dataclass, replace

from daypass.core.steady_time import Moment
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
    " STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."
)


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender, known or anonymous."""

    caller: Caller
    """Who that is, by the snapshot that was looked at last."""
    proof: Proof | None
    """None: the request is anonymous."""
    claimed: SignatureClaim | None
    """How it was signed; None: the request is anonymous."""
    payload: str
    """The payload word, or the hash."""

    def again(self, directory: Directory, moment: Moment) -> "Sender":
        """Return the sender by another snapshot, at another moment; raises the faults of `Proof.refresh_caller`."""
        if self.proof is None:
            return self
        return replace(self, caller=require_caller(self.proof.refresh_caller(directory, moment)))


def require_caller(caller: Caller | None) -> Caller:
    """Return the caller of a proof; raises `S3Error` AccessDenied for a proof of nobody, which opens no bucket."""
    if caller is None:
        raise access_denied()
    return caller


def prove_sender(
    resolved: ResolvedRequest,
    claimed: RequestClaim | None,
    *,
    directory: Directory,
    rules: GateRules,
    moment: Moment,
) -> Sender:
    """Return the sender; raises faults for what is not proved, and `S3Error` for a payload word that means nothing."""
    if claimed is None:
        return _anonymous_sender(resolved, rules)
    word = payload_word(resolved, claimed)
    proof = claimed.prove(word, regions=rules.regions, directory=directory, moment=moment)
    return Sender(require_caller(proof.caller), proof, claimed, word)


def _anonymous_sender(resolved: ResolvedRequest, rules: GateRules) -> Sender:
    if not rules.anonymous or not resolved.row.may_be_anonymous:
        raise access_denied()
    return Sender(ANONYMOUS, None, None, UNSIGNED)


def payload_word(resolved: ResolvedRequest, claimed: SignatureClaim) -> str:
    """Return what the request says of its body; raises `S3Error` for a word that there is not."""
    header = resolved.headers.get("x-amz-content-sha256", "")
    if claimed.form == "header" and not header:
        raise S3Error(
            "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        )
    if header and resolved.payload and header != resolved.payload:
        raise S3Error("InvalidArgument", "The payload hash was sent twice, with two values.")
    word = header or resolved.payload or UNSIGNED
    if word.startswith(_UNSUPPORTED_PAYLOAD_WORDS):
        raise not_implemented("x-amz-content-sha256")
    if word != UNSIGNED and word not in STREAMING and not SHA256_HEX.fullmatch(word):
        raise S3Error(
            "InvalidArgument", WRONG_PAYLOAD_WORD, details={"ArgumentName": "x-amz-content-sha256"}
        )
    if word in STREAMING and resolved.row.body != "stream":
        raise S3Error(
            "InvalidArgument",
            "This operation takes no streamed body.",
            details={"ArgumentName": "x-amz-content-sha256"},
        )
    return word
