"""IAM's error codes for faults that its model names otherwise than the common errors."""

from collections.abc import Mapping

from daypass.core import faults

CODES: Mapping[type[faults.Fault], str] = {
    faults.NotFound: "NoSuchEntity",
    faults.AlreadyExists: "EntityAlreadyExists",
    faults.InUse: "DeleteConflict",
    faults.TooMany: "LimitExceeded",
    faults.Malformed: "MalformedPolicyDocument",
    faults.Invalid: "InvalidInput",
    faults.Conflict: "ConcurrentModification",
    faults.Unmodifiable: "UnmodifiableEntity",
    faults.WrongCode: "InvalidAuthenticationCode",
    faults.UnusableSession: "InvalidClientTokenId",
}
