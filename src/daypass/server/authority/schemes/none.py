"""No proof: for the operations of `server.authority.unauthenticated`, which anybody may call.

A signature on such a call proves as much as none: it is neither verified nor told. AWS's own clients do not sign these calls.
"""

from collections.abc import Callable

from daypass.core.keyring import KeyRing
from daypass.core.steady_time import Moment
from daypass.server.authority.prove import Claimed, Evidence
from daypass.services.kit.proof import Proof
from daypass.state.directory import Directory
from daypass.wire.message import HttpRequest

REGION = "us-east-1"
"""The region of a call that names none: where AWS's global endpoints are."""


class Unproved(Proof, frozen=True):
    """Anybody: it stands on no partition, and is nobody at any time."""

    def again(self, directory: Directory, moment: Moment) -> None:  # noqa: ARG002 - a proof's own
        """Return None: there is nobody to look up."""
        return


class Anybody:
    """Takes every call as it comes."""

    def __init__(self, keyring: Callable[[], KeyRing]) -> None:
        """Need no key."""

    def claimed(self, request: HttpRequest) -> Claimed | None:  # noqa: ARG002 - a scheme's own
        """Return None: nobody claims to be nobody."""
        return None

    def prove(self, evidence: Evidence) -> Proof:  # noqa: ARG002 - a scheme's own
        """Return the proof of nobody."""
        return Unproved(None, REGION, "", frozenset())


SCHEME = Anybody
