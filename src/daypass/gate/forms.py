"""A browser's upload form, read as it arrives: first its fields, then its file, kept until its length is known.

Source: RFC 7578 (multipart/form-data); S3 API reference, "POST Object".
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from email.message import Message
from types import TracebackType
from typing import Any, Self

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from daypass.core.http.fields import folded
from daypass.gate import limits
from daypass.gate.body import arriving, incomplete
from daypass.gate.checksums import Check
from daypass.gate.errors import S3Error
from daypass.gate.exchange import Receive

MALFORMED = "The body of your POST request is not well-formed multipart/form-data."
ONE_FILE = "POST requires exactly one file upload per request."
_PIECE = 64 << 10


class Form:
    """A form whose fields have been read, and whose file is still to come."""

    def __init__(
        self,
        fields: dict[str, str],
        filename: str,
        events: AsyncIterator[MultipartSegment | bytes | None],
    ) -> None:
        self.fields = fields
        """By name in lower case."""
        self.filename = filename
        """The base name of the file as the browser knows it."""
        self._events = events

    async def keep(self, into: "Spool", *, longest: int) -> None:
        """Read the file into a spool and the form to its end.

        Raises `S3Error` EntityTooLarge, and IncorrectNumberOfFilesInPostRequest for a second file; other fields behind
        the file mean nothing.
        """
        async for event in self._events:
            if event is None:
                break
            if isinstance(event, bytes):
                if into.length + len(event) > longest:
                    raise S3Error(
                        "EntityTooLarge",
                        "Your proposed upload exceeds the maximum allowed size",
                        close=True,
                    )
                await into.write(event)
        behind = 0
        async for event in self._events:
            if isinstance(event, MultipartSegment) and folded(event.name) == "file":
                raise S3Error("IncorrectNumberOfFilesInPostRequest", ONE_FILE, close=True)
            behind += len(event) if isinstance(event, bytes) else 1
            if behind > limits.FORM_FIELDS_BYTES_MAX:
                raise _malformed()


async def read(receive: Receive, content_type: str) -> Form:
    """Return a form, read up to its file; raises `S3Error` for what is none, is too much, or has no file."""
    events = _events(receive, _boundary(content_type))
    fields: dict[str, str] = {}
    size = 0
    async for event in events:
        if not isinstance(event, MultipartSegment):
            continue
        name = folded(event.name)
        if name == "file":
            return Form(fields, _base_name(event.filename or ""), events)
        if name in fields:
            raise S3Error(
                "InvalidArgument", "A field was sent twice.", details={"ArgumentName": name[:80]}
            )
        value = await _value(events, limits.FORM_FIELDS_BYTES_MAX - size)
        size += len(name) + len(value)
        if size > limits.FORM_FIELDS_BYTES_MAX or len(fields) >= limits.FORM_FIELDS_MAX:
            raise _too_much()
        fields[name] = _text(value)
    raise S3Error("IncorrectNumberOfFilesInPostRequest", ONE_FILE, close=True)


async def _value(events: AsyncIterator[MultipartSegment | bytes | None], longest: int) -> bytes:
    value = b""
    async for event in events:
        if event is None:
            break
        if isinstance(event, bytes):
            value += event
        if len(value) > longest:
            raise _too_much()
    return value


async def _events(
    receive: Receive, boundary: str
) -> AsyncIterator[MultipartSegment | bytes | None]:
    """Yield a segment, its bytes, nothing at its end, and so on; raises `S3Error` for what is no form."""
    try:
        parser = PushMultipartParser(boundary, max_segment_count=limits.FORM_SEGMENTS_MAX)
        silent = 0
        async for data in arriving(receive):
            silent += len(data)
            for event in parser.parse(data):
                silent = 0
                yield bytes(event) if isinstance(event, bytes | bytearray) else event
            if silent > limits.FORM_SILENT_BYTES_MAX:
                raise _malformed()
    except MultipartError:
        raise _malformed() from None
    try:
        parser.close()
    except MultipartError:
        raise incomplete() from None


def _boundary(content_type: str) -> str:
    if len(content_type) > limits.FORM_CONTENT_TYPE_BYTES_MAX:
        # Reading a header's parameters takes time by the square of its length.
        raise _malformed()
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not 1 <= len(boundary) <= 70:  # noqa: PLR2004 - RFC 2046, 5.1.1
        raise _malformed()
    return boundary


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed() from None


def _base_name(filename: str) -> str:
    """Return what a browser calls a file, without the folders that some of them send along."""
    return filename.replace("\\", "/").rpartition("/")[2]


def _malformed() -> S3Error:
    return S3Error("MalformedPOSTRequest", MALFORMED, close=True)


def _too_much() -> S3Error:
    return S3Error(
        "MaxPostPreDataLengthExceededError",
        "Your POST request fields preceding the upload file were too large.",
        close=True,
    )


class Spool:
    """A file that is kept until its length is known: in memory while it is small, then on disk without a name."""

    def __init__(self, checks: Iterable[Check] = ()) -> None:
        self._file = tempfile.SpooledTemporaryFile(limits.FORM_IN_MEMORY_BYTES_MAX)  # noqa: SIM115 - closed by `__exit__`
        self._digest = hashlib.sha256()
        self._checks = tuple(checks)
        self.length = 0

    async def write(self, piece: bytes) -> None:
        """Take in more of the file; raises `S3Error` ServiceUnavailable where there is no place for it."""
        self._digest.update(piece)
        for check in self._checks:
            check.update(piece)
        self.length += len(piece)
        with _on_disk():
            if self.length <= limits.FORM_IN_MEMORY_BYTES_MAX:
                self._file.write(piece)
            else:
                await asyncio.to_thread(self._file.write, piece)

    async def finish(self) -> str:
        """Return the file's SHA-256 in hex, and get ready to be read; raises `S3Error` BadDigest, and like `write`."""
        for check in self._checks:
            check.finish()
        with _on_disk():
            # What is still in a buffer is written now.
            await asyncio.to_thread(self._file.seek, 0)
        return self._digest.hexdigest()

    async def receive(self) -> dict[str, Any]:
        """Return the next piece of the file as if it arrived from a client."""
        with _on_disk():
            piece = await asyncio.to_thread(self._file.read, _PIECE)
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
            # What could not be written is not needed any more; the file has no name, and is gone.
            return


@contextmanager
def _on_disk() -> Iterator[None]:
    """Raise `S3Error` ServiceUnavailable for a disk that is full or broken."""
    try:
        yield
    except OSError as error:
        raise S3Error(
            "ServiceUnavailable",
            "Please reduce your request rate.",
            close=True,
            operator=f"the file of a form cannot be kept in {tempfile.gettempdir()}: {error.strerror}",
        ) from error
