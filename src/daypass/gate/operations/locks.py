"""Operations on object locks: retention and legal hold of one object."""

from daypass.gate.decision import condition_keys
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.operations.objects import VERSION, bypass_permission
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import expected_results
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.request.operation_row import DecidedBy, Level
from daypass.gate.request.resolved_request import ResolvedRequest


def _retention_keys(_request: ResolvedRequest, facts: RequestFacts) -> ConditionKeys:
    root = facts.document
    if root is None:
        return {}
    duration = next(root.children_named("EventHoldDuration"), XMLElement(""))
    return condition_keys.object_lock_keys(
        mode=root.child_text("Mode"),
        until=root.child_text("RetainUntilDate"),
        event=root.child_text("EventHold"),
        days=duration.child_text("Days"),
        years=duration.child_text("Years"),
        now=facts.now,
    )


def _legal_hold_keys(_request: ResolvedRequest, facts: RequestFacts) -> ConditionKeys:
    if facts.document is None:
        return {}
    return condition_keys.object_lock_keys(hold=facts.document.child_text("Status"), now=facts.now)


OPERATIONS = (
    Operation(
        "GetObjectRetention",
        Level.OBJECT,
        "GET",
        "retention",
        "GetObjectRetention",
        arguments=VERSION,
        result=expected_results.document_result("Retention"),
    ),
    Operation(
        "PutObjectRetention",
        Level.OBJECT,
        "PUT",
        "retention",
        "PutObjectRetention",
        decided_by=DecidedBy.DOCUMENT,
        arguments=VERSION,
        body="xml",
        permissions=bypass_permission,
        condition_keys=_retention_keys,
        result=expected_results.LOCKABLE,
    ),
    Operation(
        "GetObjectLegalHold",
        Level.OBJECT,
        "GET",
        "legal-hold",
        "GetObjectLegalHold",
        arguments=VERSION,
        result=expected_results.document_result("LegalHold"),
    ),
    Operation(
        "PutObjectLegalHold",
        Level.OBJECT,
        "PUT",
        "legal-hold",
        "PutObjectLegalHold",
        decided_by=DecidedBy.DOCUMENT,
        arguments=VERSION,
        body="xml",
        condition_keys=_legal_hold_keys,
        result=expected_results.LOCKABLE,
    ),
)
