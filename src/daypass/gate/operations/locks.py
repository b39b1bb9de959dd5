"""Object locks: retention and legal holds of one object."""

from daypass.gate.decision import condition_keys
from daypass.gate.decision.request_facts import Facts, Keys
from daypass.gate.operations.objects import VERSION, bypass
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import expected_results
from daypass.gate.protocol.documents import Element
from daypass.gate.request.operation_row import DecidedBy, Level
from daypass.gate.request.resolved_request import Resolved


def _retention_keys(_request: Resolved, facts: Facts) -> Keys:
    root = facts.document
    if root is None:
        return {}
    duration = next(root.all("EventHoldDuration"), Element(""))
    return condition_keys.of_lock(
        mode=root.one("Mode"),
        until=root.one("RetainUntilDate"),
        event=root.one("EventHold"),
        days=duration.one("Days"),
        years=duration.one("Years"),
        now=facts.now,
    )


def _legal_hold_keys(_request: Resolved, facts: Facts) -> Keys:
    if facts.document is None:
        return {}
    return condition_keys.of_lock(hold=facts.document.one("Status"), now=facts.now)


OPERATIONS = (
    Operation(
        "GetObjectRetention",
        Level.OBJECT,
        "GET",
        "retention",
        "GetObjectRetention",
        arguments=VERSION,
        result=expected_results.document("Retention"),
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
        permissions=bypass,
        condition_keys=_retention_keys,
        result=expected_results.LOCKED,
    ),
    Operation(
        "GetObjectLegalHold",
        Level.OBJECT,
        "GET",
        "legal-hold",
        "GetObjectLegalHold",
        arguments=VERSION,
        result=expected_results.document("LegalHold"),
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
        result=expected_results.LOCKED,
    ),
)
