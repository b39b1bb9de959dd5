"""The permissions that a request requires: its action, and what its operation's hooks add."""

from daypass.core.policy.language.resources import requested_resource
from daypass.gate.decision.permissions import Permission, source_permissions, target_permission
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.operations.operation import GuardedHeaders, operation_of
from daypass.gate.request.operation_row import Level
from daypass.gate.request.resolved_request import ResolvedRequest


def required_permissions(request: ResolvedRequest, facts: RequestFacts) -> tuple[Permission, ...]:
    """Return every required permission, in the order in which a refusal is reported."""
    operation = operation_of(request)
    if operation.level is Level.SERVICE:
        action = f"s3:{operation.action}"
        return (Permission(action, requested_resource(action, "*"), "", facts.signature_keys),)
    replaced = operation.replacement_permissions(request, facts)
    if replaced:
        return replaced
    keys = operation.condition_keys(request, facts)
    return (
        target_permission(operation.action_for(request.version_id), request, facts, keys),
        *operation.permissions(request, facts, keys),
        *source_permissions(request, facts),
    )


def header_permission(
    guarded: GuardedHeaders, request: ResolvedRequest, facts: RequestFacts
) -> Permission:
    """Return the permission that guarded headers of an answer need."""
    action = guarded.action if request.version_id is None else guarded.version_action
    return target_permission(action, request, facts)


def object_permissions(request: ResolvedRequest, facts: RequestFacts) -> tuple[Permission, ...]:
    """Return every permission on the request's objects that may be decided until it is answered."""
    operation = operation_of(request)
    if operation.level is not Level.OBJECT:
        return ()
    return (
        *required_permissions(request, facts),
        *operation.copied_metadata_permissions(request, facts),
        *(header_permission(each, request, facts) for each in operation.guarded_headers),
    )
