"""What an audit record says of a caller's session, and of what was decided about a call: the same for every door."""

from collections.abc import Sequence

from daypass.services.kit.authorization import AuditedDecision
from daypass.services.kit.caller import Caller

DECISIONS_MAX = 32
"""Decisions, and resources, that one record names; a call of DeleteObjects has a record for each
of its keys."""


def session_fields(caller: Caller | None) -> dict[str, str | int]:
    """Return what is known of the caller's session, by CloudTrail's names; empty for a long-term key.

    A session of root that an operator took on the server's host has the operator's name.
    """
    if caller is None or caller.session is None:
        return {}
    session = caller.session
    found: dict[str, str | int] = {"creationDate": session.issued}
    if caller.principal.role_arn:
        found["sessionIssuer"] = caller.principal.role_arn
    if session.session_name:
        found["sessionName"] = session.session_name
    if session.mfa_time is not None:
        found["mfaAuthenticated"] = "true"
    if session.source_identity:
        found["sourceIdentity"] = session.source_identity
    return found


def decision_lines(decisions: Sequence[AuditedDecision]) -> tuple[str, ...]:
    """Return each decision once, in words, in the order in which they were made; how many more there were, at the end."""
    if len(decisions) == 1:
        return (str(decisions[0]),)
    return _limit_lines(list(dict.fromkeys(map(str, decisions))))


def decided_resources(decisions: Sequence[AuditedDecision], first: str) -> tuple[str, ...]:
    """Return every ARN that was decided about, once; empty where `first`, which the record names already, is all of them."""
    if len(decisions) == 1 and decisions[0].resource == first:
        return ()
    if not decisions:
        return ()
    found = list(dict.fromkeys(each.resource for each in decisions))
    return () if found in ([], [first]) else _limit_lines(found)


def _limit_lines(found: list[str]) -> tuple[str, ...]:
    if len(found) <= DECISIONS_MAX:
        return tuple(found)
    return (*found[:DECISIONS_MAX], f"… ({len(found)} in all)")
