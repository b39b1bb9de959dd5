"""The exceptions that refuse a request, all below `Fault`.

Each service maps them to AWS's error codes.

Fault
├── NotFound                 no resource has that name
├── AlreadyExists            the name is taken
├── InUse                    other resources still depend on the resource
├── TooMany                  a quota is reached
├── TooLarge                 packed policies and tags exceed what a session may carry
├── Malformed                a document cannot be parsed, or says what it may not
├── Invalid                  a parameter's value is not allowed
│   ├── Violation            it breaks a constraint of the service's model
│   ├── InvalidParameterValue  a well-formed value that does not fit the call's other values
│   ├── BadMessage           an authorization message that cannot be decrypted, or has expired
│   ├── Incomplete           a body in chunks ended before its last chunk, or went on after it
│   ├── BadTrailer           the trailers of a body are not those that were announced
│   └── InvalidPolicy        the policy of a browser's upload form cannot be parsed
├── Conflict                 another request changed the resource first
├── ServiceFault             an error that one service alone has, under its own code
├── Unmodifiable             the resource belongs to the service, not to the account
├── Throttled                too often; later it may work
├── Denied                   not allowed
│   ├── UnusableSession      a session of a kind that the service takes from nobody
│   └── WrongCode            a one-time code that does not match
└── Unauthenticated          the caller's identity could not be verified
    ├── NoCredentials        the request carries no credentials
    ├── BadAuthentication    unreadable, incomplete or ambiguous authentication
    │   ├── Ambiguous        two authentication mechanisms in one request
    │   ├── UnknownAlgorithm a scheme that is not AWS4-HMAC-SHA256
    │   │   └── SwitchedOff  Signature Version 2, where the operator does not allow it
    │   ├── NotCovered       a part of the request that Signature Version 2 does not sign
    │   ├── BadLink          a presigned URL of Signature Version 2 that is incomplete
    │   └── MissingField     a browser's form that is signed in part
    ├── UnknownKey           no such access key, or not usable
    ├── BadToken             a session token that cannot be decrypted, or belongs to another key
    ├── Expired              a session past its end
    │   └── SessionEnded     a session that somebody ended before its end
    ├── BadScope             signed for another service, region or day
    ├── BadClock             signed too long ago, or in the future
    ├── UnsignedHeaders      headers that had to be signed were not
    └── BadSignature         the signature is not the one this key makes
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Fault(Exception):
    """A refused request: `message` is for the caller, `operator` for the log.

    `details` are extra elements of the response.
    """

    def __init__(
        self, message: str, *, operator: str = "", details: Mapping[str, str] = _NOTHING
    ) -> None:
        """Keep the caller's message apart from the operator's; neither may contain a secret."""
        super().__init__(message)
        self.message = message
        self.operator = operator
        self.details = details


class NotFound(Fault):
    """No resource of that name exists."""


class AlreadyExists(Fault):
    """The name is taken."""


class InUse(Fault):
    """Other resources still depend on the resource, such as policies on an entity to be deleted."""


class TooMany(Fault):
    """A quota is reached."""


class TooLarge(Fault):
    """Packed policies and tags exceed what a session may carry."""


class Malformed(Fault):
    """A document cannot be parsed or is not valid; `path` says where: `Statement[0].Condition`.

    `hint` is a sentence for people, which no client is sent: what is wrong there, and how it should
    look. `is_about_name`: the member's name is wrong, not its value.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        operator: str = "",
        hint: str = "",
        is_about_name: bool = False,
    ) -> None:
        """Keep AWS's words for what is wrong, the place in the document, and words for people."""
        super().__init__(message, operator=operator)
        self.path = path
        self.hint = hint
        self.is_about_name = is_about_name


class Invalid(Fault):
    """A parameter's value is not allowed."""


class ModelConstraint(enum.Enum):
    """A kind of constraint that a service's model puts on a parameter."""

    REQUIRED = "required"
    LENGTH_MIN = "shortest"
    LENGTH_MAX = "longest"
    VALUE_MIN = "least"
    VALUE_MAX = "most"
    PATTERN = "pattern"
    ENUM = "enum"


class Violation(Invalid):
    """A parameter breaks a constraint of the service's model: a length, a pattern, an enum.

    `constraint` and `member` are the first broken constraint and the path of its member, as in
    `tags.1.member.key`; None and empty if the fault is about no constraint of the model, such as a
    forged page marker.
    """

    def __init__(
        self, message: str, *, constraint: ModelConstraint | None = None, member: str = ""
    ) -> None:
        """Keep the first broken constraint beside the message, which lists all of them."""
        super().__init__(message)
        self.constraint = constraint
        self.member = member


class InvalidParameterValue(Invalid):
    """A well-formed value that does not fit the call's other values or the caller's session."""


class BadMessage(Invalid):
    """An encoded authorization message that cannot be decrypted for its reader, or has expired."""


class Incomplete(Invalid):
    """A body in chunks ended before its last chunk, or went on after it."""


class BadTrailer(Invalid):
    """The trailers of a body are not those that were announced."""


class InvalidPolicy(Invalid):
    """The policy of a browser's upload form cannot be parsed."""


class Conflict(Fault):
    """Another request changed the resource first; trying again may work."""


class ServiceFault(Fault):
    """An error that only one service has; `code` is AWS's: `PolicyNotAttachedException`."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        details: Mapping[str, str] = _NOTHING,
        operator: str = "",
    ) -> None:
        """Keep AWS's error code; a `Reason`, if the error has one, stands in `details`."""
        super().__init__(message, operator=operator, details=details)
        self.code = code


class Unmodifiable(Fault):
    """The resource belongs to the service, not to the account, and cannot be changed."""


class Throttled(Fault):
    """The caller sends requests too often; a later one may succeed."""


class Denied(Fault):
    """The caller is not allowed to make the request.

    `reasons` is the encrypted decision, for the audit log.
    """

    def __init__(
        self,
        message: str,
        *,
        operator: str = "",
        details: Mapping[str, str] = _NOTHING,
        reasons: str = "",
    ) -> None:
        """Keep what only the audit log may contain (`reasons`) apart from the caller's message."""
        super().__init__(message, operator=operator, details=details)
        self.reasons = reasons


class UnusableSession(Denied):
    """A session of a kind that the service takes from nobody, whatever policies say.

    It is answered as an invalid token is.
    """


class WrongCode(Denied):
    """A one-time code that does not match, or was used before."""


class Unauthenticated(Fault):
    """The caller's identity could not be verified."""


class NoCredentials(Unauthenticated):
    """The request carries no credentials."""


class BadAuthentication(Unauthenticated):
    """The request's authentication is unreadable, incomplete or ambiguous."""


ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query"
    " string parameter or the Authorization header should be specified"
)
"""AWS's message for a request that is signed in two ways."""
SIGNATURE_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS"
    " Secret Access Key and signing method. Consult the service documentation for details."
)
"""AWS's message for a signature that the caller's key does not make for the request."""


class Ambiguous(BadAuthentication):
    """Two authentication mechanisms in one request: neither is tried."""


class UnknownAlgorithm(BadAuthentication):
    """A signature algorithm other than AWS4-HMAC-SHA256.

    The request is refused and never treated as anonymous.
    """


class SwitchedOff(UnknownAlgorithm):
    """A link or form of Signature Version 2, which the operator has switched off."""


class NotCovered(BadAuthentication):
    """The request has a part that Signature Version 2 does not sign, or not unambiguously."""


class BadLink(BadAuthentication):
    """A presigned URL of Signature Version 2 that lacks a parameter, or has no valid expiry."""


class MissingField(BadAuthentication):
    """A browser's upload form has some of the fields that sign it, but not all."""


class UnknownKey(Unauthenticated):
    """The access key does not exist or is not usable.

    Unknown, inactive and deleted keys look alike.
    """


class BadToken(Unauthenticated):
    """The session token cannot be decrypted, or belongs to another access key."""


class Expired(Unauthenticated):
    """The session has expired."""


class SessionEnded(Expired):
    """A session that somebody ended before its end; the message says who, and what to do."""


class BadScope(Unauthenticated):
    """The request is signed for another service, region or day."""


class BadClock(Unauthenticated):
    """The request was signed too long ago, or in the future."""


class UnsignedHeaders(Unauthenticated):
    """The request has headers that must be signed and are not."""


class BadSignature(Unauthenticated):
    """The signature is not the one that the caller's key makes for the request's bytes."""
