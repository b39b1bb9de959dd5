"""STS's words for our faults."""

from collections.abc import Mapping

from daypass.core import faults

CODES: Mapping[type[faults.Fault], str] = {
    faults.Malformed: "MalformedPolicyDocument",
    faults.TooLarge: "PackedPolicyTooLarge",
    faults.BadMessage: "InvalidAuthorizationMessageException",
    faults.Invalid: "ValidationError",
    faults.WrongCode: "AccessDenied",
    faults.Denied: "AccessDenied",
}
