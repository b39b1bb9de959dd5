"""An account: the boundary that every record lies within."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain.record import Record


class Account(Record, frozen=True, kw_only=True):
    """An account; `canonical_user` is the 64 hex digits by which S3 names its owner."""

    kind: ClassVar[str] = "account"
    name: str
    created: int
    canonical_user: str

    @property
    def key(self) -> str:
        """Return the account's id: there is one such record in each account."""
        return self.account

    @property
    def arn(self) -> str:
        """Name the account's root user."""
        return arn.root(self.account)
