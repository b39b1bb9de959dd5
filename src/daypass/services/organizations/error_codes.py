"""Organizations' error codes for faults, and the Reason of requests that violate the model.

Source: Organizations API reference, "InvalidInputException".
"""

from collections.abc import Mapping

from daypass.core import faults
from daypass.core.faults import Bound, Violation
from daypass.core.organizations.refusals import Input

CODES: Mapping[type[faults.Fault], str] = {
    faults.Malformed: "MalformedPolicyDocumentException",
    faults.Violation: "InvalidInputException",
    faults.Invalid: "InvalidInputException",
    faults.Conflict: "ConcurrentModificationException",
    faults.Throttled: "TooManyRequestsException",
}

_REASONS: Mapping[Bound, Input] = {
    Bound.REQUIRED: Input.INPUT_REQUIRED,
    Bound.LENGTH_MIN: Input.MIN_LENGTH_EXCEEDED,
    Bound.LENGTH_MAX: Input.MAX_LENGTH_EXCEEDED,
    Bound.VALUE_MIN: Input.MIN_VALUE_EXCEEDED,
    Bound.VALUE_MAX: Input.MAX_VALUE_EXCEEDED,
    Bound.PATTERN: Input.INVALID_PATTERN,
    Bound.ENUM: Input.INVALID_ENUM,
}
"""The Reason for each kind of constraint."""
_PARAMETER_REASONS: Mapping[tuple[Bound | None, str], Input] = {
    (None, "NextToken"): Input.INVALID_NEXT_TOKEN,
    (Bound.PATTERN, "policyId"): Input.INVALID_SYNTAX_POLICY_ID,
    (Bound.PATTERN, "targetId"): Input.INVALID_PATTERN_TARGET_ID,
    (Bound.ENUM, "policyType"): Input.INVALID_ENUM_POLICY_TYPE,
    (Bound.ENUM, "type"): Input.INVALID_ENUM_POLICY_TYPE,
    (Bound.ENUM, "filter"): Input.INVALID_ENUM_POLICY_TYPE,
    (Bound.ENUM, "target.type"): Input.INVALID_PARTY_TYPE_TARGET,
}
"""Reasons of single parameters, which take precedence."""


_TRANSFER_OPERATIONS = "Responsibility"
"""Part of the names of operations whose `Type` is not a policy type."""


def reason_details(violation: Violation, operation: str) -> Mapping[str, str]:
    """Return the `Reason` of a violation of an operation's model."""
    own = _PARAMETER_REASONS.get((violation.bound, violation.member))
    if own is Input.INVALID_ENUM_POLICY_TYPE and _TRANSFER_OPERATIONS in operation:
        own = Input.INVALID_ENUM
    if violation.bound is Bound.ENUM and violation.member.endswith(".member"):
        own = Input.INVALID_LIST_MEMBER
    reason = own or (_REASONS[violation.bound] if violation.bound else Input.INVALID_PATTERN)
    return {"Reason": str(reason)}
