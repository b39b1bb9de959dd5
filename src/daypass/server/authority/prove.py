"""Step 2 of a call: who is asking. An operation says how that is proved; nobody is taken for a caller in another way."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import msgspec

from daypass.core import faults
from daypass.core.keyring import KeyRing
from daypass.core.steady_time import Moment
from daypass.services.kit.fact import Fact, Known, look_up
from daypass.services.kit.operation import NOBODY, Operation
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory
from daypass.wire.message import HttpRequest
from daypass.wire.operation_model import ServiceModel

T = TypeVar("T")


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


class Evidence(msgspec.Struct, frozen=True):
    """What a scheme is given to prove a claim."""

    request: HttpRequest
    claimed: Claimed | None
    """None: the request claims nothing in this way."""
    directory: Directory
    service: ServiceModel
    """The service of the operation that is called."""
    moment: Moment
    known: Known
    """What was found out for this call beside the snapshot."""

    def fact(self, fact: Fact[T]) -> T:
        """Return what a proof needs from outside, like a revocation list; raises the fault that it ended with.

        Where it is not known yet proving ends here, and begins again when it is.
        """
        return look_up(fact, self.known)


class Scheme(Protocol):
    """One way to prove a caller."""

    def claimed(self, request: HttpRequest) -> Claimed | None:
        """Return what a request claims in this way, before any cryptography; None where there is no trace of it.

        Raises `Unauthenticated` for what cannot be read.
        """

    def prove(self, evidence: Evidence) -> Proof:
        """Return the proof; raises `Unauthenticated` for a claim that does not hold, and where there has to be one and is none."""


Make = Callable[[Callable[[], KeyRing]], Scheme]
"""Makes a scheme over the key ring in use."""


class Prover:
    """Every scheme, and for each operation the one by which its callers are proved."""

    def __init__(self, known: Mapping[str, Scheme]) -> None:
        self._schemes = dict(known)

    def check(
        self,
        operations: Mapping[str, Mapping[str, Operation]],
        unauthenticated: Collection[str],
    ) -> None:
        """Raise `LookupError` for an operation whose scheme is not known, or that anybody may call without being on the list.

        The list holds what was reviewed and no more: a name on it whose operation has another scheme, or is not there, raises it too.
        """
        open_to_all = set()
        for service, found in operations.items():
            for name, operation in found.items():
                if operation.scheme not in self._schemes:
                    raise LookupError(f"{service}:{name} is proved by {operation.scheme}, which is not known")  # fmt: skip
                if operation.scheme == NOBODY:
                    open_to_all.add(f"{service}:{name}")
        for name in sorted(open_to_all.difference(unauthenticated)):
            raise LookupError(f"{name} may be called by anybody, and is not on the list of unauthenticated operations")  # fmt: skip
        for name in sorted(set(unauthenticated) - open_to_all):
            raise LookupError(f"{name} is on the list of unauthenticated operations, but there is no such operation of the scheme {NOBODY}")  # fmt: skip

    def of(self, kind: type[T]) -> T:
        """Return the scheme of a class, for a door that proves callers by it in its own dialect; raises `LookupError` without one."""
        for scheme in self._schemes.values():
            if isinstance(scheme, kind):
                return scheme
        raise LookupError(f"there is no scheme that is a {kind.__name__}")

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
        known: Known,
    ) -> Proof:
        """Return the proof of a scheme; raises `Unauthenticated` where it does not hold. What is claimed in another way counts for nothing."""
        if claimed is not None and claimed.scheme != scheme:
            claimed = None
        return self._schemes[scheme].prove(
            Evidence(request, claimed, directory, service, moment, known)
        )
