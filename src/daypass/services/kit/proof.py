"""What proves who calls: made by a way to prove callers, read by whoever goes on with the call.

A proof says on what it stands and how its caller is looked up anew, so that nobody else has to know how it was made.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from daypass.core.steady_time import Moment
from daypass.services.kit.caller import Caller
from daypass.state.directory import Directory


@dataclass(frozen=True, slots=True)
class Proof(ABC):
    """A claim that holds."""

    caller: Caller | None
    """Who calls; None for whoever is nobody before there is a session, like the bearer of another issuer's token."""
    region: str
    """The region that the call was made to."""
    credential_id: str
    """The id of the credential, as the audit log tells it: an access key id."""
    partitions: frozenset[str]
    """The partitions that it stands on, by name: with a key or a session, its account."""

    @abstractmethod
    def again(self, directory: Directory, moment: Moment) -> Caller | None:
        """Return who the caller is on another snapshot, at another moment.

        Raises the `Unauthenticated` faults of the first proof for a caller who is it no longer, and for a proof that has ended.
        """

    @property
    def body(self) -> Any:
        """Return what the signatures of a body's chunks go on from, for whoever reads the body; None where they do not."""
        return None
