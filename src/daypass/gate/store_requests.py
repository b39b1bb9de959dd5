"""The request for the store, built anew from what was resolved."""

from collections.abc import AsyncIterator

from daypass.gate.authenticate import SHA256_HEX
from daypass.gate.body import checksums
from daypass.gate.body.verified_body import VerifiedBody
from daypass.gate.decision import existing_tags
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.request import headers
from daypass.gate.request.operation_headers import operation_headers
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext
from daypass.gate.store.upstream import (
    CHUNKED,
    TRAILER,
    UNSIGNED,
    StoreRequest,
    Trailers,
    sha256_hex,
)


def content_request(asked: RequestContext, facts: RequestFacts, content: bytes) -> StoreRequest:
    """Return a request with a small body, or with none where `content` is empty."""
    resolved, going = _request_and_headers(asked, facts)
    if content and resolved.row.is_rewritten:
        going = headers.document_headers(going, content)
    elif content:
        going.setdefault("content-type", "application/xml")
    return _store_request(resolved, going, content or None, len(content), sha256_hex(content), None)


def stream_request(
    asked: RequestContext, facts: RequestFacts, upload: VerifiedBody, pieces: AsyncIterator[bytes]
) -> StoreRequest:
    """Return a request with an object's bytes, which are verified while `pieces` yields them."""
    resolved, going = _request_and_headers(asked, facts)
    length, payload, trailers = _framing(asked, upload)
    if upload.trailing and not trailers:
        # The checksum came behind the body and is verified here; this store is not told of it.
        going.pop("x-amz-sdk-checksum-algorithm", None)
    return _store_request(resolved, going, pieces if length else None, length, payload, trailers)


def _request_and_headers(
    asked: RequestContext, facts: RequestFacts
) -> tuple[ResolvedRequest, dict[str, str]]:
    """Return what is asked of the store, and the headers that go on."""
    resolved = existing_tags.with_decided_version(asked.resolved, facts)
    going = headers.forwarded_headers(
        resolved.headers, operation_headers()[resolved.row.model_name]
    )
    if resolved.source is not None:
        going["x-amz-copy-source"] = resolved.source.header
    return resolved, going


def _store_request(
    resolved: ResolvedRequest,
    going: dict[str, str],
    body: bytes | AsyncIterator[bytes] | None,
    length: int,
    payload: str,
    trailers: Trailers | None,
) -> StoreRequest:
    return StoreRequest(
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


def _framing(asked: RequestContext, upload: VerifiedBody) -> tuple[int, str, Trailers | None]:
    """Return an upload's length for the store, its payload word or hash, and its trailers."""
    if not upload.length:
        return 0, sha256_hex(b""), None
    store, declared = asked.gate.store, asked.proved.payload
    if SHA256_HEX.fullmatch(declared):
        return upload.length, declared, None
    if not store.is_tls:
        return upload.length, CHUNKED if asked.gate.capabilities.chunked_bodies else UNSIGNED, None
    if upload.trailing and asked.gate.capabilities.trailers:
        names = tuple(checksums.PREFIX + algorithm for algorithm in upload.trailing)
        size = sum(map(checksums.base64_length, upload.trailing))
        return upload.length, TRAILER, Trailers(names, size, lambda: upload.trailers)
    return upload.length, UNSIGNED, None
