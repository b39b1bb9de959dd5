"""Step 2 of a call: who is asking. An operation says how that is proved; nobody is taken for a caller in another way."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from daypass.core import faults
from daypass.core.keyring import KeyRing
from daypass.core.steady_time import Moment
from daypass.server.authority import schemes
from daypass.services.kit.caller import Caller
from daypass.services.kit.operation import Operation
from daypass.state.directory import Directory
from daypass.wire.catalog import ServiceModel
from daypass.wire.message import HttpRequest

MISSING = "Request is missing Authentication Token"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a request says of itself, before any of it is proved."""

    scheme: str
    """The scheme by which that was read."""
    service: str
    credential_id: str
    region: str
    read: Any = field(repr=False)
    """What the scheme has read, for itself alone."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a scheme is given to prove a claim."""

    request: HttpRequest
    claimed: Claimed
    directory: Directory
    service: ServiceModel
    """The service of the operation that is called."""
    moment: Moment


class Scheme(Protocol):
    """One way to prove a caller."""

    def claimed(self, request: HttpRequest) -> Claimed | None:
        """Return what a request claims in this way, before any cryptography; None where there is no trace of it.

        Raises `Unauthenticated` for what cannot be read.
        """

    def prove(self, evidence: Evidence) -> Caller:
        """Return the caller; raises `Unauthenticated` for a claim that does not hold."""


Make = Callable[[Callable[[], KeyRing]], Scheme]
"""Makes a scheme over the key ring in use."""


def schemes_in(package: ModuleType = schemes) -> dict[str, Make]:
    """Return what makes each scheme of a package, by the names of its modules, which are those of the schemes."""
    names = [each.name for each in pkgutil.iter_modules(package.__path__)]
    modules = {name: import_module(f"{package.__name__}.{name}") for name in sorted(names)}
    return {name: module.SCHEME for name, module in modules.items() if hasattr(module, "SCHEME")}


class Prover:
    """Every scheme, and for each operation the one by which its callers are proved."""

    def __init__(self, known: Mapping[str, Scheme]) -> None:
        self._schemes = dict(known)

    def check(self, operations: Mapping[str, Mapping[str, Operation]]) -> None:
        """Raise `LookupError` for an operation whose scheme there is none of."""
        for service, found in operations.items():
            for name, operation in found.items():
                if operation.scheme not in self._schemes:
                    raise LookupError(f"{service}:{name} is proved by {operation.scheme}, which is not known")  # fmt: skip

    def claimed(self, request: HttpRequest) -> Claimed | None:
        """Return what a request claims; None where it claims nothing.

        Raises `Unauthenticated` for what cannot be read, `Ambiguous` for a request that claims something in several ways.
        """
        found = None
        for scheme in self._schemes.values():
            claimed = scheme.claimed(request)
            if claimed is None:
                continue
            if found is not None:
                raise faults.Ambiguous("The request is authenticated in several ways.")
            found = claimed
        return found

    def prove(
        self,
        scheme: str,
        request: HttpRequest,
        claimed: Claimed | None,
        *,
        directory: Directory,
        service: ServiceModel,
        moment: Moment,
    ) -> Caller:
        """Return the caller, proved by a scheme; raises `Unauthenticated` where nothing was claimed in that way, or it does not hold."""
        if claimed is None or claimed.scheme != scheme:
            raise faults.NoCredentials(MISSING)
        return self._schemes[scheme].prove(Evidence(request, claimed, directory, service, moment))


def prover(keyring: Callable[[], KeyRing]) -> Prover:
    """Return the prover with every scheme there is."""
    return Prover({name: make(keyring) for name, make in schemes_in().items()})
