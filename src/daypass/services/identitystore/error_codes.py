"""The identity store's error codes for faults; all but an internal failure have HTTP status 400.

Source: identity store API reference, "Errors" of each operation. The codes of the other faults are
those of every JSON API.
"""

from collections.abc import Mapping

from daypass.core import faults

CODES: Mapping[type[faults.Fault], str] = {
    faults.NotFound: "ResourceNotFoundException",
    faults.AlreadyExists: "ConflictException",
    faults.Conflict: "ConflictException",
    faults.TooMany: "ServiceQuotaExceededException",
}
FAILURE_CODE = "InternalServerException"
