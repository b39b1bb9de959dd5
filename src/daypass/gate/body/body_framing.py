"""The body that a request's headers announce: its framing, its length, and its checksums."""

from collections.abc import Mapping

from daypass.core.http.fields import list_elements
from daypass.core.sigv4.chunked import ChunkedDecoder
from daypass.gate import limits
from daypass.gate.authenticate import SHA256_HEX, SIGNED_CHUNKS, SIGNED_TRAILER, STREAMING, Sender
from daypass.gate.body import checksums
from daypass.gate.body.checksums import Digest, DigestCheck
from daypass.gate.body.verified_body import BodyDecoder, UnframedDecoder, VerifiedBody
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import GateRules, ResolvedRequest

_MISSING = "You must provide the Content-Length HTTP header."


def announced_body(
    resolved: ResolvedRequest,
    sender: Sender,
    framing: Mapping[str, str],
    rules: GateRules,
    *,
    secure: bool,
) -> VerifiedBody:
    """Return the `VerifiedBody` that the bytes of a request's body go through.

    Its length, decoder and checks are those that the headers announce. Raises `S3Error` for
    headers whose body could not be verified, and for a body that is too long.
    """
    length = _body_length(resolved, sender, framing)
    if length and sender.payload_hash not in {SIGNED_CHUNKS, SIGNED_TRAILER}:
        check_unsigned_payload(sender.payload_hash, rules, secure=secure)
    trailer_digests = _trailer_digests(resolved, sender)
    return VerifiedBody(
        length=length,
        decoder=_body_decoder(sender, trailer_digests),
        checks=_body_checks(resolved, sender.payload_hash),
        trailer_digests=trailer_digests,
    )


def _body_length(resolved: ResolvedRequest, sender: Sender, framing: Mapping[str, str]) -> int:
    streamed = sender.payload_hash in STREAMING
    text = (
        resolved.headers.get("x-amz-decoded-content-length")
        if streamed
        else framing.get("content-length")
    )
    if text is None:
        if resolved.row.body == "stream" or "transfer-encoding" in framing:
            raise S3Error("MissingContentLength", _MISSING, close=True)
        return 0
    # Digits of a petabyte.
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004
        raise S3Error("InvalidArgument", "The length is no number.", close=True)
    length = int(text)
    if length and not resolved.row.body:
        raise S3Error("InvalidRequest", "This operation takes no body.", close=True)
    if length > _body_bytes_max(resolved):
        raise S3Error(
            "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", close=True
        )
    return length


def _body_bytes_max(resolved: ResolvedRequest) -> int:
    if resolved.row.body == "stream":
        return limits.OBJECT_BYTES_MAX
    return resolved.row.document_bytes_max


def check_unsigned_payload(word: str, rules: GateRules, *, secure: bool) -> None:
    """Raise `S3Error` for an unsigned body over plain HTTP, unless the gate's rules allow it."""
    if not SHA256_HEX.fullmatch(word) and not secure and not rules.unsigned_over_plain_http:
        raise S3Error(
            "InvalidRequest", "An unsigned payload is accepted over TLS alone.", close=True
        )


def _body_decoder(sender: Sender, trailer_digests: Mapping[str, Digest]) -> BodyDecoder:
    names = frozenset(checksums.PREFIX + algorithm for algorithm in trailer_digests)
    if sender.payload_hash not in STREAMING:
        return UnframedDecoder()
    if sender.payload_hash not in {SIGNED_CHUNKS, SIGNED_TRAILER}:
        return ChunkedDecoder(None, announced=names)
    proof = sender.proof
    assert proof is not None  # noqa: S101 - what is not signed at all has no body
    return ChunkedDecoder(proof.chunk_chain, announced=names)


def _body_checks(resolved: ResolvedRequest, payload: str) -> list[DigestCheck]:
    # An operation without a body has none that would be read.
    is_bound = resolved.row.body and SHA256_HEX.fullmatch(payload)
    bound = [checksums.sha256_check(payload)] if is_bound else []
    return bound + declared_checks(resolved)


def declared_checks(resolved: ResolvedRequest) -> list[DigestCheck]:
    """Return the checks of MD5 and checksum in the headers.

    Raises `S3Error` for two checksums, or an invalid one.
    """
    checks: list[DigestCheck] = []
    if "content-md5" in resolved.headers:
        checks.append(checksums.content_md5_check(resolved.headers["content-md5"]))
    if resolved.row.declares_object:
        return checks
    declared = [name for name in resolved.headers if _is_checksum(name)]
    if len(declared) > 1:
        raise S3Error(
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        )
    for name in declared:
        check = checksums.declared_check(
            name.removeprefix(checksums.PREFIX), resolved.headers[name]
        )
        checks += [check] if check else []
    return checks


_NOT_VALUES = frozenset({"algorithm", "mode", "type"})


def _is_checksum(name: str) -> bool:
    return (
        name.startswith(checksums.PREFIX) and name.removeprefix(checksums.PREFIX) not in _NOT_VALUES
    )


def _trailer_digests(resolved: ResolvedRequest, sender: Sender) -> dict[str, Digest]:
    text = resolved.headers.get("x-amz-trailer", "")
    names = [name.lower() for name in list_elements(text)]
    if (names and not sender.payload_hash.endswith("-TRAILER")) or len(names) > 1:
        raise S3Error("InvalidRequest", "x-amz-trailer names what this body cannot carry.")
    if any(not _is_checksum(name) for name in names):
        raise S3Error("MalformedTrailerError", "Only checksums can be trailers.")
    algorithms = [name.removeprefix(checksums.PREFIX) for name in names]
    return {algorithm: checksums.new_digest(algorithm) for algorithm in algorithms}
