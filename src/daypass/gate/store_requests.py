"""Building the request for the store from the resolved request, never from the client's bytes."""

from collections.abc import AsyncIterator

from daypass.gate.authenticate import SHA256_HEX
from daypass.gate.body import checksums
from daypass.gate.body.verified_body import Piece, VerifiedBody
from daypass.gate.decision import existing_tags
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.request import headers
from daypass.gate.request.operation_headers import operation_headers
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext
from daypass.gate.store.store_request import (
    CHUNKED,
    EMPTY_SHA256,
    TRAILER,
    UNSIGNED,
    StoreRequest,
    Trailers,
    sha256_hex,
)


def content_request(ctx: RequestContext, facts: RequestFacts, content: bytes) -> StoreRequest:
    """Return a request to the store with a small body; without a body if `content` is empty."""
    resolved, store_headers = _request_and_headers(ctx, facts)
    if content and resolved.row.is_rewritten:
        store_headers = headers.document_headers(store_headers, content)
    elif content:
        store_headers.setdefault("content-type", "application/xml")
    return _store_request(
        resolved,
        store_headers,
        content or None,
        len(content),
        sha256_hex(content) if content else EMPTY_SHA256,
        None,
    )


def stream_request(
    ctx: RequestContext, facts: RequestFacts, upload: VerifiedBody, pieces: AsyncIterator[Piece]
) -> StoreRequest:
    """Return a request to the store with an object's bytes, verified while `pieces` yields them."""
    resolved, store_headers = _request_and_headers(ctx, facts)
    length, payload, trailers = _upload_framing(ctx, upload)
    if upload.trailer_digests and not trailers:
        # The checksum comes in a trailer and is verified here; this store does not get it.
        store_headers.pop("x-amz-sdk-checksum-algorithm", None)
    return _store_request(
        resolved, store_headers, pieces if length else None, length, payload, trailers
    )


def _request_and_headers(
    ctx: RequestContext, facts: RequestFacts
) -> tuple[ResolvedRequest, dict[str, str]]:
    """Return the resolved request with the decided version, and the headers for the store."""
    resolved = existing_tags.with_decided_version(ctx.resolved, facts)
    store_headers = headers.forwarded_headers(
        resolved.headers, operation_headers()[resolved.row.model_name]
    )
    if resolved.source is not None:
        store_headers["x-amz-copy-source"] = resolved.source.header_value
    return resolved, store_headers


def _store_request(
    resolved: ResolvedRequest,
    store_headers: dict[str, str],
    body: bytes | AsyncIterator[Piece] | None,
    length: int,
    payload_hash: str,
    trailers: Trailers | None,
) -> StoreRequest:
    return StoreRequest(
        method=resolved.row.method,
        path=resolved.target.path,
        query=resolved.query,
        headers=store_headers,
        body=body,
        length=length,
        payload_hash=payload_hash,
        trailers=trailers,
        is_slow=resolved.row.result.is_late,
    )


def _upload_framing(ctx: RequestContext, upload: VerifiedBody) -> tuple[int, str, Trailers | None]:
    """Return an upload's length at the store, its payload hash or word, and its trailers."""
    if not upload.length:
        return 0, EMPTY_SHA256, None
    store, declared = ctx.gate.store, ctx.sender.payload_hash
    if SHA256_HEX.fullmatch(declared):
        return upload.length, declared, None
    if not store.is_tls:
        return upload.length, CHUNKED if ctx.gate.capabilities.chunked_bodies else UNSIGNED, None
    if upload.trailer_digests and ctx.gate.capabilities.trailers:
        names = tuple(checksums.PREFIX + algorithm for algorithm in upload.trailer_digests)
        size = sum(map(checksums.base64_length, upload.trailer_digests))
        return upload.length, TRAILER, Trailers(names, size, lambda: upload.trailers)
    return upload.length, UNSIGNED, None
