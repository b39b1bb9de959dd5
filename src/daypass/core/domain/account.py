"""The record of an AWS account, the partition of most other records."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import Record


class Account(Record, frozen=True, kw_only=True):
    """An account; `canonical_user` is the 64 hex digits by which S3 names it as an owner.

    `organization` is the id of the organization that the account is a member of, empty for none.
    `closed` is when it was closed, in epoch seconds, 0 while open: a closed account's credentials
    are refused until an operator reopens it.
    """

    kind: ClassVar[str] = "account"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    name: str
    created: int
    canonical_user: str
    email: str = ""
    organization: str = ""
    closed: int = 0
    instance: str = ""
    """The id of the account's own Identity Center instance, `ssoins-…`; empty without one. The
    instance of an organization is named by the organization's record."""
    billing_access: str = "ALLOW"
    """`IamUserAccessToBilling` as requested, `ALLOW` or `DENY`; without effect, because Daypass
    has no bills."""

    @property
    def key(self) -> str:
        """Return the account's id, as each account's partition has one such record."""
        return self.account

    @property
    def arn(self) -> str:
        """Return the ARN of the account's root user."""
        return arn.root(self.account)

    @property
    def is_open(self) -> bool:
        """Return True unless the account is closed."""
        return not self.closed
