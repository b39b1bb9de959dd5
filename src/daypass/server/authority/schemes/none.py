"""The scheme of operations that anybody may call, as `server.authority.unauthenticated` lists them.

A signature on such a call is neither verified nor recorded: it proves as much as none. AWS's own
clients do not sign these calls.
"""

from collections.abc import Callable

from daypass.core.keyring import KeyRing
from daypass.core.time.steady_time import Moment
from daypass.server.authority.prove import CallerClaim, Evidence
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory
from daypass.wire.message import HttpRequest

REGION = "us-east-1"
"""The region of a call that names none: where AWS's global endpoints are."""


class AnonymousProof(Proof, frozen=True):
    """The proof of a call without a caller; it stands on no partition."""

    # A proof's own.
    def refresh_caller(self, directory: Directory, moment: Moment) -> None:  # noqa: ARG002
        """Return None: there is no caller to look up."""
        return


class UnauthenticatedScheme:
    """Accepts every call, and proves no caller."""

    def __init__(self, keyring: Callable[[], KeyRing]) -> None:
        """Take the key ring, as every scheme does; this one opens no secret."""

    # A scheme's own.
    def read_claim(self, request: HttpRequest) -> CallerClaim | None:  # noqa: ARG002
        """Return None: this scheme reads no part of a request."""
        return None

    def prove(self, evidence: Evidence) -> Proof:  # noqa: ARG002 - a scheme's own
        """Return a proof without a caller."""
        return AnonymousProof(None, REGION, "", frozenset())


SCHEME = UnauthenticatedScheme
