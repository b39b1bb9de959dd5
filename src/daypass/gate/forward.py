"""Carrying out what was allowed: answered from the gate's own records, or asked of the store by a request built anew."""

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp

from daypass.gate import authorize, multipart_ids
from daypass.gate.body import verified_body
from daypass.gate.body.verified_body import VerifiedBody
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
from daypass.gate.store.upstream import StoreRequest
from daypass.gate.store_requests import content_request, stream_request

_PIECE_BYTES = 64 << 10
_NOT_MODIFIED = 304


async def carry_out(
    asked: RequestContext, authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> LateOutcome | None:
    """Do what was asked and answer.

    Returns how it ended, where that is known only after the answer began: then the caller writes
    that down and ends it.
    """
    answer = operation_of(asked.resolved).answer
    if answer is None:
        return await _forward(asked, authorizer, facts, reply)
    await answer(asked, authorizer, facts, reply)
    return None


async def _forward(
    asked: RequestContext, authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> LateOutcome | None:
    resolved, operation = asked.resolved, operation_of(asked.resolved)
    missing = existing_tags.missing_object_error(resolved, facts)
    if missing is not None:
        raise _hide_absence(missing, asked, authorizer, facts)
    theirs = multipart_ids.with_store_ids(
        resolved, asked.gate, is_rewritten=_must_bind_upload_ids(asked)
    )
    for_store = asked if theirs is resolved else replace(asked, resolved=theirs)
    directives = await operation.directives(asked, authorizer, facts)
    streamed = asked.upload if operation.body == "stream" else None
    if streamed is not None and not streamed.length:
        # There is no last byte to hold back: everything is verified before the store hears of it.
        await verified_body.read_verified(streamed, asked.receive)
    await authorize.reauthorize_if_old(asked, facts)
    outgoing = _store_request(for_store, facts, streamed)
    if directives:
        going = {**outgoing.headers, **directives}
        kept = {name: value for name, value in going.items() if value is not None}
        outgoing = replace(outgoing, headers=kept)
    answer = await asked.gate.store.send(outgoing)
    try:
        refused = await store_answers.store_refusal(answer, operation.result)
        if refused is not None:
            refused.details = multipart_ids.with_client_id(refused.details, resolved)
            raise _hide_absence(refused, asked, authorizer, facts)
        if streamed is not None and not streamed.is_proved:
            raise S3Error(
                "InternalError",
                store_errors.INTERNAL_ERROR,
                operator="the store took a body that had not ended",
            )
        return await _forward_response(asked, answer, authorizer, facts, reply)
    finally:
        answer.close() if not answer.content.at_eof() else answer.release()


def _must_bind_upload_ids(asked: RequestContext) -> bool:
    """Say whether the store's answer has to be written anew, with ids of our own."""
    binds = operation_of(asked.resolved).bind_uploads is not None
    return binds and not asked.gate.capabilities.bound_uploads


def _store_request(
    asked: RequestContext, facts: RequestFacts, upload: VerifiedBody | None
) -> StoreRequest:
    if upload is None:
        return content_request(asked, facts, facts.body)
    return stream_request(asked, facts, upload, _upload_pieces(asked, facts, upload))


async def _forward_response(
    asked: RequestContext,
    answer: aiohttp.ClientResponse,
    authorizer: Authorizer,
    facts: RequestFacts,
    reply: S3Reply,
) -> LateOutcome | None:
    """Pass the store's answer on, without what the caller may not see."""
    resolved, operation = asked.resolved, operation_of(asked.resolved)
    expected = operation.result
    success_answers.check_head(answer.status, answer.headers, expected)
    passed = headers.response_headers(
        answer.headers, _forbidden_headers(resolved, authorizer, facts)
    )
    passed = operation.answered_headers(asked, passed)
    if operation.method == "HEAD" or answer.status == _NOT_MODIFIED:
        await reply.start(answer.status, passed)
        await reply.end()
    elif expected.is_stream:
        await _stream_response(answer, reply, passed)
    elif expected.is_late:
        telling = late_answers.LateAnswer(
            reply, _without_length(passed), expected, location=asked.peer.url
        )
        return await telling.pass_on(answer.content.iter_chunked(_PIECE_BYTES))
    else:
        await _send_document(asked, answer, reply, passed)
    return None


async def _stream_response(answer: aiohttp.ClientResponse, reply: S3Reply, passed: Headers) -> None:
    """Pass bytes on as they come: the first line goes out with the first of them; a length that is not kept breaks it off."""
    success_answers.check_has_length(answer.headers)
    try:
        async for piece in answer.content.iter_chunked(_PIECE_BYTES):
            if not reply.has_started:
                await reply.start(answer.status, passed)
            await reply.more(piece)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise store_errors.truncated_answer(error) from error
    if not reply.has_started:
        await reply.start(answer.status, passed)
    await reply.end()


async def _send_document(
    asked: RequestContext, answer: aiohttp.ClientResponse, reply: S3Reply, passed: Headers
) -> None:
    """Tell a result that was read to its end, and understood."""
    gate, operation = asked.gate, operation_of(asked.resolved)
    with gate.documents.growing(asked.caller.account) as take:
        content = await success_answers.read_document(answer, operation.result, take=take)
        if asked.form is not None:
            await reply.whole(*form_answer(asked, dict(passed)))
            return
        if operation.bind_uploads is not None and _must_bind_upload_ids(asked):
            bind = operation.bind_uploads
            content = await multipart_ids.with_bound_ids(content, asked.resolved, gate, bind)
        await reply.whole(answer.status, _without_length(passed), content)


def _without_length(passed: Headers) -> Headers:
    return [pair for pair in passed if pair[0] != b"content-length"]


def _upload_pieces(
    asked: RequestContext, facts: RequestFacts, upload: VerifiedBody
) -> AsyncIterator[bytes]:
    """Return the bytes of an upload; the last one only while the upload is still allowed."""
    return verified_body.verified_pieces(
        upload, asked.receive, before_last=lambda: authorize.reauthorize_if_old(asked, facts)
    )


# What a client may not see.


def _hide_absence(
    refused: S3Error, asked: RequestContext, authorizer: Authorizer, facts: RequestFacts
) -> S3Error:
    """Turn "not there" into "not allowed" for those who may not list the bucket."""
    resolved = asked.resolved
    is_about_the_object = refused.status in {404, 405} and resolved.row.level is Level.OBJECT
    if not is_about_the_object or refused.code == "NoSuchUpload":
        # An upload's id is a secret, and whoever uploads has to know that it is over.
        return refused
    if authorizer.allows(*permissions.listing_permissions(resolved, facts)):
        return refused
    hidden = errors.access_denied()
    hidden.operator = f"{refused.code}, which is told to those alone who may list the bucket"
    return hidden


def _forbidden_headers(
    resolved: ResolvedRequest, authorizer: Authorizer, facts: RequestFacts
) -> frozenset[str]:
    """Return the answer's headers that need a right of their own, and that the caller lacks."""
    rights = required_permissions.header_permissions(resolved, facts)
    return frozenset(name for name, right in rights.items() if not authorizer.allows(right))
