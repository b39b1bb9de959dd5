"""The request for the store, built anew from what was resolved."""

from collections.abc import AsyncIterator

from daypass.gate.authenticate import HASH
from daypass.gate.body import checksums
from daypass.gate.body.verified_body import Verified
from daypass.gate.decision import existing_tags
from daypass.gate.decision.request_facts import Facts
from daypass.gate.request import headers
from daypass.gate.request.operation_headers import operation_headers
from daypass.gate.request.resolved_request import Resolved
from daypass.gate.request_context import Asked
from daypass.gate.store.upstream import CHUNKED, TRAILER, UNSIGNED, Outgoing, Trailers, hash_of


def with_content(asked: Asked, facts: Facts, content: bytes) -> Outgoing:
    """Return a request with a small body, or with none where `content` is empty."""
    resolved, going = _resolved(asked, facts)
    if content and resolved.row.is_rewritten:
        going = headers.of_document(going, content)
    elif content:
        going.setdefault("content-type", "application/xml")
    return _built(resolved, going, content or None, len(content), hash_of(content), None)


def with_stream(
    asked: Asked, facts: Facts, upload: Verified, pieces: AsyncIterator[bytes]
) -> Outgoing:
    """Return a request with an object's bytes, which are verified while `pieces` yields them."""
    resolved, going = _resolved(asked, facts)
    length, payload, trailers = _framing(asked, upload)
    if upload.trailing and not trailers:
        # The checksum came behind the body and is verified here; this store is not told of it.
        going.pop("x-amz-sdk-checksum-algorithm", None)
    return _built(resolved, going, pieces if length else None, length, payload, trailers)


def _resolved(asked: Asked, facts: Facts) -> tuple[Resolved, dict[str, str]]:
    """Return what is asked of the store, and the headers that go on."""
    resolved = existing_tags.pinned(asked.resolved, facts)
    going = headers.forwarded(resolved.headers, operation_headers()[resolved.row.model_name])
    if resolved.source is not None:
        going["x-amz-copy-source"] = resolved.source.header
    return resolved, going


def _built(
    resolved: Resolved,
    going: dict[str, str],
    body: bytes | AsyncIterator[bytes] | None,
    length: int,
    payload: str,
    trailers: Trailers | None,
) -> Outgoing:
    return Outgoing(
        method=resolved.row.method,
        path=resolved.target.path,
        query=resolved.query,
        headers=going,
        body=body,
        length=length,
        payload=payload,
        trailers=trailers,
        is_slow=resolved.row.result.is_late,
    )


def _framing(asked: Asked, upload: Verified) -> tuple[int, str, Trailers | None]:
    """Return an upload's length for the store, its payload word or hash, and its trailers."""
    if not upload.length:
        return 0, hash_of(b""), None
    store, declared = asked.gate.store, asked.proved.payload
    if HASH.fullmatch(declared):
        return upload.length, declared, None
    if not store.is_tls:
        return upload.length, CHUNKED if asked.gate.capabilities.chunked_bodies else UNSIGNED, None
    if upload.trailing and asked.gate.capabilities.trailers:
        names = tuple(checksums.PREFIX + algorithm for algorithm in upload.trailing)
        size = sum(map(checksums.text_length, upload.trailing))
        return upload.length, TRAILER, Trailers(names, size, lambda: upload.trailers)
    return upload.length, UNSIGNED, None
