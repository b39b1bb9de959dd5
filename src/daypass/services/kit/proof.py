"""What proves who calls: made by a way to prove callers, read by whoever goes on with the call.

A proof says on what it stands and how its caller is looked up anew, so that nobody else has to know
how it was made.
"""

from typing import Any

import msgspec

from daypass.core.steady_time import Moment
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.directory import Directory


class Proof(msgspec.Struct, frozen=True):
    """A claim that holds.

    A scheme derives its own class, with what it needs to look the caller up again.
    """

    caller: Caller | None
    """Who calls; None for whoever is nobody before there is a session, like the bearer of
    another issuer's token."""
    region: str
    """The region that the call was made to."""
    credential_id: str
    """The id of the credential, as the audit log tells it: an access key id."""
    partitions: frozenset[str]
    """The partitions that it stands on, by name: with a key or a session, its account."""

    def __repr__(self) -> str:
        """Return whom it proves and by which credential; what a scheme keeps beside that may be secret."""
        name = self.caller.principal.arn if self.caller else "nobody"
        return f"{type(self).__name__}({name}, {self.credential_id!r}, {self.region!r})"

    def refresh_caller(self, directory: Directory, moment: Moment) -> Caller | None:  # noqa: ARG002 - a scheme uses them
        """Return who the caller is on another snapshot, at another moment.

        Raises the `Unauthenticated` faults of the first proof for a caller who is it no longer, and
        for a proof that has ended.
        """
        raise TypeError(f"{type(self).__name__} does not say how its caller is looked up again")

    @property
    def chunk_chain(self) -> Any:
        """Return what the signatures of a body's chunks go on from, for whoever reads the body; None where they do not."""
        return None
