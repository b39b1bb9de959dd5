"""Organizations' error codes, and the message and Reason of requests that violate the model.

Source: Organizations API reference, "InvalidInputException"; the messages are those that users
report of AWS and that moto answers.
"""

from collections.abc import Mapping

from daypass.core import faults
from daypass.core.faults import ModelConstraint, Violation
from daypass.core.organizations.refusals import InputReason
from daypass.wire.validation_wording import ValidationWording

CODES: Mapping[type[faults.Fault], str] = {
    faults.Malformed: "MalformedPolicyDocumentException",
    faults.Violation: "InvalidInputException",
    faults.Invalid: "InvalidInputException",
    faults.Conflict: "ConcurrentModificationException",
    faults.Throttled: "TooManyRequestsException",
}

_NO_MATCH = "You provided a value that does not match the required pattern."
_INVALID_VALUE = "You specified an invalid value."

WORDING = ValidationWording(
    constraint_sentences={
        (ModelConstraint.PATTERN, ""): _NO_MATCH,
        (ModelConstraint.PATTERN, "policyId"): _INVALID_VALUE,
        (ModelConstraint.PATTERN, "targetId"): _INVALID_VALUE,
        (ModelConstraint.ENUM, ""): _INVALID_VALUE,
    }
)

_REASONS: Mapping[ModelConstraint, InputReason] = {
    ModelConstraint.REQUIRED: InputReason.INPUT_REQUIRED,
    ModelConstraint.LENGTH_MIN: InputReason.MIN_LENGTH_EXCEEDED,
    ModelConstraint.LENGTH_MAX: InputReason.MAX_LENGTH_EXCEEDED,
    ModelConstraint.VALUE_MIN: InputReason.MIN_VALUE_EXCEEDED,
    ModelConstraint.VALUE_MAX: InputReason.MAX_VALUE_EXCEEDED,
    ModelConstraint.PATTERN: InputReason.INVALID_PATTERN,
    ModelConstraint.ENUM: InputReason.INVALID_ENUM,
}
"""The Reason for each kind of constraint."""
_PARAMETER_REASONS: Mapping[tuple[ModelConstraint | None, str], InputReason] = {
    (None, "NextToken"): InputReason.INVALID_NEXT_TOKEN,
    (ModelConstraint.PATTERN, "policyId"): InputReason.INVALID_SYNTAX_POLICY_ID,
    (ModelConstraint.PATTERN, "targetId"): InputReason.INVALID_PATTERN_TARGET_ID,
    (ModelConstraint.ENUM, "policyType"): InputReason.INVALID_ENUM_POLICY_TYPE,
    (ModelConstraint.ENUM, "type"): InputReason.INVALID_ENUM_POLICY_TYPE,
    (ModelConstraint.ENUM, "filter"): InputReason.INVALID_ENUM_POLICY_TYPE,
    (ModelConstraint.ENUM, "target.type"): InputReason.INVALID_PARTY_TYPE_TARGET,
}
"""Reasons of single parameters, which take precedence."""


_TRANSFER_OPERATIONS = "Responsibility"
"""Part of the names of operations whose `Type` is not a policy type."""


def reason_details(violation: Violation, operation: str) -> Mapping[str, str]:
    """Return the `Reason` of a violation of an operation's model."""
    specific = _PARAMETER_REASONS.get((violation.constraint, violation.member))
    if specific is InputReason.INVALID_ENUM_POLICY_TYPE and _TRANSFER_OPERATIONS in operation:
        specific = InputReason.INVALID_ENUM
    if violation.constraint is ModelConstraint.ENUM and violation.member.endswith(".member"):
        specific = InputReason.INVALID_LIST_MEMBER
    reason = specific or (
        _REASONS[violation.constraint] if violation.constraint else InputReason.INVALID_PATTERN
    )
    return {"Reason": str(reason)}
