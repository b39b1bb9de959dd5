"""DeleteObjects: each key is authorized alone, and the allowed ones are deleted at the store."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from daypass.gate import limits
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import existing_tags
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.permissions import Permission, object_permission
from daypass.gate.decision.request_facts import ConditionKeys, ObjectName, RequestFacts
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import (
    documents,
    errors,
    expected_results,
    preconditions,
    store_answers,
    store_errors,
    success_answers,
)
from daypass.gate.protocol.documents import DeletionEntry, XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.reply import S3Reply
from daypass.gate.request import headers, request_target
from daypass.gate.request.operation_row import Conditions, DecidedBy, Level
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import KeyOutcome, RequestContext
from daypass.gate.s3_gate import Gate
from daypass.gate.store.store_request import StoreRequest, sha256_hex
from daypass.wire.errors import xml_text

_BYPASS_HEADER = "x-amz-bypass-governance-retention"


async def delete_objects(
    ctx: RequestContext, authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> None:
    """Delete the entries that are allowed, and answer with the outcome of each."""
    resolved = ctx.resolved
    assert facts.document is not None  # noqa: S101 - a request without one was refused
    deletion = documents.parse_deletion(facts.document)
    if not all(_is_deletable(entry, ctx.gate) for entry in deletion.entries):
        raise documents.malformed_xml()
    if any(entry.etag is not None for entry in deletion.entries):
        honoured = ctx.gate.capabilities.preconditions
        preconditions.check_store_support(resolved.row.name, {"if-match"}, honoured)
    facts = await existing_tags.with_existing_tags(
        facts,
        authorizer.asks_for_tags,
        ctx.gate.store,
        lambda: (
            each for entry in deletion.entries for each in entry_permissions(entry, resolved, facts)
        ),
    )
    granted, refused, outcomes = await _decide_by_key(authorizer, deletion.entries, resolved, facts)
    await _record_outcomes(ctx, outcomes)
    with ctx.gate.document_quota.reserve_growing(ctx.caller.account) as reserve:
        result = await delete_at_store(ctx.gate, resolved, tuple(granted), reserve)
    await _record_outcomes(ctx, list(_store_refusals(result, granted)))
    content = _delete_result(result, tuple(granted), tuple(refused), quiet=deletion.quiet)
    await reply.send_document(200, content)


def entry_permissions(
    entry: DeletionEntry, request: ResolvedRequest, facts: RequestFacts
) -> tuple[Permission, ...]:
    """Return the permissions that deleting one entry requires."""
    bucket = facts.bucket
    assert bucket is not None  # noqa: S101 - the gate has found it before it asks
    name = ObjectName(bucket.name, entry.key, entry.version_id)
    keys: ConditionKeys = {} if entry.etag is None else {"s3:if-match": entry.etag}
    actions = ["DeleteObject" if entry.version_id is None else "DeleteObjectVersion"]
    if entry.etag not in {None, "*"}:
        actions.append("GetObject")
    if _BYPASS_HEADER in request.headers:
        actions.append("BypassGovernanceRetention")
    return tuple(object_permission(each, bucket, name, facts, keys) for each in actions)


def _is_deletable(entry: DeletionEntry, gate: Gate) -> bool:
    """Say whether an entry names a valid key and version that survive XML unchanged.

    Some parsers strip blanks off the ends of a text: such a store would delete another object.
    """
    return (
        request_target.is_object_key(entry.key, allow_dot_segments=gate.rules.dot_segments)
        and (gate.capabilities.exact_deletions or entry.key == entry.key.strip())
        and (entry.version_id is None or request_target.is_resource_id(entry.version_id))
    )


async def _decide_by_key(
    authorizer: Authorizer,
    entries: tuple[DeletionEntry, ...],
    resolved: ResolvedRequest,
    facts: RequestFacts,
) -> tuple[list[DeletionEntry], list[DeletionEntry], list[KeyOutcome]]:
    """Return the allowed entries, the refused entries, and the outcome of each for the audit log.

    The first refused key has its reasons encrypted; the others have their decision alone, or a
    thousand refusals would cost a thousand encryptions.
    """
    granted: list[DeletionEntry] = []
    refused: list[DeletionEntry] = []
    outcomes: list[KeyOutcome] = []
    for entry in entries:
        # A thousand decisions in one turn would block the event loop.
        await asyncio.sleep(0)
        asked_for = entry_permissions(entry, resolved, facts)
        decisions = authorizer.decide_each(asked_for)
        outcome = KeyOutcome("DeleteObject", entry.key, entry.version_id, decisions)
        if decisions[-1].decision.allowed:
            granted.append(entry)
        else:
            fault = None if refused else authorizer.refusal(asked_for[len(decisions) - 1])
            reasons = fault.reasons if fault else ""
            outcome = replace(outcome, outcome="AccessDenied", reasons=reasons)
            refused.append(entry)
        outcomes.append(outcome)
    return granted, refused, outcomes


async def _record_outcomes(ctx: RequestContext, outcomes: list[KeyOutcome]) -> None:
    """Write an audit record for each key, a bounded number in each turn of the event loop.

    Raises a fault if they cannot be written.
    """
    assert ctx.record_key_outcomes is not None  # noqa: S101 - `serve` always gives it
    for at in range(0, len(outcomes), limits.RECORDS_PER_TURN):
        await ctx.record_key_outcomes(outcomes[at : at + limits.RECORDS_PER_TURN])


async def delete_at_store(
    gate: Gate,
    resolved: ResolvedRequest,
    entries: tuple[DeletionEntry, ...],
    reserve: Callable[[int], None],
) -> XMLElement:
    """Have the store delete the allowed entries, and return its result.

    Without entries no request is sent. `reserve` reserves quota for the result's bytes.
    """
    if not entries:
        return XMLElement("DeleteResult")
    expected, content = resolved.row.result, documents.deletion_document(entries)
    store_headers = headers.document_headers({}, content)
    if _BYPASS_HEADER in resolved.headers:
        store_headers[_BYPASS_HEADER] = resolved.headers[_BYPASS_HEADER]
    outgoing = StoreRequest(
        "POST",
        resolved.target.path,
        "delete=",
        store_headers,
        content,
        len(content),
        sha256_hex(content),
    )
    answer = await gate.store.send(outgoing)
    try:
        refused = await store_answers.store_refusal(answer, expected)
        if refused is not None:
            raise refused
        success_answers.check_head(answer.status, answer.headers, expected)
        content_of_result = await store_answers.read_whole(
            answer, limits.DELETE_BODY_BYTES_MAX, reserve=reserve
        )
        result = await _parse_result(content_of_result)
        success_answers.check_document(result, content_of_result, expected)
        return result
    finally:
        answer.release()


async def _parse_result(content: bytes) -> XMLElement:
    """Return the store's result parsed; a malformed one is the store's fault, not the client's."""
    try:
        result = await documents.parse_xml_in_turns(content, elements=limits.DELETE_ELEMENTS_MAX)
        for child in result.children:
            child.child_text("Key")
    except S3Error:
        raise store_errors.unintelligible_answer(
            "the store's DeleteResult cannot be read"
        ) from None
    return result


def _store_refusals(result: XMLElement, entries: Sequence[DeletionEntry]) -> Iterator[KeyOutcome]:
    """Yield the outcome of each key that the store reports as not deleted."""
    keys = {entry.key for entry in entries}
    for child in result.children:
        key = child.child_text("Key")
        if child.name == "Error" and key in keys:
            yield KeyOutcome(
                "DeleteObject",
                key or "",
                child.child_text("VersionId") or None,
                outcome=child.child_text("Code") or "InternalError",
                message=child.child_text("Message") or "",
            )


def _delete_result(
    result: XMLElement,
    allowed: tuple[DeletionEntry, ...],
    refused: tuple[DeletionEntry, ...],
    *,
    quiet: bool,
) -> bytes:
    """Return the answer: the store's report on allowed entries, AccessDenied for others.

    The store was told to report each entry: one that it reports neither as deleted nor as an error
    may still exist.
    """
    allowed_keys = {entry.key for entry in allowed}
    reported = [
        (child.child_text("Key"), child)
        for child in result.children
        if child.name in {"Deleted", "Error"} and child.child_text("Key") in allowed_keys
    ]
    parts = [
        documents.serialize_element(_told_to_client(child))
        for _, child in reported
        if not (quiet and child.name == "Deleted")
    ]
    reported_keys = {key for key, _ in reported}
    parts += [
        _error_element(entry, "InternalError", store_errors.INTERNAL_ERROR)
        for entry in allowed
        if entry.key not in reported_keys
    ]
    parts += [_error_element(entry, "AccessDenied", "Access Denied") for entry in refused]
    return bucket_records.xml_document("DeleteResult", "".join(parts))


def _told_to_client(child: XMLElement) -> XMLElement:
    """Return the store's report on a key, a 5xx with S3's message: the store's is about itself."""
    code = child.child_text("Code") or ""
    if child.name != "Error" or errors.STATUS_BY_CODE.get(code, 0) < _SERVER_ERROR:
        return child
    message = XMLElement("Message", store_errors.server_error_message(code))
    named = [each for each in child.children if each.name in {"Key", "VersionId", "Code"}]
    return XMLElement(child.name, "", [*named, message])


_SERVER_ERROR = 500


def _error_element(entry: DeletionEntry, code: str, message: str) -> str:
    """Return the `Error` element for an entry that was not deleted."""
    version = f"<VersionId>{xml_text(entry.version_id)}</VersionId>" if entry.version_id else ""
    return (
        f"<Error><Key>{xml_text(entry.key)}</Key>{version}"
        f"<Code>{code}</Code><Message>{message}</Message></Error>"
    )


OPERATIONS = (
    Operation(
        "DeleteObjects",
        Level.BUCKET,
        "POST",
        "delete",
        "DeleteObject",
        decided_by=DecidedBy.ENTRIES,
        body="xml",
        document_bytes_max=limits.DELETE_BODY_BYTES_MAX,
        document_elements_max=limits.DELETE_ELEMENTS_MAX,
        has_own_reader=True,
        needs_checksum=True,
        conditions=Conditions.ENTRIES,
        answer=delete_objects,
        result=expected_results.document_result("DeleteResult"),
    ),
)
