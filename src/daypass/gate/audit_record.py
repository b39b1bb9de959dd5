"""The audit record of a request at the gate, and of each key of a DeleteObjects."""

from collections.abc import Sequence

from daypass.core.audit_records.s3_parameters import recorded_s3_request
from daypass.gate.authority import AuditRecord, SignatureClaim
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import ClientConnection, KeyOutcome
from daypass.services.kit.audit_fields import decided_resources, decision_lines, session_fields
from daypass.services.kit.authorization import AuditedDecision
from daypass.services.kit.caller import Caller


def request_record(  # noqa: PLR0913 - what is known of a request when it is told of
    *,
    request: str,
    client: ClientConnection,
    claim: SignatureClaim | None,
    caller: Caller | None,
    resolved: ResolvedRequest | None,
    facts: RequestFacts | None,
    decisions: Sequence[AuditedDecision],
    outcome: str,
    message: str,
    reasons: str,
    revision: int,
) -> AuditRecord:
    """Return the audit record of a request, with empty fields for what is not known of it yet."""
    return AuditRecord(
        request=request,
        operation=resolved.row.name if resolved else "",
        account=caller.account if caller else "",
        principal=caller.principal.arn if caller else "",
        key=claim.credential_id if claim else "",
        source=client.address,
        agent=client.framing.get("user-agent", ""),
        resource=resolved.target.path if resolved else "",
        outcome=outcome,
        message=message,
        reasons=reasons,
        revision=revision,
        region=claim.region if claim else "",
        principal_id=caller.user_id if caller else "",
        session=session_fields(caller),
        parameters=_recorded_parameters(resolved, facts) if resolved else {},
        decisions=decision_lines(decisions),
        resources=decided_resources(decisions, ""),
        signature="SigV2" if claim is not None and claim.signature_version == "AWS" else "",
    )


def _recorded_parameters(
    resolved: ResolvedRequest, facts: RequestFacts | None
) -> dict[str, object]:
    names_and_values = {**resolved.headers, **resolved.arguments}
    if resolved.source is not None:
        # The resolved source, because that is what was decided on.
        names_and_values["x-amz-copy-source"] = resolved.source.header_value
    target, document = resolved.target, facts.body if facts else b""
    return recorded_s3_request(
        resolved.row.name, target.bucket, target.key, names_and_values, document
    )


def key_record(request_wide: AuditRecord, bucket: str, outcome: KeyOutcome) -> AuditRecord:
    """Return the audit record of one key; `request_wide` is the record of its request."""
    named = {} if outcome.version_id is None else {"versionId": outcome.version_id}
    return AuditRecord(
        request=request_wide.request,
        operation=outcome.operation,
        account=request_wide.account,
        principal=request_wide.principal,
        key=request_wide.key,
        source=request_wide.source,
        agent=request_wide.agent,
        resource=f"/{bucket}/{outcome.key}",
        outcome=outcome.outcome,
        message=outcome.message,
        reasons=outcome.reasons,
        revision=request_wide.revision,
        region=request_wide.region,
        principal_id=request_wide.principal_id,
        session=request_wide.session,
        parameters=recorded_s3_request(outcome.operation, bucket, outcome.key, named),
        decisions=decision_lines(outcome.decisions),
        resources=decided_resources(outcome.decisions, ""),
        signature=request_wide.signature,
    )
