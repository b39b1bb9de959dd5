"""The proof of a caller's identity, made by an authentication scheme.

A proof says which partitions it stands on and looks its caller up anew, so that no other code
depends on the scheme.
"""

from typing import Any

import msgspec

from daypass.core.time.steady_time import Moment
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.directory import Directory


class Proof(msgspec.Struct, frozen=True):
    """A verified claim of identity; each scheme derives its own class.

    A scheme adds what it needs to look the caller up on another snapshot.
    """

    caller: Caller | None
    """The caller; None if it has no identity before its session exists, such as the bearer of
    another issuer's token."""
    region: str
    """The region that the call was made to."""
    credential_id: str
    """The id of the credential in the audit log: an access key id."""
    partitions: frozenset[str]
    """Names of the partitions that the proof stands on: the account, for a key or a session."""

    def __repr__(self) -> str:
        """Return the caller's ARN and the credential's id; a scheme's own fields may be secret."""
        name = self.caller.principal.arn if self.caller else "nobody"
        return f"{type(self).__name__}({name}, {self.credential_id!r}, {self.region!r})"

    # A scheme uses them.
    def refresh_caller(self, directory: Directory, moment: Moment) -> Caller | None:  # noqa: ARG002
        """Return the caller as another snapshot has it, at another moment.

        Raises the `Unauthenticated` faults of the first proof if the credential no longer stands
        for the caller, or the proof has ended.
        """
        raise TypeError(f"{type(self).__name__} does not say how its caller is looked up again")

    @property
    def chunk_chain(self) -> Any:
        """Return what the signatures of a body's chunks continue from.

        None if the chunks are not signed.
        """
        return None
