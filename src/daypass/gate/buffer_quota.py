"""Room for what is kept whole before it can go on: so many things and bytes for an account, so many for everybody.

It is taken before anything is read, for as much as may come, so that what is kept can never be more
than was granted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error


@dataclass(frozen=True, slots=True)
class BufferLimits:
    """How many things may be kept at once, and how many bytes they may be together."""

    things: int
    size_bytes: int


class BufferQuota:
    """What is kept at the moment, by account."""

    def __init__(self, *, of_account: BufferLimits, of_all: BufferLimits) -> None:
        self._of_account = of_account
        self._of_all = of_all
        self._things: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    @contextmanager
    def taken(self, account: str, size: int) -> Iterator[None]:
        """Take room for one thing of at most so many bytes; raises `S3Error` SlowDown where there is none left."""
        if (
            self._things[account] >= self._of_account.things
            or self._bytes[account] + size > self._of_account.size_bytes
            or self._things.total() >= self._of_all.things
            or self._bytes.total() + size > self._of_all.size_bytes
        ):
            self._forget(account)
            raise S3Error("SlowDown", "Please reduce your request rate.")
        self._things[account] += 1
        self._bytes[account] += size
        try:
            yield
        finally:
            self._things[account] -= 1
            self._bytes[account] -= size
            self._forget(account)

    @contextmanager
    def growing(self, account: str) -> Iterator[Callable[[int], None]]:
        """Yield what takes room for so many more bytes of one thing whose length nobody knows yet.

        That raises `S3Error` SlowDown where there is none left.
        """
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if (
                self._bytes[account] + size > self._of_account.size_bytes
                or self._bytes.total() + size > self._of_all.size_bytes
            ):
                raise S3Error("SlowDown", "Please reduce your request rate.")
            self._bytes[account] += size
            taken += size

        try:
            yield take
        finally:
            self._bytes[account] -= taken
            self._forget(account)

    def _forget(self, account: str) -> None:
        if not self._things[account] and not self._bytes[account]:
            del self._things[account], self._bytes[account]


def form_file_quota(workers: int = 1) -> BufferQuota:
    """Return one worker's room for the files of forms, which wait on disk until their length is known.

    However many workers there are, each has room for one file of any size.
    """
    each = limits.FORM_FILE_BYTES_MAX
    return BufferQuota(
        of_account=_worker_share(
            limits.FILES_PER_ACCOUNT_MAX, limits.FILE_BYTES_PER_ACCOUNT_MAX, workers, each
        ),
        of_all=_worker_share(limits.FILES_MAX, limits.FILE_BYTES_MAX, workers, each),
    )


def document_quota(workers: int = 1) -> BufferQuota:
    """Return one worker's room for documents, which are in memory from their first byte to the answer.

    However many workers there are, each has room for one document of any size.
    """
    each = limits.DELETE_BODY_BYTES_MAX
    return BufferQuota(
        of_account=_worker_share(
            limits.DOCUMENTS_PER_ACCOUNT_MAX, limits.DOCUMENT_BYTES_PER_ACCOUNT_MAX, workers, each
        ),
        of_all=_worker_share(limits.DOCUMENTS_MAX, limits.DOCUMENT_BYTES_MAX, workers, each),
    )


def _worker_share(things: int, size_bytes: int, workers: int, each: int) -> BufferLimits:
    return BufferLimits(max(1, things // workers), max(each, size_bytes // workers))
