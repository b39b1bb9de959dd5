"""Every fault in the words of the service that was asked: its own codes, and AWS's common ones by protocol.

Sources: AWS "Common errors" of the query APIs (IAM, STS) and of the JSON APIs; each service's model for the rest.
"""

from collections.abc import Iterable, Mapping

from daypass.core import faults
from daypass.services.kit.service import Service
from daypass.state.store import Unavailable
from daypass.wire.catalog import Catalog
from daypass.wire.operation_model import OperationModel, ServiceModel

Codes = Mapping[type[faults.Fault], str]
FAILURE = "InternalFailure"
"""The code of a failure of our own where no service is known."""

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


class Refusals:
    """The codes of every service, checked against its model when they are put together."""

    def __init__(self, catalog: Catalog, services: Iterable[Service]) -> None:
        """Raise `LookupError` for a code or a reason that its service's model does not know."""
        self._services: dict[str, Service] = {}
        self._codes: dict[str, Codes] = {}
        for service in services:
            model = catalog.services[service.name]
            common = _QUERY if model.protocol == "query" else _JSON
            service.check_errors(model, common.values())
            self._services[service.name] = service
            self._codes[service.name] = {**common, **service.codes}

    def code(self, fault: faults.Fault, service: ServiceModel | None) -> str:
        """Return the service's code for a fault, the query protocol's where none is known.

        A fault that nobody gave a code is our own failure.
        """
        if isinstance(fault, faults.Specific):
            return fault.code
        codes = self._codes[service.name] if service else _QUERY
        for kind in type(fault).__mro__:
            found = codes.get(kind)
            if found is not None:
                return found
        return self.failure(service)

    def details(self, fault: faults.Fault, operation: OperationModel | None) -> Mapping[str, str]:
        """Return what a refusal says beside its message."""
        if operation is None or not isinstance(fault, faults.Violation):
            return fault.details
        return self._services[operation.service.name].details(fault, operation.name)

    def failure(self, service: ServiceModel | None) -> str:
        """Return the code by which the service says that something inside failed."""
        return self._services[service.name].failure if service else FAILURE
