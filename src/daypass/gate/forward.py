"""Carrying out what was allowed: answered from the gate's own records, or asked of the store by a request built anew."""

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp

from daypass.gate import authorize, multipart_ids
from daypass.gate.body import verified_body
from daypass.gate.body.verified_body import Verified
from daypass.gate.decision import existing_tags, permissions
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import Facts
from daypass.gate.forms.form_upload import answer_to_form
from daypass.gate.operations import required_permissions
from daypass.gate.operations.operation import operation_of
from daypass.gate.protocol import errors, late_answers, store_answers, store_errors, success_answers
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.late_answers import Verdict
from daypass.gate.protocol.reply import Headers, Reply
from daypass.gate.request import headers
from daypass.gate.request.operation_row import Level
from daypass.gate.request.resolved_request import Resolved
from daypass.gate.request_context import Asked
from daypass.gate.store.upstream import Outgoing
from daypass.gate.store_requests import with_content, with_stream

_PIECE = 64 << 10
_NOT_MODIFIED = 304


async def carry_out(
    asked: Asked, authorizer: Authorizer, facts: Facts, reply: Reply
) -> Verdict | None:
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
    asked: Asked, authorizer: Authorizer, facts: Facts, reply: Reply
) -> Verdict | None:
    resolved, operation = asked.resolved, operation_of(asked.resolved)
    missing = existing_tags.missing(resolved, facts)
    if missing is not None:
        raise _hiding(missing, asked, authorizer, facts)
    theirs = multipart_ids.for_store(resolved, asked.gate, is_rewritten=_binds_uploads(asked))
    for_store = asked if theirs is resolved else replace(asked, resolved=theirs)
    directives = await operation.directives(asked, authorizer, facts)
    streamed = asked.upload if operation.body == "stream" else None
    if streamed is not None and not streamed.length:
        # There is no last byte to hold back: everything is verified before the store hears of it.
        await verified_body.whole(streamed, asked.receive)
    await authorize.still(asked, facts)
    outgoing = _outgoing(for_store, facts, streamed)
    if directives:
        going = {**outgoing.headers, **directives}
        kept = {name: value for name, value in going.items() if value is not None}
        outgoing = replace(outgoing, headers=kept)
    answer = await asked.gate.store.send(outgoing)
    try:
        refused = await store_answers.refusal(answer, operation.result)
        if refused is not None:
            refused.details = multipart_ids.as_asked(refused.details, resolved)
            raise _hiding(refused, asked, authorizer, facts)
        if streamed is not None and not streamed.is_proved:
            raise S3Error(
                "InternalError",
                store_errors.INTERNAL,
                operator="the store took a body that had not ended",
            )
        return await _pass_on(asked, answer, authorizer, facts, reply)
    finally:
        answer.close() if not answer.content.at_eof() else answer.release()


def _binds_uploads(asked: Asked) -> bool:
    """Say whether the store's answer has to be written anew, with ids of our own."""
    binds = operation_of(asked.resolved).bind_uploads is not None
    return binds and not asked.gate.capabilities.bound_uploads


def _outgoing(asked: Asked, facts: Facts, upload: Verified | None) -> Outgoing:
    if upload is None:
        return with_content(asked, facts, facts.body)
    return with_stream(asked, facts, upload, _last_look(asked, facts, upload))


async def _pass_on(
    asked: Asked, answer: aiohttp.ClientResponse, authorizer: Authorizer, facts: Facts, reply: Reply
) -> Verdict | None:
    """Pass the store's answer on, without what the caller may not see."""
    resolved, operation = asked.resolved, operation_of(asked.resolved)
    expected = operation.result
    success_answers.check_head(answer.status, answer.headers, expected)
    passed = headers.answered(answer.headers, _hidden(resolved, authorizer, facts))
    passed = operation.answered_headers(asked, passed)
    if operation.method == "HEAD" or answer.status == _NOT_MODIFIED:
        await reply.start(answer.status, passed)
        await reply.end()
    elif expected.is_stream:
        await _stream(answer, reply, passed)
    elif expected.is_late:
        telling = late_answers.Late(
            reply, _without_length(passed), expected, location=asked.peer.url
        )
        return await telling.pass_on(answer.content.iter_chunked(_PIECE))
    else:
        await _tell(asked, answer, reply, passed)
    return None


async def _stream(answer: aiohttp.ClientResponse, reply: Reply, passed: Headers) -> None:
    """Pass bytes on as they come: the first line goes out with the first of them; a length that is not kept breaks it off."""
    success_answers.check_has_end(answer.headers)
    try:
        async for piece in answer.content.iter_chunked(_PIECE):
            if not reply.has_started:
                await reply.start(answer.status, passed)
            await reply.more(piece)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise store_errors.cut(error) from error
    if not reply.has_started:
        await reply.start(answer.status, passed)
    await reply.end()


async def _tell(
    asked: Asked, answer: aiohttp.ClientResponse, reply: Reply, passed: Headers
) -> None:
    """Tell a result that was read to its end, and understood."""
    gate, operation = asked.gate, operation_of(asked.resolved)
    with gate.documents.growing(asked.caller.account) as take:
        content = await success_answers.document(answer, operation.result, take=take)
        if asked.form is not None:
            await reply.whole(*answer_to_form(asked, dict(passed)))
            return
        if operation.bind_uploads is not None and _binds_uploads(asked):
            bind = operation.bind_uploads
            content = await multipart_ids.rewritten(content, asked.resolved, gate, bind)
        await reply.whole(answer.status, _without_length(passed), content)


def _without_length(passed: Headers) -> Headers:
    return [pair for pair in passed if pair[0] != b"content-length"]


def _last_look(asked: Asked, facts: Facts, upload: Verified) -> AsyncIterator[bytes]:
    """Return the bytes of an upload; the last one only while the upload is still allowed."""
    return verified_body.flow(
        upload, asked.receive, before_last=lambda: authorize.still(asked, facts)
    )


# What a client may not see.


def _hiding(refused: S3Error, asked: Asked, authorizer: Authorizer, facts: Facts) -> S3Error:
    """Turn "not there" into "not allowed" for those who may not list the bucket."""
    resolved = asked.resolved
    is_about_the_object = refused.status in {404, 405} and resolved.row.level is Level.OBJECT
    if not is_about_the_object or refused.code == "NoSuchUpload":
        # An upload's id is a secret, and whoever uploads has to know that it is over.
        return refused
    if authorizer.allows(*permissions.listings(resolved, facts)):
        return refused
    hidden = errors.denied()
    hidden.operator = f"{refused.code}, which is told to those alone who may list the bucket"
    return hidden


def _hidden(resolved: Resolved, authorizer: Authorizer, facts: Facts) -> frozenset[str]:
    """Return the answer's headers that need a right of their own, and that the caller lacks."""
    rights = required_permissions.of_headers(resolved, facts)
    return frozenset(name for name, right in rights.items() if not authorizer.allows(right))
