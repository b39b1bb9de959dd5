"""A temporary file for a form's file: in memory while it is small, then on disk without a name.

A form does not say how long its file is, so the file is kept until its end.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from daypass.gate import limits
from daypass.gate.body.checksums import DigestCheck
from daypass.gate.protocol.errors import S3Error

_PIECE_BYTES = 64 << 10


class Spool:
    """One file, written by a client and then read for the store."""

    def __init__(self, checks: Iterable[DigestCheck] = ()) -> None:
        # Closed by `__exit__`.
        self._file = tempfile.SpooledTemporaryFile(limits.FORM_IN_MEMORY_BYTES_MAX)  # noqa: SIM115
        self._digest = hashlib.sha256()
        self._checks = tuple(checks)
        self.length = 0

    async def write(self, piece: bytes) -> None:
        """Append a piece; raises `S3Error` ServiceUnavailable if the disk is full or broken."""
        self._digest.update(piece)
        for check in self._checks:
            check.update(piece)
        self.length += len(piece)
        with _reporting_disk_errors():
            if self.length <= limits.FORM_IN_MEMORY_BYTES_MAX:
                self._file.write(piece)
            else:
                await asyncio.to_thread(self._file.write, piece)

    async def finish(self) -> str:
        """Return the file's SHA-256 in hex and rewind it.

        Raises `S3Error` BadDigest, and like `write`.
        """
        for check in self._checks:
            check.finish()
        with _reporting_disk_errors():
            # This also writes what is still buffered.
            await asyncio.to_thread(self._file.seek, 0)
        return self._digest.hexdigest()

    async def receive(self) -> dict[str, Any]:
        """Return the next piece of the file as an ASGI message."""
        with _reporting_disk_errors():
            piece = await asyncio.to_thread(self._file.read, _PIECE_BYTES)
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        except OSError:
            # Data that could not be written is not needed any more; the nameless file is gone.
            return


@contextmanager
def _reporting_disk_errors() -> Iterator[None]:
    """Raise `S3Error` ServiceUnavailable for a disk that is full or broken."""
    try:
        yield
    except OSError as error:
        raise S3Error(
            "ServiceUnavailable",
            "Please reduce your request rate.",
            close=True,
            operator=(
                f"the file of a form cannot be kept in {tempfile.gettempdir()}: {error.strerror}"
            ),
        ) from error
