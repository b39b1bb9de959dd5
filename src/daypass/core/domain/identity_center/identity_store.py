"""The record of an identity store, which holds the people and groups of an instance."""

from typing import ClassVar

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.domain.partition import IDENTITY_STORE, Partition
from daypass.core.domain.record import Record


class IdentityStore(Record, frozen=True, kw_only=True):
    """An identity store; its partition has its id, `d-…`."""

    kind: ClassVar[str] = "identity-store"
    partitions: ClassVar[tuple[Partition, ...]] = (IDENTITY_STORE,)
    owner: str
    """The account that owns it, as it owns the instance."""
    instance: str
    """The id of its instance, `ssoins-…`."""
    created: int
    network: NetworkLock | None = None
    """The addresses from which the API may be called; None for all."""
    scim_source_ips: tuple[str, ...] = ()
    """The addresses from which SCIM may be called, as they were sent; empty for all."""

    @property
    def key(self) -> str:
        """Return the store's id, as each store's partition has one such record."""
        return self.account

    @property
    def id(self) -> str:
        """Return the store's id, such as `d-0123456789`."""
        return self.account

    @property
    def arn(self) -> str:
        """Return the store's ARN."""
        return f"arn:aws:identitystore::{self.owner}:identitystore/{self.account}"
