"""Quotas for data that is buffered whole before it is forwarded: per account, and in total.

A quota is reserved for the largest size that may arrive before anything is read, or piece by piece
as it is read, so that what is buffered never exceeds what was reserved.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error


@dataclass(frozen=True, slots=True)
class BufferLimits:
    """The most items that may be buffered at once, and the most bytes in all of them."""

    count: int
    size_bytes: int


class BufferQuota:
    """Counts the items and bytes that are buffered now, by account."""

    def __init__(self, *, per_account: BufferLimits, in_total: BufferLimits) -> None:
        self._per_account = per_account
        self._in_total = in_total
        self._counts: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    @contextmanager
    def reserve(self, account: str, size: int) -> Iterator[None]:
        """Reserve one item of at most `size` bytes inside the context.

        Raises `S3Error` SlowDown if the account's or the total limit is exceeded.
        """
        if (
            self._counts[account] >= self._per_account.count
            or self._bytes[account] + size > self._per_account.size_bytes
            or self._counts.total() >= self._in_total.count
            or self._bytes.total() + size > self._in_total.size_bytes
        ):
            self._forget(account)
            raise S3Error("SlowDown", "Please reduce your request rate.")
        self._counts[account] += 1
        self._bytes[account] += size
        try:
            yield
        finally:
            self._counts[account] -= 1
            self._bytes[account] -= size
            self._forget(account)

    @contextmanager
    def reserve_growing(self, account: str) -> Iterator[Callable[[int], None]]:
        """Yield a function that reserves `size` more bytes of one item of unknown length.

        The function raises `S3Error` SlowDown if the account's or the total limit is exceeded. All
        that it reserved is released when the context ends.
        """
        taken = 0

        def reserve(size: int) -> None:
            nonlocal taken
            if (
                self._bytes[account] + size > self._per_account.size_bytes
                or self._bytes.total() + size > self._in_total.size_bytes
            ):
                raise S3Error("SlowDown", "Please reduce your request rate.")
            self._bytes[account] += size
            taken += size

        try:
            yield reserve
        finally:
            self._bytes[account] -= taken
            self._forget(account)

    def _forget(self, account: str) -> None:
        if not self._counts[account] and not self._bytes[account]:
            del self._counts[account], self._bytes[account]


def form_file_quota(workers: int = 1) -> BufferQuota:
    """Return one worker's quota for files of forms, which are spooled until their length is known.

    Each worker's quota has room for one file of the largest size, however many workers there are.
    """
    each = limits.FORM_FILE_BYTES_MAX
    return BufferQuota(
        per_account=_worker_share(
            limits.FILES_PER_ACCOUNT_MAX, limits.FILE_BYTES_PER_ACCOUNT_MAX, workers, each
        ),
        in_total=_worker_share(limits.FILES_MAX, limits.FILE_BYTES_MAX, workers, each),
    )


def document_quota(workers: int = 1) -> BufferQuota:
    """Return one worker's quota for documents, which stay in memory until the request is answered.

    Each worker's quota has room for one document of the largest size, however many workers there
    are.
    """
    each = limits.DELETE_BODY_BYTES_MAX
    return BufferQuota(
        per_account=_worker_share(
            limits.DOCUMENTS_PER_ACCOUNT_MAX, limits.DOCUMENT_BYTES_PER_ACCOUNT_MAX, workers, each
        ),
        in_total=_worker_share(limits.DOCUMENTS_MAX, limits.DOCUMENT_BYTES_MAX, workers, each),
    )


def _worker_share(things: int, size_bytes: int, workers: int, each: int) -> BufferLimits:
    return BufferLimits(max(1, things // workers), max(each, size_bytes // workers))
