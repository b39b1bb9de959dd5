"""One service as one object: all that the server has to be told about it, said where the service is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType

from daypass.core.audit_records.recorded_parameters import ISSUED
from daypass.core.faults import Fault, Violation
from daypass.services.kit.operation import SIGV4, Operation, collect
from daypass.wire.interface import ServiceInterface
from daypass.wire.operation_model import ServiceModel


def model_details(violation: Violation, _operation: str) -> Mapping[str, str]:
    """Return what a violation says of itself: the service adds no element of its own."""
    return violation.details


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(ServiceInterface):
    """A service: how its clients meet it, which modules hold its operations, and its own words for refusals.

    A service without modules is known and not built: each of its operations is answered 501 with its name.
    """

    modules: tuple[ModuleType, ...] = ()
    codes: Mapping[type[Fault], str] = field(default_factory=dict)
    """Its codes for faults, where they differ from the common ones of its protocol."""
    failure: str = "InternalFailure"
    """The code by which it says that something inside failed."""
    errors: frozenset[str] = frozenset()
    """Codes that its operations raise by name (`Specific`)."""
    reasons: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """Errors that have a Reason, each with the reasons that are raised."""
    details: Callable[[Violation, str], Mapping[str, str]] = model_details
    """Returns the elements beside the message where a request breaks the model of the operation of that name."""
    one_time_codes: frozenset[str] = frozenset()
    """Parameters that hold a one-time code: whoever guesses them is slowed down."""
    personal: frozenset[str] = frozenset()
    """Members of answers that the models call sensitive because they tell of people, as `Structure.Member`."""

    def operations(self, model: ServiceModel) -> dict[str, Operation]:
        """Return the operations that are built, by AWS's name.

        Raises `LookupError` for a function that names no operation, one that is defined twice, a one-time code that no operation
        of the model takes, a declared member that no answer has, a credential that the audit log would show, and a sensitive
        member that is declared neither as a credential nor as personal nor as withheld, and for one whose callers sign nothing and that does not say how they are proved.
        """
        inputs = {
            name: frozenset(member.name for member in model.model.shape(known.input_shape).members)
            for name, known in model.operations.items()
            if known.input_shape
        }
        for code in sorted(self.one_time_codes.difference(*inputs.values())):
            raise LookupError(f"no operation of {self.name} takes the one-time code {code}")
        names = {known.handler_name: known.name for known in model.operations.values()}
        built = {
            name: replace(
                found, codes=tuple(sorted(self.one_time_codes & inputs.get(name, frozenset())))
            )
            for name, found in collect(self.modules, names).items()
        }
        self._check_results(built, model)
        for name, found in built.items():
            if found.scheme == SIGV4 and model.operations[name].auth != "v4":
                raise LookupError(f"{self.name}:{name} does not say how its callers are proved, who sign nothing")  # fmt: skip
        return built

    def _check_results(self, built: Mapping[str, Operation], model: ServiceModel) -> None:
        known: set[str] = set()
        for name, operation in built.items():
            wire, own = model.operations[name], f"{self.name}:{name}"
            known |= wire.sensitive_result_members
            for member in sorted((operation.issues | operation.withholds) - wire.result_members):
                raise LookupError(f"{own} answers no {member}")
            declared = operation.issues | operation.withholds | self.personal
            for member in sorted(wire.sensitive_result_members - declared):
                raise LookupError(f"{own} does not say what its sensitive {member} is")
            for member in sorted(operation.issues):
                # The audit log's list goes by the name alone, so that a credential of that name would be written into it.
                if member.rpartition(".")[2] in ISSUED:
                    raise LookupError(f"{own} issues {member}, which the audit log shows")
        for member in sorted(self.personal - known):
            raise LookupError(f"no operation of {self.name} answers the sensitive {member}")

    def check_errors(self, model: ServiceModel, common: Iterable[str]) -> None:
        """Raise `LookupError` for a code or a reason that neither the model nor the `common` codes of the protocol know."""
        for code in (*self.codes.values(), *self.errors, *self.reasons):
            if code not in model.errors and code not in common:
                raise LookupError(f"{self.name} knows no error {code}")
        for error, words in self.reasons.items():
            known = model.model.shape(f"{error}Reason").enum
            for word in words:
                if word not in known:
                    raise LookupError(f"{self.name} knows no reason {word} of {error}")
