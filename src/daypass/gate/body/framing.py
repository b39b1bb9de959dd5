"""The body that a request announces: how it is framed, how long it is, what it will be checked against."""

from collections.abc import Mapping

from daypass.core.sigv4.chunked import ChunkedDecoder
from daypass.gate import limits
from daypass.gate.authenticate import HASH, SIGNED_CHUNKS, SIGNED_TRAILER, STREAMING, Proved
from daypass.gate.body import checksums
from daypass.gate.body.checksums import Check, Digest
from daypass.gate.body.verified import Decoder, Plain, Verified
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved import Resolved, Rules

_MISSING = "You must provide the Content-Length HTTP header."


def announced(
    resolved: Resolved, proved: Proved, framing: Mapping[str, str], rules: Rules, *, secure: bool
) -> Verified:
    """Return the body as it has to arrive; raises `S3Error` for one that cannot be verified, or is too long."""
    length = _length(resolved, proved, framing)
    if length and proved.payload not in {SIGNED_CHUNKS, SIGNED_TRAILER}:
        check_binding(proved.payload, rules, secure=secure)
    trailing = _trailing(resolved, proved)
    return Verified(
        length=length,
        decoder=_decoder(proved, trailing),
        checks=_checks(resolved, proved.payload),
        trailing=trailing,
    )


def _length(resolved: Resolved, proved: Proved, framing: Mapping[str, str]) -> int:
    streamed = proved.payload in STREAMING
    text = (
        resolved.headers.get("x-amz-decoded-content-length")
        if streamed
        else framing.get("content-length")
    )
    if text is None:
        if resolved.row.body == "stream" or "transfer-encoding" in framing:
            raise S3Error("MissingContentLength", _MISSING, close=True)
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004 - digits of a petabyte
        raise S3Error("InvalidArgument", "The length is no number.", close=True)
    length = int(text)
    if length and not resolved.row.body:
        raise S3Error("InvalidRequest", "This operation takes no body.", close=True)
    if length > _longest(resolved):
        raise S3Error(
            "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", close=True
        )
    return length


def _longest(resolved: Resolved) -> int:
    if resolved.row.body == "stream":
        return limits.OBJECT_BYTES_MAX
    return resolved.row.document_bytes_max


def check_binding(word: str, rules: Rules, *, secure: bool) -> None:
    """Raise `S3Error` for a body that nothing binds: over plain HTTP anybody on the way could change it."""
    if not HASH.fullmatch(word) and not secure and not rules.unsigned_over_plain_http:
        raise S3Error(
            "InvalidRequest", "An unsigned payload is accepted over TLS alone.", close=True
        )


def _decoder(proved: Proved, trailing: Mapping[str, Digest]) -> Decoder:
    names = frozenset(checksums.PREFIX + algorithm for algorithm in trailing)
    if proved.payload not in STREAMING:
        return Plain()
    if proved.payload not in {SIGNED_CHUNKS, SIGNED_TRAILER}:
        return ChunkedDecoder(None, announced=names)
    proof = proved.proof
    assert proof is not None  # noqa: S101 - what is not signed at all has no body
    return ChunkedDecoder(proof.chunk_chain, announced=names)


def _checks(resolved: Resolved, payload: str) -> list[Check]:
    bound = [checksums.sha256(payload)] if HASH.fullmatch(payload) else []
    return bound + checks_of(resolved)


def checks_of(resolved: Resolved) -> list[Check]:
    """Return what the headers declare of the body; raises `S3Error` for two declarations, or one that cannot be read."""
    found: list[Check] = []
    if "content-md5" in resolved.headers:
        found.append(checksums.content_md5(resolved.headers["content-md5"]))
    if resolved.row.declares_object:
        return found
    declared = [name for name in resolved.headers if _is_checksum(name)]
    if len(declared) > 1:
        raise S3Error(
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        )
    for name in declared:
        check = checksums.declared(name.removeprefix(checksums.PREFIX), resolved.headers[name])
        found += [check] if check else []
    return found


_NOT_VALUES = frozenset({"algorithm", "mode", "type"})


def _is_checksum(name: str) -> bool:
    return (
        name.startswith(checksums.PREFIX) and name.removeprefix(checksums.PREFIX) not in _NOT_VALUES
    )


def _trailing(resolved: Resolved, proved: Proved) -> dict[str, Digest]:
    text = resolved.headers.get("x-amz-trailer", "")
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if (names and not proved.payload.endswith("-TRAILER")) or len(names) > 1:
        raise S3Error("InvalidRequest", "x-amz-trailer names what this body cannot carry.")
    if any(not _is_checksum(name) for name in names):
        raise S3Error("MalformedTrailerError", "Only checksums can be trailers.")
    algorithms = [name.removeprefix(checksums.PREFIX) for name in names]
    return {algorithm: checksums.running(algorithm) for algorithm in algorithms}
