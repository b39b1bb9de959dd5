"""Every way to say no. Each service says these in AWS's words, in its own `faults.py`.

Fault
├── NotFound                 nothing of that name
├── AlreadyExists            the name is taken
├── InUse                    something still hangs on it
├── TooMany                  a quota is reached
├── TooLarge                 packed policies and tags exceed what a session may carry
├── Malformed                a document cannot be understood
├── Invalid                  a parameter cannot be meant
│   ├── Violation            it breaks what the service's model says of it
│   ├── BadMessage           an authorization message that does not open, or has expired
│   ├── Incomplete           a body in chunks ended before its last chunk, or went on after it
│   ├── BadTrailer           the trailers of a body are not those that were announced
│   └── InvalidPolicy        the policy of a browser's form cannot be understood
├── Conflict                 somebody else changed it first
├── Specific                 what one service alone refuses, by its own name
├── Unmodifiable             it belongs to the service, not to the account
├── Throttled                too often; later it may work
├── Denied                   not allowed
│   └── WrongCode            a one-time code that does not match
└── Unauthenticated          who is asking could not be proved
    ├── NoCredentials        nothing to prove it with
    ├── BadAuthentication    unreadable, incomplete or ambiguous proof
    │   ├── Ambiguous        two ways to prove it at once
    │   ├── UnknownAlgorithm a scheme that is not AWS4-HMAC-SHA256
    │   └── MissingField     a browser's form that is signed in part
    ├── UnknownKey           no such access key, or not usable
    ├── BadToken             a session token that does not open, or belongs to another key
    ├── Expired              a session past its end
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
    """A refusal: `message` is for the caller, `operator` for the log, `details` for extra elements of the answer."""

    def __init__(
        self, message: str, *, operator: str = "", details: Mapping[str, str] = _NOTHING
    ) -> None:
        """Keep the caller's words apart from the operator's; neither ever holds a secret."""
        super().__init__(message)
        self.message = message
        self.operator = operator
        self.details = details


class NotFound(Fault):
    """Nothing of that name exists."""


class AlreadyExists(Fault):
    """The name is taken."""


class InUse(Fault):
    """Something still hangs on it."""


class TooMany(Fault):
    """A quota is reached."""


class TooLarge(Fault):
    """Packed policies and tags exceed what a session may carry."""


class Malformed(Fault):
    """A document cannot be understood; `path` says where, as in `Statement[0].Condition`."""

    def __init__(self, message: str, *, path: str = "", operator: str = "") -> None:
        """Say what is wrong in AWS's words, and where in the document."""
        super().__init__(message, operator=operator)
        self.path = path


class Invalid(Fault):
    """A parameter cannot be meant."""


class ModelConstraint(enum.Enum):
    """What of a model a parameter can break."""

    REQUIRED = "required"
    LENGTH_MIN = "shortest"
    LENGTH_MAX = "longest"
    VALUE_MIN = "least"
    VALUE_MAX = "most"
    PATTERN = "pattern"
    ENUM = "enum"


class Violation(Invalid):
    """A parameter breaks what the service's model says of it, whatever it means.

    `bound` and `member` say what of it, and where, as in `tags.1.member.key`; nothing where the model is not what is broken.
    """

    def __init__(
        self, message: str, *, bound: ModelConstraint | None = None, member: str = ""
    ) -> None:
        """Keep the first thing that is wrong beside all of it in words."""
        super().__init__(message)
        self.bound = bound
        self.member = member


class BadMessage(Invalid):
    """An authorization message that does not open for its reader, or has expired."""


class Incomplete(Invalid):
    """A body in chunks ended before its last chunk, or went on after it."""


class BadTrailer(Invalid):
    """The trailers of a body are not those that were announced."""


class InvalidPolicy(Invalid):
    """The policy of a browser's form cannot be understood."""


class Conflict(Fault):
    """Somebody else changed it first; trying again may work."""


class ServiceFault(Fault):
    """What one service alone refuses: `code` is AWS's name of it."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        details: Mapping[str, str] = _NOTHING,
        operator: str = "",
    ) -> None:
        """Keep AWS's name of the refusal, and its finer word among `details`."""
        super().__init__(message, operator=operator, details=details)
        self.code = code


class Unmodifiable(Fault):
    """It belongs to the service, not to the account."""


class Throttled(Fault):
    """Too often; later it may work."""


class Denied(Fault):
    """Not allowed; `reasons` is the whole decision, sealed, for the audit log."""

    def __init__(
        self,
        message: str,
        *,
        operator: str = "",
        details: Mapping[str, str] = _NOTHING,
        reasons: str = "",
    ) -> None:
        """Keep what the log alone is told apart from what the caller is told."""
        super().__init__(message, operator=operator, details=details)
        self.reasons = reasons


class WrongCode(Denied):
    """A one-time code that does not match, or was used before."""


class Unauthenticated(Fault):
    """Who is asking could not be proved."""


class NoCredentials(Unauthenticated):
    """The request carries nothing that could prove who is asking."""


class BadAuthentication(Unauthenticated):
    """The proof is unreadable, incomplete or ambiguous."""


ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string"
    " parameter or the Authorization header should be specified"
)
"""What AWS says of a request that is signed in two ways."""


class Ambiguous(BadAuthentication):
    """Two ways to prove it in one request: neither is tried."""


class UnknownAlgorithm(BadAuthentication):
    """A scheme that is not AWS4-HMAC-SHA256: never anonymous, never tried as something else."""


class MissingField(BadAuthentication):
    """A browser's form that is signed in part."""


class UnknownKey(Unauthenticated):
    """No such access key, or not usable: unknown, inactive and deleted look alike."""


class BadToken(Unauthenticated):
    """A session token that does not open, or belongs to another access key."""


class Expired(Unauthenticated):
    """A session past its end."""


class BadScope(Unauthenticated):
    """Signed for another service, region or day."""


class BadClock(Unauthenticated):
    """Signed too long ago, or in the future."""


class UnsignedHeaders(Unauthenticated):
    """Headers that had to be signed were not."""


class BadSignature(Unauthenticated):
    """The signature is not the one this key makes for these bytes."""
