"""The record of an Identity Center instance: owner, store, region, settings, access control."""

from typing import ClassVar

import msgspec

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.domain.partition import INSTANCE, Partition
from daypass.core.domain.record import Record, Tag


class AddedRegion(msgspec.Struct, frozen=True, array_like=True):
    """A region beside the primary one; `added` is in seconds since 1970."""

    name: str
    added: int


class AccessAttribute(msgspec.Struct, frozen=True, array_like=True):
    """An attribute for access control: a session tag, and the path of its value in the store."""

    key: str
    source: str
    """One path, such as `${path:enterprise.costCenter}`, as it was sent."""


class Instance(Record, frozen=True, kw_only=True):
    """An instance of IAM Identity Center; its partition has its id, `ssoins-…`.

    `organization` is the organization whose instance it is, empty for an account instance.
    """

    kind: ClassVar[str] = "instance"
    partitions: ClassVar[tuple[Partition, ...]] = (INSTANCE,)
    owner: str
    """The account that owns it; for an organization's instance the management account."""
    store: str
    """The id of its identity store, `d-…`."""
    region: str
    """The primary region, which is in the path of the roles that it makes; it never changes."""
    created: int
    organization: str = ""
    name: str = ""
    regions: tuple[AddedRegion, ...] = ()
    has_permission_sets: bool = True
    """Whether permission sets can be used; for an account instance only once it is enabled."""
    kms_key_type: str = "AWS_OWNED_KMS_KEY"
    kms_key: str = ""
    """The ARN of a customer managed key, stored as it was sent; this server encrypts with its own
    key ring in any case."""
    network: NetworkLock | None = None
    access_attributes: tuple[AccessAttribute, ...] | None = None
    """The attributes for access control; None while access control is off."""
    tags: tuple[Tag, ...] = ()
    client_token: str = ""
    """The `ClientToken` of the call that created it."""
    creation_digest: str = ""
    """The digest of that call's other parameters: the same token with others is refused."""

    @property
    def key(self) -> str:
        """Return the instance's id, as each instance's partition has one such record."""
        return self.account

    @property
    def id(self) -> str:
        """Return the instance's id, such as `ssoins-0123456789abcdef`."""
        return self.account

    @property
    def arn(self) -> str:
        """Return the instance's ARN."""
        return f"arn:aws:sso:::instance/{self.account}"
