"""Carrying out an authorized request: from the gate's records, or forwarded to the store."""

from collections.abc import AsyncIterator, Mapping

import aiohttp
from msgspec.structs import replace

from daypass.gate import authorize, multipart_ids
from daypass.gate.body import verified_body
from daypass.gate.body.verified_body import Piece, VerifiedBody
from daypass.gate.decision import existing_tags, permissions
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.forms.form_upload import form_answer
from daypass.gate.operations import required_permissions
from daypass.gate.operations.operation import operation_of
from daypass.gate.protocol import errors, late_answers, store_answers, store_errors, success_answers
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.late_answers import LateOutcome
from daypass.gate.protocol.reply import Headers, S3Reply
from daypass.gate.request import headers
from daypass.gate.request.operation_row import Level
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext
from daypass.gate.store.store_request import StoreRequest
from daypass.gate.store_requests import content_request, stream_request

_PIECE_BYTES = 64 << 10
_NOT_MODIFIED = 304


async def carry_out(
    ctx: RequestContext, authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> LateOutcome | None:
    """Carry out a request and answer it.

    Returns the outcome of a late answer, whose last bytes the caller sends after it has recorded
    the outcome; None for an answer that is complete.
    """
    answer = operation_of(ctx.resolved).answer
    if answer is None:
        return await _forward(ctx, authorizer, facts, reply)
    await answer(ctx, authorizer, facts, reply)
    return None


async def _forward(
    ctx: RequestContext, authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> LateOutcome | None:
    resolved, operation = ctx.resolved, operation_of(ctx.resolved)
    missing_error = existing_tags.missing_object_error(resolved, facts)
    if missing_error is not None:
        raise _hide_absence(missing_error, ctx, authorizer, facts)
    with_ids = multipart_ids.with_store_ids(
        resolved, ctx.gate, is_rewritten=_must_bind_upload_ids(ctx)
    )
    for_store = ctx if with_ids is resolved else replace(ctx, resolved=with_ids)
    directives = await operation.replaced_headers(ctx, authorizer, facts)
    streamed = ctx.upload if operation.body == "stream" else None
    if streamed is not None and not streamed.length:
        # An empty body has no last byte to hold back: it is verified before the request is sent.
        await verified_body.read_verified(streamed, ctx.receive)
    await authorize.reauthorize_if_old(ctx, facts)
    outgoing = _store_request(for_store, facts, streamed)
    if directives:
        store_headers = {**outgoing.headers, **directives}
        present = {name: value for name, value in store_headers.items() if value is not None}
        outgoing = replace(outgoing, headers=present)
    answer = await ctx.gate.store.send(outgoing)
    try:
        refused = await store_answers.store_refusal(answer, operation.result)
        if refused is not None:
            refused.details = multipart_ids.with_client_id(refused.details, resolved)
            raise _hide_absence(refused, ctx, authorizer, facts)
        if streamed is not None and not streamed.is_proved:
            raise S3Error(
                "InternalError",
                store_errors.INTERNAL_ERROR,
                operator="the store took a body that had not ended",
            )
        return await _forward_response(ctx, answer, authorizer, facts, reply)
    finally:
        answer.close() if not answer.content.at_eof() else answer.release()


def _must_bind_upload_ids(ctx: RequestContext) -> bool:
    """Say whether the upload ids in the store's answer have to be replaced with bound ones."""
    binds = operation_of(ctx.resolved).bind_upload_ids is not None
    return binds and not ctx.gate.capabilities.bound_uploads


def _store_request(
    ctx: RequestContext, facts: RequestFacts, upload: VerifiedBody | None
) -> StoreRequest:
    if upload is None:
        return content_request(ctx, facts, facts.body)
    return stream_request(ctx, facts, upload, _upload_pieces(ctx, facts, upload))


async def _forward_response(
    ctx: RequestContext,
    answer: aiohttp.ClientResponse,
    authorizer: Authorizer,
    facts: RequestFacts,
    reply: S3Reply,
) -> LateOutcome | None:
    """Send the store's answer to the client, without headers that the caller may not see."""
    resolved, operation = ctx.resolved, operation_of(ctx.resolved)
    expected = operation.result
    success_answers.check_head(answer.status, answer.headers, expected)
    passed = headers.response_headers(
        answer.headers, _forbidden_headers(resolved, answer.headers, authorizer, facts)
    )
    passed = operation.response_headers(ctx, passed)
    if operation.method == "HEAD" or answer.status == _NOT_MODIFIED:
        await reply.send_head(answer.status, passed)
        await reply.send_end()
    elif expected.is_stream:
        await _stream_response(answer, reply, passed)
    elif expected.is_late:
        late_answer = late_answers.LateAnswer(
            reply, _without_length(passed), expected, location=ctx.client.url
        )
        return await late_answer.forward(answer.content.iter_chunked(_PIECE_BYTES))
    else:
        await _send_document(ctx, answer, reply, passed)
    return None


async def _stream_response(answer: aiohttp.ClientResponse, reply: S3Reply, passed: Headers) -> None:
    """Send an object's bytes as they arrive; a stream that ends early closes the connection.

    The head waits for the first bytes, and the end is sent with the last ones: a small object,
    which arrives as a whole, is one message behind its head.
    """
    success_answers.check_has_length(answer.headers)
    content = answer.content
    try:
        piece = await content.readany()
        await reply.send_head(answer.status, passed)
        while not content.at_eof():
            await reply.send_piece(piece)
            piece = await content.readany()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise store_errors.truncated_answer(error) from error
    await reply.send_end(piece)


async def _send_document(
    ctx: RequestContext, answer: aiohttp.ClientResponse, reply: S3Reply, passed: Headers
) -> None:
    """Send a result that was read to its end and checked."""
    gate, operation = ctx.gate, operation_of(ctx.resolved)
    with gate.document_quota.reserve_growing(ctx.caller.account) as reserve:
        content = await success_answers.read_document(answer, operation.result, reserve=reserve)
        if ctx.form_reply is not None:
            await reply.send_complete(*form_answer(ctx, dict(passed)))
            return
        if operation.bind_upload_ids is not None and _must_bind_upload_ids(ctx):
            bind = operation.bind_upload_ids
            content = await multipart_ids.with_bound_ids(content, ctx.resolved, gate, bind)
        await reply.send_complete(answer.status, _without_length(passed), content)


def _without_length(passed: Headers) -> Headers:
    return [pair for pair in passed if pair[0] != b"content-length"]


def _upload_pieces(
    ctx: RequestContext, facts: RequestFacts, upload: VerifiedBody
) -> AsyncIterator[Piece]:
    """Yield an upload's bytes; the last byte only if the upload is still authorized."""
    return verified_body.verified_pieces(
        upload, ctx.receive, before_last=lambda: authorize.reauthorize_if_old(ctx, facts)
    )


# Hiding what the caller may not see.


def _hide_absence(
    refused: S3Error, ctx: RequestContext, authorizer: Authorizer, facts: RequestFacts
) -> S3Error:
    """Return AccessDenied in place of a "not found" if the caller may not list the bucket."""
    resolved = ctx.resolved
    is_about_the_object = refused.status in {404, 405} and resolved.row.level is Level.OBJECT
    if not is_about_the_object or refused.code == "NoSuchUpload":
        # An upload's id is a secret, so its holder may learn that the upload has ended.
        return refused
    if authorizer.allows(*permissions.listing_permissions(resolved, facts)):
        return refused
    hidden = errors.access_denied()
    hidden.operator = f"{refused.code}, which is told to those alone who may list the bucket"
    return hidden


def _forbidden_headers(
    resolved: ResolvedRequest,
    answer_headers: Mapping[str, str],
    authorizer: Authorizer,
    facts: RequestFacts,
) -> frozenset[str]:
    """Return the answer's headers that need a permission which the caller lacks.

    Most answers have no guarded header, so a permission is decided once a header that needs it has
    come.
    """
    present = set(map(str.lower, answer_headers))
    return frozenset(
        name
        for guarded in operation_of(resolved).guarded_headers
        if not present.isdisjoint(guarded.names)
        and not authorizer.allows(required_permissions.header_permission(guarded, resolved, facts))
        for name in guarded.names
    )
