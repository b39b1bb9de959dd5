"""The error codes of `sso-admin` for faults; all but an internal failure have HTTP status 400.

Source: IAM Identity Center API reference, "Errors" of each operation. The codes of the other faults
are those of every JSON API.
"""

from collections.abc import Mapping

from daypass.core import faults

CODES: Mapping[type[faults.Fault], str] = {
    faults.NotFound: "ResourceNotFoundException",
    faults.AlreadyExists: "ConflictException",
    faults.InUse: "ConflictException",
    faults.Conflict: "ConflictException",
    faults.TooMany: "ServiceQuotaExceededException",
    faults.Malformed: "ValidationException",
    faults.Unmodifiable: "ValidationException",
}
FAILURE_CODE = "InternalServerException"
