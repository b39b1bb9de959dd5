"""The declaration of a service: all that the server needs to know about it, in one object."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType

from daypass.core.audit_records.recorded_parameters import RECORDED_RESULTS
from daypass.core.faults import Fault, Violation
from daypass.services.kit.operation import SIGV4, DeclaredOperation, collect_operations
from daypass.wire.interface import ServiceInterface
from daypass.wire.operation_model import ServiceModel


def model_details(violation: Violation, _operation: str) -> Mapping[str, str]:
    """Return a violation's own details: the default, for services that add no element."""
    return violation.details


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(ServiceInterface):
    """A service: its protocol and model, the modules with its operations, and its error codes.

    A service without modules is not built: each of its operations is answered with 501 and its
    name.
    """

    modules: tuple[ModuleType, ...] = ()
    codes: Mapping[type[Fault], str] = field(default_factory=dict)
    """The service's error codes for faults, where they differ from its protocol's common ones."""
    failure_code: str = "InternalFailure"
    """The error code of an internal failure."""
    named_errors: frozenset[str] = frozenset()
    """Error codes that its operations raise by name (`ServiceFault`)."""
    reasons: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """Errors that have a Reason, each with the reasons that are raised."""
    error_details: Callable[[Violation, str], Mapping[str, str]] = model_details
    """Returns the elements beside the message if a request violates the model of the named
    operation."""
    names_each_refusal: bool = False
    """Whether the message of a refusal names every resource that is not allowed, and not the first
    one alone."""
    one_time_codes: frozenset[str] = frozenset()
    """Parameters that hold a one-time code: guesses at them are slowed down."""
    is_called_by_commands: bool = False
    """Whether the operator's commands may call its operations by the control socket."""
    personal: frozenset[str] = frozenset()
    """Sensitive members of answers that are personal data, as `Structure.Member`."""

    def built_operations(self, model: ServiceModel) -> dict[str, DeclaredOperation]:
        """Return the operations that are built, by AWS's name.

        Raises `LookupError` for a function that names no operation or is defined twice; a one-time
        code that no operation takes; a declared member that no answer has; a credential that the
        audit log would show; a sensitive member that is declared neither as a credential nor as
        personal nor as withheld; an operation whose callers sign nothing and that names no scheme;
        and a credential that is no parameter of its operation.
        """
        inputs = {
            name: frozenset(
                member.name for member in model.model.shape(operation_model.input_shape).members
            )
            for name, operation_model in model.operations.items()
            if operation_model.input_shape
        }
        for code in sorted(self.one_time_codes.difference(*inputs.values())):
            raise LookupError(f"no operation of {self.name} takes the one-time code {code}")
        names = {
            operation_model.handler_name: operation_model.name
            for operation_model in model.operations.values()
        }
        built = {
            name: replace(
                declared,
                codes=tuple(sorted(self.one_time_codes & inputs.get(name, frozenset()))),
                names_each_refusal=self.names_each_refusal,
            )
            for name, declared in collect_operations(self.modules, names).items()
        }
        self._check_results(built, model)
        for name, declared in built.items():
            if declared.credential and declared.credential not in inputs.get(name, ()):
                raise LookupError(f"{self.name}:{name} takes no {declared.credential}")
            if declared.scheme == SIGV4 and model.operations[name].auth != "v4":
                raise LookupError(
                    f"{self.name}:{name} does not say how its callers are proved, who sign nothing"
                )
        return built

    def _check_results(self, built: Mapping[str, DeclaredOperation], model: ServiceModel) -> None:
        """Raise `LookupError` for a wrong declaration of members of answers."""
        sensitive: set[str] = set()
        for name, operation in built.items():
            operation_model, full_name = model.operations[name], f"{self.name}:{name}"
            sensitive |= operation_model.sensitive_result_members
            for member in sorted(
                (operation.issues | operation.withholds) - operation_model.result_members
            ):
                raise LookupError(f"{full_name} answers no {member}")
            declared = operation.issues | operation.withholds | self.personal
            for member in sorted(operation_model.sensitive_result_members - declared):
                raise LookupError(f"{full_name} does not say what its sensitive {member} is")
            for member in sorted(operation.issues):
                # The audit log lists parameters by name alone: a credential of a listed name
                # would be written into the log.
                if member.rpartition(".")[2] in RECORDED_RESULTS:
                    raise LookupError(f"{full_name} issues {member}, which the audit log shows")
        for member in sorted(self.personal - sensitive):
            raise LookupError(f"no operation of {self.name} answers the sensitive {member}")

    def check_error_codes(self, model: ServiceModel, common: Iterable[str]) -> None:
        """Raise `LookupError` for a code or reason that neither the model nor `common` has."""
        for code in (*self.codes.values(), *self.named_errors, *self.reasons):
            if code not in model.errors and code not in common:
                raise LookupError(f"{self.name} knows no error {code}")
        for error, words in self.reasons.items():
            enum = model.model.shape(f"{error}Reason").enum
            for word in words:
                if word not in enum:
                    raise LookupError(f"{self.name} knows no reason {word} of {error}")
