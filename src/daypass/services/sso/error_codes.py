"""The portal's error codes for faults.

SDKs say that one must sign in again at `UnauthorizedException` alone, so a live token is never
answered with it. Source: IAM Identity Center portal API reference, "Errors" of each operation, and
recorded answers.
"""

from collections.abc import Mapping

from daypass.core import faults

CODES: Mapping[type[faults.Fault], str] = {
    faults.Unauthenticated: "UnauthorizedException",
    faults.NoCredentials: "UnauthorizedException",
    faults.UnknownKey: "UnauthorizedException",
    faults.BadToken: "UnauthorizedException",
    faults.Expired: "UnauthorizedException",
    faults.BadAuthentication: "InvalidRequestException",
    faults.Denied: "ForbiddenException",
    faults.Invalid: "InvalidRequestException",
    faults.InvalidParameterValue: "InvalidRequestException",
    faults.Violation: "InvalidRequestException",
    faults.TooLarge: "InvalidRequestException",
    faults.Throttled: "TooManyRequestsException",
}
