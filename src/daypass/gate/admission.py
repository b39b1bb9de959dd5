"""How many requests of one account may be under way at the store at once: a crowd of one leaves room for the others."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error


class RequestAdmission:
    """Requests under way, by account."""

    def __init__(self, most: int = limits.AT_ONCE_PER_ACCOUNT_MAX) -> None:
        self._most = most
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def admitted(self, account: str) -> Iterator[None]:
        """Count a request for as long as it lasts; raises `S3Error` SlowDown for one too many."""
        if self._under_way[account] >= self._most:
            raise S3Error("SlowDown", "Please reduce your request rate.")
        self._under_way[account] += 1
        try:
            yield
        finally:
            self._under_way[account] -= 1
            if not self._under_way[account]:
                del self._under_way[account]
