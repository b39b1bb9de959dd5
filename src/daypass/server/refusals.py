"""Every fault in the words of the service that was asked: AWS's code for it, by protocol.

Sources: AWS "Common errors" of the query APIs (IAM, STS) and of the JSON APIs; each service's model for the rest.
"""

from collections.abc import Mapping

from daypass.core import faults
from daypass.services.iam.faults import CODES as IAM
from daypass.services.sts.faults import CODES as STS
from daypass.state.store import Unavailable
from daypass.wire.catalog import Catalog, Service

Codes = Mapping[type[faults.Fault], str]

_QUERY: Codes = {
    faults.NoCredentials: "MissingAuthenticationToken",
    faults.BadAuthentication: "IncompleteSignature",
    faults.UnknownKey: "InvalidClientTokenId",
    faults.BadToken: "InvalidClientTokenId",
    faults.Expired: "ExpiredToken",
    faults.Unauthenticated: "SignatureDoesNotMatch",
    faults.Denied: "AccessDenied",
    faults.Throttled: "Throttling",
    faults.Invalid: "ValidationError",
    faults.Violation: "ValidationError",
    Unavailable: "ServiceUnavailable",
}
_JSON: Codes = {
    faults.NoCredentials: "MissingAuthenticationTokenException",
    faults.BadAuthentication: "IncompleteSignatureException",
    faults.UnknownKey: "UnrecognizedClientException",
    faults.BadToken: "UnrecognizedClientException",
    faults.Expired: "ExpiredTokenException",
    faults.Unauthenticated: "InvalidSignatureException",
    faults.Denied: "AccessDeniedException",
    faults.Throttled: "ThrottlingException",
    faults.Invalid: "ValidationException",
    faults.Violation: "ValidationException",
    Unavailable: "ServiceUnavailableException",
}
_OWN: Mapping[str, Codes] = {"iam": IAM, "sts": STS}
_BROKEN = {"iam": "ServiceFailure", "sts": "InternalFailure"}


def code(fault: faults.Fault, service: Service) -> str:
    """Return the service's code for a fault; one that nobody gave a code is our own failure."""
    common = _QUERY if service.protocol == "query" else _JSON
    own = _OWN.get(service.name, {})
    for kind in type(fault).__mro__:
        found = own.get(kind) or common.get(kind)
        if found is not None:
            return found
    return broken(service)


def broken(service: Service) -> str:
    """Return the code by which the service says that something inside failed."""
    return _BROKEN.get(service.name, "InternalFailure")


def check(catalog: Catalog) -> None:
    """Raise `LookupError` for a code that its service's model does not know; run once, at start."""
    for name, codes in _OWN.items():
        service = catalog.services[name]
        for known in codes.values():
            if known not in service.errors and known not in _QUERY.values():
                raise LookupError(f"{name} knows no error {known}")
