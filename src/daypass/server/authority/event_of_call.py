"""The audit event of a call, with whatever is known of the call when it ends."""

from typing import Any

from daypass.core.audit_records.recorded_parameters import redacted_parameters, redacted_result
from daypass.core.audit_records.texts import escape_text, escape_texts
from daypass.server.audit.event import Event
from daypass.server.authority.call import Call
from daypass.services.kit.audit_fields import (
    caller_names,
    decided_resources,
    decision_lines,
    session_fields,
)


def event_of_call(call: Call[Any], outcome: str, message: str, reasons: str = "") -> Event:
    """Return the audit event of a call that has ended.

    `outcome` is `ok` or an error code, `reasons` a sealed explanation of a refusal or empty. Fields
    that the call did not get far enough to know are empty.
    """
    operation, caller, context, peer = call.operation, call.caller, call.context, call.peer
    decisions = context.decisions if context else ()
    resource = call.resource or (decisions[0].resource if decisions else "")
    others = decided_resources(decisions, resource) if decisions else ()
    account, principal, principal_id = caller_names(caller) if caller else ("", "", "")
    key, agent, resource, region = escape_texts(
        (call.credential_id, peer.user_agent, resource, call.region)
    )
    return Event(
        time=call.moment.wall,
        request=call.id,
        service=operation.service.name if operation else "",
        operation=operation.name if operation else "",
        account=account,
        principal=principal,
        key=key,
        source=peer.address or ("" if call.operator else "unknown"),
        agent=agent,
        resource=resource,
        outcome=outcome,
        message=escape_text(message) if message else "",
        decisions=decision_lines(decisions) if decisions else (),
        reasons=reasons,
        revision=context.directory.position.seq if context else 0,
        detail={"by": escape_text(call.operator)} if call.operator else {},
        region=region,
        principal_id=principal_id,
        session=session_fields(caller) if caller and caller.session else {},
        parameters=_recorded_parameters(call),
        response=redacted_result(call.recorded_answer, operation.secret_results)
        if operation and call.recorded_answer
        else {},
        resources=tuple(map(escape_text, others)) if others else (),
    )


def _recorded_parameters(call: Call[Any]) -> dict[str, object]:
    """Return the call's parameters as the record shows them; empty while they are not known."""
    if call.operation is None or not call.params:
        return {}
    known = call.codec.recorded_parameters
    if known is not None:
        return known
    return redacted_parameters(call.params, call.operation.secret_parameters)
