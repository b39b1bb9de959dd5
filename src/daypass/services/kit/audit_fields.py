"""Audit record fields about a caller's session and a call's decisions, for every door."""

from collections.abc import Sequence

from daypass.services.kit.authorization import AuditedDecision
from daypass.services.kit.caller import Caller

DECISIONS_MAX = 32
"""Decisions, and resources, that one record names; a call of DeleteObjects has a record for each of
its keys."""


def caller_names(caller: Caller) -> tuple[str, str, str]:
    """Return the account, the ARN and the unique id by which a record names a caller.

    A person with an access token is named by the user id alone: names and addresses of people are
    personal data, as those of accounts are. The account is the one that owns the instance.
    """
    if caller.person is not None:
        person = caller.person.person
        return caller.person.instance.owner, person.arn, person.id
    return caller.principal.account, caller.principal.arn, caller.user_id


def session_fields(caller: Caller | None) -> dict[str, str | int]:
    """Return the caller's session by CloudTrail's names; empty for a long-term key.

    A session of root that an operator opened on the server's host has the operator's name.
    """
    if caller is None or caller.session is None:
        return {}
    session = caller.session
    fields: dict[str, str | int] = {"creationDate": session.issued}
    if caller.principal.role_arn:
        fields["sessionIssuer"] = caller.principal.role_arn
    if session.session_name:
        fields["sessionName"] = session.session_name
    if session.mfa_time is not None:
        fields["mfaAuthenticated"] = "true"
    if session.source_identity:
        fields["sourceIdentity"] = session.source_identity
    if session.scope_downs:
        fields["scopedPoliciesCount"] = len(session.scope_downs)
    if session.person is not None:
        fields["onBehalfOf"] = session.person.person
    return fields


def decision_lines(decisions: Sequence[AuditedDecision]) -> tuple[str, ...]:
    """Return each distinct decision as a line, in order.

    After `DECISIONS_MAX` lines one more says how many there were.
    """
    if len(decisions) == 1:
        return (str(decisions[0]),)
    return _limit_lines(list(dict.fromkeys(map(str, decisions))))


def decided_resources(decisions: Sequence[AuditedDecision], first: str) -> tuple[str, ...]:
    """Return each distinct ARN that was decided about; empty if `first` is the only one.

    `first` is the resource that the record names anyway.
    """
    if len(decisions) == 1 and decisions[0].resource == first:
        return ()
    if not decisions:
        return ()
    arns = list(dict.fromkeys(each.resource for each in decisions))
    return () if arns in ([], [first]) else _limit_lines(arns)


def _limit_lines(lines: list[str]) -> tuple[str, ...]:
    """Return at most `DECISIONS_MAX` lines, and then a line with their number."""
    if len(lines) <= DECISIONS_MAX:
        return tuple(lines)
    return (*lines[:DECISIONS_MAX], f"… ({len(lines)} in all)")
