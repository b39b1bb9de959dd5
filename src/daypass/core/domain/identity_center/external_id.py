"""The record of an id that an external identity provider has for a person or a group."""

from typing import ClassVar

from daypass.core.domain.partition import IDENTITY_STORE, Partition
from daypass.core.domain.record import Record


def external_id_key(owner_type: str, issuer: str, id_: str) -> str:
    """Return the key of an external id, by which its owner is found.

    Neither issuer nor id has white space, so a blank separates them.
    """
    return f"{owner_type} {issuer} {id_}"


class ExternalId(Record, frozen=True, kw_only=True):
    """An external id; unique among the people, and among the groups, of a store and issuer."""

    kind: ClassVar[str] = "external-id"
    partitions: ClassVar[tuple[Partition, ...]] = (IDENTITY_STORE,)
    grouped_by: ClassVar[tuple[str, ...]] = ("owner",)
    owner_type: str
    """`USER` or `GROUP`."""
    owner: str
    """The id of the person or group."""
    issuer: str
    id: str

    @property
    def key(self) -> str:
        """Return the owner's type, the issuer and the id."""
        return external_id_key(self.owner_type, self.issuer, self.id)
