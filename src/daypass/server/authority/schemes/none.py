"""No proof: for the operations of `server.authority.unauthenticated`, which anybody may call.

A signature on such a call proves as much as none: it is neither verified nor told. AWS's own clients do not sign these calls.
"""

from collections.abc import Callable

from daypass.core.keyring import KeyRing
from daypass.core.steady_time import Moment
from daypass.server.authority.prove import Claimed, Evidence
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory
from daypass.wire.message import HttpRequest

REGION = "us-east-1"
"""The region of a call that names none: where AWS's global endpoints are."""


class Unproved(Proof, frozen=True):
    """The proof of a call that nobody proves: it has no caller, and stands on no partition."""

    def again(self, directory: Directory, moment: Moment) -> None:  # noqa: ARG002 - a proof's own
        """Return None: the call has no caller who could be looked up."""
        return


class Anybody:
    """The scheme of operations that anybody may call."""

    def __init__(self, keyring: Callable[[], KeyRing]) -> None:
        """Take the key ring that every scheme is made over; this one opens no secret."""

    def claimed(self, request: HttpRequest) -> Claimed | None:  # noqa: ARG002 - a scheme's own
        """Return None: this scheme reads nothing of a request."""
        return None

    def prove(self, evidence: Evidence) -> Proof:  # noqa: ARG002 - a scheme's own
        """Return a proof without a caller."""
        return Unproved(None, REGION, "", frozenset())


SCHEME = Anybody
