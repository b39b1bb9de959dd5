"""Every fault in the words of the service that was asked: AWS's code for it, by protocol.

Sources: AWS "Common errors" of the query APIs (IAM, STS) and of the JSON APIs; each service's model for the rest.
"""

from collections.abc import Mapping

from daypass.core import faults
from daypass.core.organizations import refusals as organizations
from daypass.services.iam.faults import CODES as IAM
from daypass.services.organizations import faults as own
from daypass.services.organizations.faults import CODES as ORGANIZATIONS
from daypass.services.sts.faults import CODES as STS
from daypass.state.store import Unavailable
from daypass.wire.catalog import Catalog, Operation, Service

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
_OWN: Mapping[str, Codes] = {"iam": IAM, "sts": STS, "organizations": ORGANIZATIONS}
_BROKEN = {
    "iam": "ServiceFailure",
    "sts": "InternalFailure",
    "organizations": "ServiceException",
}


def code(fault: faults.Fault, service: Service) -> str:
    """Return the service's code for a fault; one that nobody gave a code is our own failure."""
    if isinstance(fault, faults.Specific):
        return fault.code
    common = _QUERY if service.protocol == "query" else _JSON
    own = _OWN.get(service.name, {})
    for kind in type(fault).__mro__:
        found = own.get(kind) or common.get(kind)
        if found is not None:
            return found
    return broken(service)


def details(fault: faults.Fault, operation: Operation | None) -> Mapping[str, str]:
    """Return what a refusal says beside its message: Organizations has a Reason for what breaks its model."""
    if operation is None or not isinstance(fault, faults.Violation):
        return fault.details
    if operation.service.name == "organizations":
        return own.details(fault, operation.name)
    return fault.details


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
    service = catalog.services["organizations"]
    for word in (*organizations.Refusal, *organizations.REASONED.values()):
        if word not in service.errors:
            raise LookupError(f"organizations knows no error {word}")
    for words, error in organizations.REASONED.items():
        reasons = service.model.shape(f"{error}Reason").enum
        for word in words:
            if word not in reasons:
                raise LookupError(f"{error} knows no reason {word}")
