"""A limit on each account's concurrent requests at the store, so that no account takes them all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error


class RequestAdmission:
    """Counts the requests that are being carried out at the store, by account."""

    def __init__(self, most: int = limits.AT_ONCE_PER_ACCOUNT_MAX) -> None:
        self._most = most
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def admit(self, account: str) -> Iterator[None]:
        """Count a request inside the context; raises `S3Error` SlowDown above the limit."""
        if self._under_way[account] >= self._most:
            raise S3Error("SlowDown", "Please reduce your request rate.")
        self._under_way[account] += 1
        try:
            yield
        finally:
            self._under_way[account] -= 1
            if not self._under_way[account]:
                del self._under_way[account]
