"""STS's error codes for faults that its model names otherwise than the common errors."""

from collections.abc import Mapping

from daypass.core import faults

CODES: Mapping[type[faults.Fault], str] = {
    faults.Malformed: "MalformedPolicyDocument",
    faults.TooLarge: "PackedPolicyTooLarge",
    faults.BadMessage: "InvalidAuthorizationMessageException",
    faults.Invalid: "ValidationError",
    faults.InvalidParameterValue: "InvalidParameterValue",
    faults.WrongCode: "AccessDenied",
    faults.Denied: "AccessDenied",
}
