"""The view of one account at one revision."""

from typing import Any, Self

from daypass.core.domain.account import Account
from daypass.state.snapshot.view import View


class AccountView(View):
    """An account; without records if it does not exist."""

    __slots__ = ("record",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.record = self.of(Account).get(self.id)
        """The account's own record; None if the account does not exist."""

    @property
    def is_open(self) -> bool:
        """Return whether the account exists and is open."""
        record = self.record
        return record is not None and record.is_open

    def refreshed(self) -> Self:
        """Return the same account with an empty cache of derived values."""
        return type(self)(self.partition, self.id, self.revision, self._tables, self._by_unique_id)
