"""An account: the boundary that every record lies within."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import Record


class Account(Record, frozen=True, kw_only=True):
    """An account; `canonical_user` is the 64 hex digits by which S3 names its owner.

    `organization` is the id of the organization that it is in, empty outside of any. `closed` is when it was closed, in epoch
    seconds: from then on nothing of it works, and it is never opened by itself.
    """

    kind: ClassVar[str] = "account"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    name: str
    created: int
    canonical_user: str
    email: str = ""
    organization: str = ""
    closed: int = 0
    billing_access: str = "ALLOW"
    """Whether IAM users may see bills, as it was asked for; there are no bills here."""

    @property
    def key(self) -> str:
        """Return the account's id: there is one such record in each account."""
        return self.account

    @property
    def arn(self) -> str:
        """Name the account's root user."""
        return arn.root(self.account)

    @property
    def is_open(self) -> bool:
        """Say whether the account works."""
        return not self.closed
