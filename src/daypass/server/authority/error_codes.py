"""The error code of every fault, in each service: the service's own codes, then its protocol's.

Sources: AWS "Common errors" of the query APIs (IAM, STS) and of the JSON APIs; each service's model
for the rest.
"""

from collections.abc import Iterable, Mapping

from daypass.core import faults
from daypass.services.kit.service import Service
from daypass.state.store import Unavailable
from daypass.wire.catalog import Catalog
from daypass.wire.operation_model import OperationModel, ServiceModel

Codes = Mapping[type[faults.Fault], str]
INTERNAL_FAILURE = "InternalFailure"
"""The code of an internal failure if no service is known."""

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
    faults.InvalidParameterValue: "InvalidParameterValue",
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
    faults.InvalidParameterValue: "ValidationException",
    faults.Violation: "ValidationException",
    Unavailable: "ServiceUnavailableException",
}


class ErrorCodes:
    """The error codes of every service, checked against the services' models when it is made."""

    def __init__(self, catalog: Catalog, services: Iterable[Service]) -> None:
        """Raise `LookupError` for a code or a reason that the service's model does not have."""
        self._services: dict[str, Service] = {}
        self._codes: dict[str, Codes] = {}
        for service in services:
            model = catalog.services[service.name]
            common = _QUERY if model.protocol == "query" else _JSON
            service.check_error_codes(model, common.values())
            self._services[service.name] = service
            self._codes[service.name] = {**common, **service.codes}

    def code(self, fault: faults.Fault, service: ServiceModel | None) -> str:
        """Return the service's code for a fault; the query protocol's if `service` is None.

        A fault that has no code is an internal failure.
        """
        if isinstance(fault, faults.ServiceFault):
            return fault.code
        codes = self._codes[service.name] if service else _QUERY
        for fault_class in type(fault).__mro__:
            code = codes.get(fault_class)
            if code is not None:
                return code
        return self.internal_failure(service)

    def details(self, fault: faults.Fault, operation: OperationModel | None) -> Mapping[str, str]:
        """Return the members of an error beside its message, such as `Reason`; often empty."""
        if operation is None or not isinstance(fault, faults.Violation):
            return fault.details
        return self._services[operation.service.name].error_details(fault, operation.name)

    def internal_failure(self, service: ServiceModel | None) -> str:
        """Return the service's code for an internal failure; the general one if it is None."""
        return self._services[service.name].failure_code if service else INTERNAL_FAILURE
