"""Carrying out what was allowed: answered from the gate's own records, or asked of the store by a request built anew."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import aiohttp

from daypass.gate import allowed, limits, own, seen, uploads
from daypass.gate.authenticate import HASH
from daypass.gate.body import checksums, verified
from daypass.gate.body.verified import Verified
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import existing_tags, permissions
from daypass.gate.decision.decide import Judge
from daypass.gate.decision.object_facts import Facts
from daypass.gate.exchange import Asked, KeyOutcome
from daypass.gate.forms.form_upload import answer_to_form
from daypass.gate.gate import Gate
from daypass.gate.gather import with_tags
from daypass.gate.protocol import (
    answers,
    documents,
    errors,
    late_answers,
    preconditions,
    results,
    success,
)
from daypass.gate.protocol.documents import Entry
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.late_answers import Verdict
from daypass.gate.protocol.reply import NO_CONTENT, Headers, Reply
from daypass.gate.request import headers, schema, target
from daypass.gate.request.model import meant
from daypass.gate.request.resolved import Resolved
from daypass.gate.request.table import Fate, Level
from daypass.gate.store.upstream import CHUNKED, TRAILER, UNSIGNED, Outgoing, Trailers, hash_of

_PIECE = 64 << 10
_NOT_MODIFIED = 304


async def carry_out(asked: Asked, judge: Judge, facts: Facts, reply: Reply) -> Verdict | None:
    """Do what was asked and answer.

    Returns how it ended, where that is known only after the answer began: then the caller writes that down and ends it.
    """
    resolved = asked.resolved
    name = resolved.row.name
    if resolved.row.fate is Fate.OWN:
        status, content = await own.answer(asked, facts)
        if name == "GetBucketPolicy":
            await reply.whole(status, [(b"content-type", b"application/json")], content)
        else:
            await reply.document(status, content)
    elif name == "DeleteObjects":
        await _delete_objects(asked, judge, facts, reply)
    elif name == "CreateBucket":
        await own.create_bucket(asked, facts, _forwarding(asked, facts, None))
        await reply.whole(200, [(b"location", f"/{resolved.target.bucket}".encode())], b"")
    elif name == "DeleteBucket":
        assert facts.bucket is not None  # noqa: S101 - a bucket that is not known was refused
        await own.delete_bucket(asked, facts.bucket, _forwarding(asked, facts, None))
        await reply.whole(NO_CONTENT, [], b"")
    else:
        return await _forward(asked, judge, facts, reply)
    return None


async def _forward(asked: Asked, judge: Judge, facts: Facts, reply: Reply) -> Verdict | None:
    resolved, store = asked.resolved, asked.gate.store
    missing = existing_tags.missing(resolved, facts)
    if missing is not None:
        raise _hiding(missing, asked, judge, facts)
    theirs = uploads.for_store(resolved, asked.gate)
    for_store = asked if theirs is resolved else replace(asked, resolved=theirs)
    copied = permissions.copied_tags(resolved, facts)
    leaves_tags = await own.copies_no_tags(asked.gate, judge, resolved, facts, copied)
    streamed = asked.upload if resolved.row.body == "stream" else None
    if streamed is not None and not streamed.length:
        # There is no last byte to hold back: everything is verified before the store hears of it.
        await verified.whole(streamed, asked.receive)
    await allowed.still(asked, facts)
    outgoing = _forwarding(for_store, facts, streamed)
    if leaves_tags:
        outgoing = replace(
            outgoing, headers={**outgoing.headers, "x-amz-tagging-directive": "REPLACE"}
        )
    outgoing = replace(outgoing, headers=_annotations(asked, judge, facts, outgoing))
    answer = await store.send(outgoing)
    try:
        refused = await answers.refusal(answer, resolved.row.name)
        if refused is not None:
            refused.details = uploads.as_asked(refused.details, resolved)
            raise _hiding(refused, asked, judge, facts)
        if streamed is not None and not streamed.is_proved:
            raise S3Error(
                "InternalError",
                answers.INTERNAL,
                operator="the store took a body that had not ended",
            )
        return await _pass_on(asked, answer, judge, facts, reply)
    finally:
        answer.close() if not answer.content.at_eof() else answer.release()


async def _pass_on(
    asked: Asked, answer: aiohttp.ClientResponse, judge: Judge, facts: Facts, reply: Reply
) -> Verdict | None:
    """Pass the store's answer on, without what the caller may not see."""
    resolved = asked.resolved
    name = resolved.row.name
    success.check_head(answer.status, answer.headers, name)
    passed = headers.answered(answer.headers, _hidden(resolved, judge, facts))
    if name == "HeadBucket":
        passed = [pair for pair in passed if pair[0] != b"x-amz-bucket-region"]
        passed.append((b"x-amz-bucket-region", asked.gate.rules.region.encode()))
    if resolved.row.method == "HEAD" or answer.status == _NOT_MODIFIED:
        await reply.start(answer.status, passed)
        await reply.end()
    elif results.of(name).is_stream:
        await _stream(answer, reply, passed)
    elif name in late_answers.OPERATIONS:
        telling = late_answers.Late(reply, _without_length(passed), name, location=asked.peer.url)
        return await telling.pass_on(answer.content.iter_chunked(_PIECE))
    else:
        await _tell(asked, answer, reply, passed)
    return None


async def _stream(answer: aiohttp.ClientResponse, reply: Reply, passed: Headers) -> None:
    """Pass bytes on as they come: the first line goes out with the first of them; a length that is not kept breaks it off."""
    success.check_has_end(answer.headers)
    try:
        async for piece in answer.content.iter_chunked(_PIECE):
            if not reply.has_started:
                await reply.start(answer.status, passed)
            await reply.more(piece)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise answers.cut(error) from error
    if not reply.has_started:
        await reply.start(answer.status, passed)
    await reply.end()


async def _tell(
    asked: Asked, answer: aiohttp.ClientResponse, reply: Reply, passed: Headers
) -> None:
    """Tell a result that was read to its end, and understood."""
    resolved, gate = asked.resolved, asked.gate
    with gate.documents.growing(asked.caller.account) as take:
        content = await success.document(answer, resolved.row.name, take=take)
        if asked.form is not None:
            await reply.whole(*answer_to_form(asked, dict(passed)))
            return
        if uploads.is_retold(resolved, gate):
            content = await uploads.told_again(content, resolved, gate)
        await reply.whole(answer.status, _without_length(passed), content)


def _without_length(passed: Headers) -> Headers:
    return [pair for pair in passed if pair[0] != b"content-length"]


def _forwarding(asked: Asked, facts: Facts, upload: Verified | None) -> Outgoing:
    """Return the request for the store, built from what was resolved."""
    resolved, store = existing_tags.pinned(asked.resolved, facts), asked.gate.store
    going = headers.forwarded(resolved.headers, meant()[resolved.row.name])
    if resolved.source is not None:
        going["x-amz-copy-source"] = resolved.source.header
    content: bytes | AsyncIterator[bytes] | None = facts.body or None
    length, payload = len(facts.body), hash_of(facts.body)
    trailers = None
    if resolved.row.name == "CreateBucket":
        content = bucket_records.location_for(store.region) or None
        length, payload = len(content or b""), hash_of(content or b"")
    if schema.rewrites(resolved.row) and isinstance(content, bytes):
        going = headers.of_document(going, content)
    elif content is not None:
        going.setdefault("content-type", "application/xml")
    if upload is not None:
        length, payload, trailers = _framing(asked, upload)
        content = _last_look(asked, facts, upload) if length else None
        if upload.trailing and not trailers:
            # The checksum came behind the body and is verified here; this store is not told of it.
            going.pop("x-amz-sdk-checksum-algorithm", None)
    return Outgoing(
        method=resolved.row.method,
        path=resolved.target.path,
        query=resolved.query,
        headers=going,
        body=content,
        length=length,
        payload=payload,
        trailers=trailers,
        is_slow=resolved.row.name in late_answers.OPERATIONS,
    )


def _last_look(asked: Asked, facts: Facts, upload: Verified) -> AsyncIterator[bytes]:
    """Return the bytes of an upload; the last one only while the upload is still allowed."""
    return verified.flow(upload, asked.receive, before_last=lambda: allowed.still(asked, facts))


def _framing(asked: Asked, upload: Verified) -> tuple[int, str, Trailers | None]:
    """Return how long an upload is for the store, by what it is bound, and which trailers go with it."""
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


async def _delete_objects(asked: Asked, judge: Judge, facts: Facts, reply: Reply) -> None:
    resolved = asked.resolved
    assert facts.document is not None  # noqa: S101 - a DeleteObjects without one was refused
    wanted = documents.deletion(facts.document)
    if not all(_is_fit(entry, asked.gate) for entry in wanted.entries):
        raise documents.malformed()
    if any(entry.etag is not None for entry in wanted.entries):
        honoured = asked.gate.capabilities.preconditions
        preconditions.check_store("DeleteObjects", {"if-match"}, honoured)
    facts = await with_tags(asked, facts, partial(permissions.deletions, wanted.entries))
    granted, refused, outcomes = await _decided_by_key(judge, wanted.entries, resolved, facts)
    await _record_keys(asked, outcomes)
    with asked.gate.documents.growing(asked.caller.account) as take:
        result = await own.delete_objects(asked.gate, resolved, tuple(granted), take)
    await _record_keys(asked, list(seen.refused_by_store(result, granted)))
    content = own.deletion_result(result, tuple(granted), tuple(refused), quiet=wanted.quiet)
    await reply.document(200, content)


async def _decided_by_key(
    judge: Judge, entries: tuple[Entry, ...], resolved: Resolved, facts: Facts
) -> tuple[list[Entry], list[Entry], list[KeyOutcome]]:
    """Return what may be deleted, what may not, and what the audit log is told of each key.

    The first refused key has its reasons sealed; that of the others is their decision, or a thousand would cost a thousand seals.
    """
    granted: list[Entry] = []
    refused: list[Entry] = []
    outcomes: list[KeyOutcome] = []
    for entry in entries:
        # A thousand decisions are no reason to keep everybody else waiting.
        await asyncio.sleep(0)
        asked_for = permissions.deletion(entry, resolved, facts)
        decisions = judge.weighed(asked_for)
        outcome = KeyOutcome("DeleteObject", entry.key, entry.version_id, decisions)
        if decisions[-1].decision.allowed:
            granted.append(entry)
        else:
            fault = None if refused else judge.refused(asked_for[len(decisions) - 1])
            reasons = fault.reasons if fault else ""
            outcome = replace(outcome, outcome="AccessDenied", reasons=reasons)
            refused.append(entry)
        outcomes.append(outcome)
    return granted, refused, outcomes


async def _record_keys(asked: Asked, outcomes: list[KeyOutcome]) -> None:
    """Write what became of each key, some in each turn of the event loop; raises a fault if it cannot be written."""
    assert asked.record_keys is not None  # noqa: S101 - whoever serves a request of several keys gives it
    for at in range(0, len(outcomes), limits.RECORDS_PER_TURN):
        await asked.record_keys(outcomes[at : at + limits.RECORDS_PER_TURN])


def _is_fit(entry: Entry, gate: Gate) -> bool:
    """Say whether an entry of a DeleteObjects names what a request of its own could name, with one reading as XML.

    There are readers that take blanks off the ends of a text: such a store would delete another object.
    """
    return (
        target.is_key(entry.key, dots=gate.rules.dot_segments)
        and (gate.capabilities.exact_deletions or entry.key == entry.key.strip())
        and (entry.version_id is None or target.is_id(entry.version_id))
    )


def _annotations(asked: Asked, judge: Judge, facts: Facts, outgoing: Outgoing) -> dict[str, str]:
    """Return the headers for the store: a copy leaves annotations behind for those who may not carry them along."""
    wanted = permissions.copied_annotations(asked.resolved, facts)
    going = dict(outgoing.headers)
    if not wanted:
        return going
    if not asked.gate.capabilities.annotations:
        going.pop("x-amz-object-annotation-directive", None)
    elif not judge.allows(*wanted):
        going["x-amz-object-annotation-directive"] = "EXCLUDE"
    return going


# What a client may not see.


def _hiding(refused: S3Error, asked: Asked, judge: Judge, facts: Facts) -> S3Error:
    """Turn "not there" into "not allowed" for those who may not list the bucket."""
    resolved = asked.resolved
    is_about_the_object = refused.status in {404, 405} and resolved.row.level is Level.OBJECT
    if not is_about_the_object or refused.code == "NoSuchUpload":
        # An upload's id is a secret, and whoever uploads has to know that it is over.
        return refused
    if judge.allows(*permissions.listings(resolved, facts)):
        return refused
    hidden = errors.denied()
    hidden.operator = f"{refused.code}, which is told to those alone who may list the bucket"
    return hidden


def _hidden(resolved: Resolved, judge: Judge, facts: Facts) -> frozenset[str]:
    """Return the answer's headers that need a right of their own, and that the caller lacks."""
    rights = permissions.header_rights(resolved, facts)
    return frozenset(name for name, need in rights.items() if not judge.allows(need))
