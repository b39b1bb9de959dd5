"""Proves who calls: the schemes, and the choice of the scheme that the called operation names.

Nobody becomes a caller in another way. The schemes themselves are in `server.authority.schemes`.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from daypass.core import faults
from daypass.core.keyring import KeyRing
from daypass.core.time.steady_time import Moment
from daypass.services.kit.external_facts import ExternalFact, KnownFacts, look_up_fact
from daypass.services.kit.operation import NO_AUTHENTICATION, DeclaredOperation
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory
from daypass.wire.message import HttpRequest
from daypass.wire.operation_model import ServiceModel

T = TypeVar("T")


class CallerClaim(msgspec.Struct, frozen=True):
    """What a request claims about its caller, before any of it is proved."""

    scheme: str
    """The name of the scheme that read the claim."""
    service: str | None
    """The service that the request was signed for; None if the claim names none."""
    credential_id: str
    region: str
    parsed: Any
    """The scheme's own form of the claim; no other code reads it."""

    def __repr__(self) -> str:
        """Return the claim without the scheme's own form, which may hold a secret."""
        return (
            f"CallerClaim({self.scheme}, {self.service}, {self.credential_id!r}, {self.region!r})"
        )


class Evidence(msgspec.Struct, frozen=True):
    """Everything that a scheme may use to prove a claim."""

    request: HttpRequest
    claim: CallerClaim | None
    """None: the request makes no claim in this scheme."""
    directory: Directory
    service: ServiceModel
    """The service of the called operation."""
    moment: Moment
    known: KnownFacts
    """The facts that were found for this call beside the snapshot."""

    def fact(self, fact: ExternalFact[T]) -> T:
        """Return a fact from outside, such as a revocation list; raises the fault it ended with.

        Raises `FactNeeded` if the fact is not known yet: proving begins again once it is found.
        """
        return look_up_fact(fact, self.known)


class Scheme(Protocol):
    """One way to prove a caller."""

    def read_claim(self, request: HttpRequest) -> CallerClaim | None:
        """Return a request's claim in this scheme, before any cryptography; None if it makes none.

        Raises `Unauthenticated` if the claim cannot be read.
        """

    def prove(self, evidence: Evidence) -> Proof:
        """Return the proof of a claim.

        Raises `Unauthenticated` if the claim does not hold, or if it is None where the scheme
        demands one.
        """


SchemeFactory = Callable[[Callable[[], KeyRing]], Scheme]
"""Makes a scheme from a function that returns the key ring in use."""


class Prover:
    """Proves callers by the scheme that the called operation names."""

    def __init__(self, schemes: Mapping[str, Scheme]) -> None:
        self._schemes = dict(schemes)

    def check_operations(
        self,
        operations: Mapping[str, Mapping[str, DeclaredOperation]],
        unauthenticated: Collection[str],
    ) -> None:
        """Raise `LookupError` unless every operation's scheme is known and the list is exact.

        `unauthenticated` lists the reviewed operations that anybody may call. It must hold every
        operation of the scheme `none`, and no name of another or a missing operation.
        """
        open_to_all = set()
        for service, by_name in operations.items():
            for name, operation in by_name.items():
                if operation.scheme not in self._schemes:
                    raise LookupError(
                        f"{service}:{name} is proved by {operation.scheme}, which is not known"
                    )
                if operation.scheme == NO_AUTHENTICATION:
                    open_to_all.add(f"{service}:{name}")
        for name in sorted(open_to_all.difference(unauthenticated)):
            raise LookupError(
                f"{name} may be called by anybody,"
                " and is not on the list of unauthenticated operations"
            )
        for name in sorted(set(unauthenticated) - open_to_all):
            raise LookupError(
                f"{name} is on the list of unauthenticated operations,"
                f" but there is no such operation of the scheme {NO_AUTHENTICATION}"
            )

    def scheme_of_class(self, scheme_class: type[T]) -> T:
        """Return the scheme of a class, for a door that proves callers by a dialect of it.

        Raises `LookupError` if no scheme has that class.
        """
        for scheme in self._schemes.values():
            if isinstance(scheme, scheme_class):
                return scheme
        raise LookupError(f"there is no scheme that is a {scheme_class.__name__}")

    def read_claim(self, request: HttpRequest) -> CallerClaim | None:
        """Return what a request claims about its caller; None if it makes no claim in any scheme.

        Raises `Unauthenticated` if the claim cannot be read, and `Ambiguous` if the request makes
        claims in several schemes.
        """
        found = None
        for scheme in self._schemes.values():
            claim = scheme.read_claim(request)
            if claim is None:
                continue
            if found is not None:
                raise faults.Ambiguous("The request is authenticated in several ways.")
            found = claim
        return found

    def prove(
        self,
        scheme: str,
        request: HttpRequest,
        claim: CallerClaim | None,
        *,
        directory: Directory,
        service: ServiceModel,
        moment: Moment,
        known: KnownFacts,
    ) -> Proof:
        """Return the proof by the named scheme; raises `Unauthenticated` if it does not hold.

        A claim that another scheme has read does not count.
        """
        if claim is not None and claim.scheme != scheme:
            claim = None
        return self._schemes[scheme].prove(
            Evidence(request, claim, directory, service, moment, known)
        )
