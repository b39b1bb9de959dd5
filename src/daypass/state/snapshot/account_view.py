"""One account at one revision."""

from typing import Any, Self

from daypass.core.domain.account import Account
from daypass.state.snapshot.view import View


class AccountView(View):
    """An account; everything in it is empty and there is no record if nobody created it."""

    __slots__ = ("record",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.record = self.of(Account).get(self.id)
        """The account's own record, if the account exists."""

    @property
    def is_open(self) -> bool:
        """Say whether the account exists and works."""
        record = self.record
        return record is not None and record.is_open

    def refreshed(self) -> Self:
        """Return the same account with nothing derived from it yet."""
        return type(self)(self.partition, self.id, self.revision, self._tables, self._identified)
