"""Many objects deleted by one request: each is decided alone, the allowed ones go to the store."""

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
from daypass.gate.store.upstream import StoreRequest, sha256_hex
from daypass.wire.errors import xml_text

_BYPASS_HEADER = "x-amz-bypass-governance-retention"


async def delete_objects(
    asked: RequestContext, authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> None:
    """Delete the entries that are allowed, and answer what became of each."""
    resolved = asked.resolved
    assert facts.document is not None  # noqa: S101 - a request without one was refused
    wanted = documents.parse_deletion(facts.document)
    if not all(_is_deletable(entry, asked.gate) for entry in wanted.entries):
        raise documents.malformed_xml()
    if any(entry.etag is not None for entry in wanted.entries):
        honoured = asked.gate.capabilities.preconditions
        preconditions.check_store_support(resolved.row.name, {"if-match"}, honoured)
    facts = await existing_tags.with_existing_tags(
        facts,
        authorizer,
        asked.gate.store,
        lambda: (
            each for entry in wanted.entries for each in entry_permissions(entry, resolved, facts)
        ),
    )
    granted, refused, outcomes = await _decide_by_key(authorizer, wanted.entries, resolved, facts)
    await _record_keys(asked, outcomes)
    with asked.gate.documents.growing(asked.caller.account) as take:
        result = await delete_at_store(asked.gate, resolved, tuple(granted), take)
    await _record_keys(asked, list(_store_refusals(result, granted)))
    content = _delete_result(result, tuple(granted), tuple(refused), quiet=wanted.quiet)
    await reply.document(200, content)


def entry_permissions(
    entry: DeletionEntry, request: ResolvedRequest, facts: RequestFacts
) -> tuple[Permission, ...]:
    """Return what one entry needs."""
    bucket = facts.bucket
    assert bucket is not None  # noqa: S101 - the gate has found it before it asks
    name = ObjectName(bucket.name, entry.key, entry.version_id)
    given: ConditionKeys = {} if entry.etag is None else {"s3:if-match": entry.etag}
    actions = ["DeleteObject" if entry.version_id is None else "DeleteObjectVersion"]
    if entry.etag not in {None, "*"}:
        actions.append("GetObject")
    if _BYPASS_HEADER in request.headers:
        actions.append("BypassGovernanceRetention")
    return tuple(object_permission(each, bucket, name, facts, given) for each in actions)


def _is_deletable(entry: DeletionEntry, gate: Gate) -> bool:
    """Say whether an entry names what a request of its own could name, with one reading as XML.

    Some readers take blanks off the ends of a text: such a store would delete another object.
    """
    return (
        request_target.is_object_key(entry.key, dots=gate.rules.dot_segments)
        and (gate.capabilities.exact_deletions or entry.key == entry.key.strip())
        and (entry.version_id is None or request_target.is_resource_id(entry.version_id))
    )


async def _decide_by_key(
    authorizer: Authorizer,
    entries: tuple[DeletionEntry, ...],
    resolved: ResolvedRequest,
    facts: RequestFacts,
) -> tuple[list[DeletionEntry], list[DeletionEntry], list[KeyOutcome]]:
    """Return what may be deleted, what may not, and what the audit log is told of each key.

    The first refused key has its reasons sealed; the others have their decision alone, or a
    thousand refusals would cost a thousand seals.
    """
    granted: list[DeletionEntry] = []
    refused: list[DeletionEntry] = []
    outcomes: list[KeyOutcome] = []
    for entry in entries:
        # A thousand decisions are no reason to keep everybody else waiting.
        await asyncio.sleep(0)
        asked_for = entry_permissions(entry, resolved, facts)
        decisions = authorizer.weighed(asked_for)
        outcome = KeyOutcome("DeleteObject", entry.key, entry.version_id, decisions)
        if decisions[-1].decision.allowed:
            granted.append(entry)
        else:
            fault = None if refused else authorizer.refused(asked_for[len(decisions) - 1])
            reasons = fault.reasons if fault else ""
            outcome = replace(outcome, outcome="AccessDenied", reasons=reasons)
            refused.append(entry)
        outcomes.append(outcome)
    return granted, refused, outcomes


async def _record_keys(asked: RequestContext, outcomes: list[KeyOutcome]) -> None:
    """Write what became of each key, some in each turn of the event loop.

    Raises a fault if it cannot be written.
    """
    assert asked.record_keys is not None  # noqa: S101 - `serve` always gives it
    for at in range(0, len(outcomes), limits.RECORDS_PER_TURN):
        await asked.record_keys(outcomes[at : at + limits.RECORDS_PER_TURN])


async def delete_at_store(
    gate: Gate,
    resolved: ResolvedRequest,
    entries: tuple[DeletionEntry, ...],
    take: Callable[[int], None],
) -> XMLElement:
    """Have the store delete the allowed entries, and return its result.

    Without any it is not asked. `take` takes room for the result.
    """
    if not entries:
        return XMLElement("DeleteResult")
    expected, content = resolved.row.result, documents.deletion_document(entries)
    going = headers.document_headers({}, content)
    if _BYPASS_HEADER in resolved.headers:
        going[_BYPASS_HEADER] = resolved.headers[_BYPASS_HEADER]
    outgoing = StoreRequest(
        "POST", resolved.target.path, "delete=", going, content, len(content), sha256_hex(content)
    )
    answer = await gate.store.send(outgoing)
    try:
        refused = await store_answers.store_refusal(answer, expected)
        if refused is not None:
            raise refused
        success_answers.check_head(answer.status, answer.headers, expected)
        found = await store_answers.read_whole(answer, limits.DELETE_BODY_BYTES_MAX, take=take)
        result = await _parse_result(found)
        success_answers.check_document(result, found, expected)
        return result
    finally:
        answer.release()


async def _parse_result(content: bytes) -> XMLElement:
    """Read a result; one that cannot be read is the store's mistake, and not the client's."""
    try:
        result = await documents.parse_xml_in_turns(content, elements=limits.DELETE_ELEMENTS_MAX)
        for child in result.children:
            child.one("Key")
    except S3Error:
        raise store_errors.unintelligible_answer(
            "the store's DeleteResult cannot be read"
        ) from None
    return result


def _store_refusals(result: XMLElement, asked: Sequence[DeletionEntry]) -> Iterator[KeyOutcome]:
    """Yield how it ended for each key that the store says was not deleted."""
    keys = {entry.key for entry in asked}
    for child in result.children:
        key = child.one("Key")
        if child.name == "Error" and key in keys:
            yield KeyOutcome(
                "DeleteObject",
                key or "",
                child.one("VersionId") or None,
                outcome=child.one("Code") or "InternalError",
                message=child.one("Message") or "",
            )


def _delete_result(
    result: XMLElement,
    allowed: tuple[DeletionEntry, ...],
    refused: tuple[DeletionEntry, ...],
    *,
    quiet: bool,
) -> bytes:
    """Return the answer: what the store says of the allowed entries, and a refusal for each other.

    The store was asked to report each: one that it reports neither as deleted nor as an error may
    still be there.
    """
    asked = {entry.key for entry in allowed}
    said = [
        (child.one("Key"), child)
        for child in result.children
        if child.name in {"Deleted", "Error"} and child.one("Key") in asked
    ]
    parts = [
        documents.serialize_element(child)
        for _, child in said
        if not (quiet and child.name == "Deleted")
    ]
    known = {key for key, _ in said}
    parts += [
        _error_element(entry, "InternalError", store_errors.INTERNAL_ERROR)
        for entry in allowed
        if entry.key not in known
    ]
    parts += [_error_element(entry, "AccessDenied", "Access Denied") for entry in refused]
    return bucket_records.xml_document("DeleteResult", "".join(parts))


def _error_element(entry: DeletionEntry, code: str, message: str) -> str:
    """Return what the answer says of an entry that was not deleted."""
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
