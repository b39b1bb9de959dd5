"""S3's error answers: a code, a message and extra elements, as XML without a namespace.

Source: S3 API reference, "Error responses".
"""

from collections.abc import Mapping
from types import MappingProxyType

from daypass.core import faults
from daypass.gate.authority import SignatureClaim
from daypass.state.store import Unavailable
from daypass.wire.errors import xml_text

_NO_ELEMENTS: Mapping[str, str] = MappingProxyType({})

_CODES_BY_STATUS: Mapping[int, str] = {
    403: "AccessDenied AccessForbidden AllAccessDisabled InvalidAccessKeyId RequestTimeTooSkewed"
    " SignatureDoesNotMatch InvalidObjectState",
    404: "NoSuchBucket NoSuchKey NoSuchVersion NoSuchUpload NoSuchBucketPolicy NoSuchTagSet"
    " NoSuchCORSConfiguration NoSuchLifecycleConfiguration NoSuchWebsiteConfiguration"
    " NoSuchPublicAccessBlockConfiguration OwnershipControlsNotFoundError"
    " NoSuchObjectLockConfiguration ReplicationConfigurationNotFoundError"
    " ObjectLockConfigurationNotFoundError ServerSideEncryptionConfigurationNotFoundError",
    405: "MethodNotAllowed",
    409: "BucketAlreadyExists BucketAlreadyOwnedByYou BucketNotEmpty OperationAborted"
    " ConditionalRequestConflict InvalidBucketState",
    411: "MissingContentLength",
    412: "PreconditionFailed",
    416: "InvalidRange",
    417: "ExpectationFailed",
    500: "InternalError",
    501: "NotImplemented",
    503: "SlowDown ServiceUnavailable",
}
STATUS_BY_CODE: Mapping[str, int] = {
    code: status for status, codes in _CODES_BY_STATUS.items() for code in codes.split()
}
NOT_IMPLEMENTED = "A header you provided implies functionality that is not implemented."


class S3Error(Exception):
    """An error answer of S3.

    `details` are extra elements, `headers` extra headers; `close` says that the connection must be
    closed; `operator` and `reasons`, an encoded authorization message, go to the log alone.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Mapping[str, str] = _NO_ELEMENTS,
        status: int | None = None,
        close: bool = False,
        operator: str = "",
        headers: Mapping[str, str] = _NO_ELEMENTS,
        reasons: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.status = status or STATUS_BY_CODE.get(code, 400)
        self.close = close
        self.operator = operator
        self.headers = headers
        self.reasons = reasons


def not_implemented(what: str) -> S3Error:
    """Return the error for a header, parameter or operation that the gate does not support."""
    return S3Error("NotImplemented", NOT_IMPLEMENTED, details={"Header": what[:128]})


def access_denied(message: str = "Access Denied", *, reasons: str = "") -> S3Error:
    """Return an AccessDenied error."""
    return S3Error("AccessDenied", message, reasons=reasons)


_CODES_BY_FAULT: Mapping[type[faults.Fault], str] = {
    faults.Ambiguous: "InvalidArgument",
    faults.SwitchedOff: "InvalidRequest",
    faults.UnknownAlgorithm: "InvalidRequest",
    faults.NotCovered: "InvalidRequest",
    faults.BadLink: "AccessDenied",
    faults.UnknownKey: "InvalidAccessKeyId",
    faults.BadToken: "InvalidToken",
    faults.Expired: "ExpiredToken",
    faults.SessionEnded: "ExpiredToken",
    faults.UnsignedHeaders: "AccessDenied",
    faults.BadSignature: "SignatureDoesNotMatch",
    faults.NoCredentials: "AccessDenied",
    faults.Denied: "AccessDenied",
    faults.Incomplete: "IncompleteBody",
    faults.BadTrailer: "MalformedTrailerError",
    faults.InvalidPolicy: "InvalidPolicyDocument",
    faults.Invalid: "InvalidRequest",
    Unavailable: "ServiceUnavailable",
}
_MESSAGES_BY_CODE: Mapping[str, str] = {
    "InvalidAccessKeyId": "The AWS Access Key Id you provided does not exist in our records.",
    "InvalidToken": "The provided token is malformed or otherwise invalid.",
    "ExpiredToken": "The provided token has expired.",
}
_UNSUPPORTED_MECHANISM = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
)


def error_from_fault(fault: faults.Fault, claim: SignatureClaim | None, *, region: str) -> S3Error:
    """Return the S3 error of a fault; some differ for a presigned URL."""
    in_query = claim is not None and claim.form == "query"
    if isinstance(fault, faults.BadScope):
        return _scope_error(fault, claim, in_query=in_query, region=region)
    if isinstance(fault, faults.BadClock):
        code = "AccessDenied" if in_query else "RequestTimeTooSkewed"
        words = fault.message if in_query else _CLOCK_SKEWED
        return S3Error(code, words, details=fault.details)
    if isinstance(fault, faults.BadAuthentication) and type(fault) is faults.BadAuthentication:
        code = (
            "AuthorizationQueryParametersError"
            if "X-Amz" in fault.message
            else "AuthorizationHeaderMalformed"
        )
        return S3Error(code, fault.message)
    for kind in type(fault).__mro__:
        s3_code = _CODES_BY_FAULT.get(kind)
        if s3_code is not None:
            words = _MESSAGES_BY_CODE.get(s3_code, fault.message)
            if kind is faults.UnknownAlgorithm:
                words = _UNSUPPORTED_MECHANISM
            elif kind is faults.SessionEnded:
                words = fault.message
            return S3Error(s3_code, words, details=fault.details, operator=fault.operator)
    return S3Error(
        "InternalError",
        "We encountered an internal error. Please try again.",
        operator=fault.message,
    )


_CLOCK_SKEWED = "The difference between the request time and the current time is too large."


def _scope_error(
    fault: faults.Fault, claim: SignatureClaim | None, *, in_query: bool, region: str
) -> S3Error:
    code = "AuthorizationQueryParametersError" if in_query else "AuthorizationHeaderMalformed"
    head = (
        "Error parsing the X-Amz-Credential parameter;"
        if in_query
        else "The authorization header is malformed;"
    )
    if "Region" in fault.details and claim is not None:
        words = f"{head} the region '{claim.region[:64]}' is wrong; expecting '{region}'"
        expected = {"x-amz-bucket-region": region}
        return S3Error(code, words, details={"Region": region}, headers=expected)
    return S3Error(code, f"{head} {fault.message}")


def error_document(error: S3Error, *, request_id: str, host_id: str) -> bytes:
    """Return the error as XML."""
    extra = "".join(f"<{name}>{xml_text(value)}</{name}>" for name, value in error.details.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{error.code}</Code><Message>{xml_text(error.message)}</Message>{extra}"
        f"<RequestId>{request_id}</RequestId><HostId>{host_id}</HostId></Error>"
    ).encode()
