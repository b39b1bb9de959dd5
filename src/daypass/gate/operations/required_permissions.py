"""What a request needs to be allowed: its action, and what its operation adds to that."""

from collections.abc import Mapping

from daypass.gate.decision.permissions import Permission, source_permissions, target_permission
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.operations.operation import operation_of
from daypass.gate.request.operation_row import Level
from daypass.gate.request.resolved_request import ResolvedRequest


def required_permissions(request: ResolvedRequest, facts: RequestFacts) -> tuple[Permission, ...]:
    """Return everything that must be allowed, in the order in which a refusal is reported."""
    operation = operation_of(request)
    if operation.level is Level.SERVICE:
        return (Permission(f"s3:{operation.action}", "arn:aws:s3:::*", "", facts.common),)
    instead = operation.permissions_instead(request, facts)
    if instead:
        return instead
    given = operation.condition_keys(request, facts)
    return (
        target_permission(operation.action_for(request.version_id), request, facts, given),
        *operation.permissions(request, facts, given),
        *source_permissions(request, facts),
    )


def header_permissions(request: ResolvedRequest, facts: RequestFacts) -> Mapping[str, Permission]:
    """Return the headers of an answer that need a right of their own, each with what it needs."""
    found: dict[str, Permission] = {}
    for guarded in operation_of(request).guarded_headers:
        action = guarded.action if request.version_id is None else guarded.versioned
        found |= dict.fromkeys(guarded.names, target_permission(action, request, facts))
    return found


def object_permissions(request: ResolvedRequest, facts: RequestFacts) -> tuple[Permission, ...]:
    """Return everything that may be asked about the objects of a request until it is answered."""
    operation = operation_of(request)
    if operation.level is not Level.OBJECT:
        return ()
    return (
        *required_permissions(request, facts),
        *operation.carried_along(request, facts),
        *header_permissions(request, facts).values(),
    )
