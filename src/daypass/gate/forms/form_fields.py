"""Parsing a browser's upload form as it arrives: first its fields, then its file into a spool.

Source: RFC 7578 (multipart/form-data); S3 API reference, "POST Object".
"""

from collections.abc import AsyncIterator
from email.message import Message

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from daypass.core.http.fields import fold_field_name
from daypass.gate import limits
from daypass.gate.body.spool import Spool
from daypass.gate.body.verified_body import incomplete_body, received_pieces
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request_context import Receive

MALFORMED = "The body of your POST request is not well-formed multipart/form-data."
ONE_FILE = "POST requires exactly one file upload per request."


class UploadForm:
    """A form whose fields have been read, and whose file has not."""

    def __init__(
        self,
        fields: dict[str, str],
        filename: str,
        events: AsyncIterator[MultipartSegment | bytes | None],
    ) -> None:
        self.fields = fields
        """By name in lower case."""
        self.filename = filename
        """The file's base name on the browser's side."""
        self._events = events

    async def spool_file(self, into: Spool, *, bytes_max: int) -> None:
        """Read the file into a spool, and the form to its end.

        Raises `S3Error` EntityTooLarge, and IncorrectNumberOfFilesInPostRequest for a second file;
        other fields behind the file are ignored.
        """
        async for event in self._events:
            if event is None:
                break
            if isinstance(event, bytes):
                if into.length + len(event) > bytes_max:
                    raise S3Error(
                        "EntityTooLarge",
                        "Your proposed upload exceeds the maximum allowed size",
                        close=True,
                    )
                await into.write(event)
        behind = 0
        async for event in self._events:
            if isinstance(event, MultipartSegment) and fold_field_name(event.name) == "file":
                raise S3Error("IncorrectNumberOfFilesInPostRequest", ONE_FILE, close=True)
            behind += len(event) if isinstance(event, bytes) else 1
            if behind > limits.FORM_FIELDS_BYTES_MAX:
                raise _malformed_form()


async def read_form(receive: Receive, content_type: str) -> UploadForm:
    """Return a form, read up to its file.

    Raises `S3Error` for a malformed form, too many or too large fields, or no file.
    """
    events = _form_events(receive, _boundary(content_type))
    fields: dict[str, str] = {}
    size = 0
    async for event in events:
        if not isinstance(event, MultipartSegment):
            continue
        name = fold_field_name(event.name)
        if name == "file":
            return UploadForm(fields, _base_name(event.filename or ""), events)
        if name in fields:
            raise S3Error(
                "InvalidArgument", "A field was sent twice.", details={"ArgumentName": name[:80]}
            )
        value = await _read_value(events, limits.FORM_FIELDS_BYTES_MAX - size)
        size += len(name) + len(value)
        if size > limits.FORM_FIELDS_BYTES_MAX or len(fields) >= limits.FORM_FIELDS_MAX:
            raise _fields_too_large()
        fields[name] = _field_text(value)
    raise S3Error("IncorrectNumberOfFilesInPostRequest", ONE_FILE, close=True)


async def _read_value(
    events: AsyncIterator[MultipartSegment | bytes | None], bytes_max: int
) -> bytes:
    value = b""
    async for event in events:
        if event is None:
            break
        if isinstance(event, bytes):
            value += event
        if len(value) > bytes_max:
            raise _fields_too_large()
    return value


async def _form_events(
    receive: Receive, boundary: str
) -> AsyncIterator[MultipartSegment | bytes | None]:
    """Yield each segment, its bytes, then None; raises `S3Error` for a malformed form."""
    try:
        parser = PushMultipartParser(boundary, max_segment_count=limits.FORM_SEGMENTS_MAX)
        silent = 0
        async for data in received_pieces(receive):
            silent += len(data)
            for event in parser.parse(data):
                silent = 0
                yield bytes(event) if isinstance(event, bytes | bytearray) else event
            if silent > limits.FORM_SILENT_BYTES_MAX:
                raise _malformed_form()
    except MultipartError:
        raise _malformed_form() from None
    try:
        parser.close()
    except MultipartError:
        raise incomplete_body() from None


def _boundary(content_type: str) -> str:
    if len(content_type) > limits.FORM_CONTENT_TYPE_BYTES_MAX:
        # Parsing a header's parameters takes time quadratic in its length.
        raise _malformed_form()
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary")
    # RFC 2046, 5.1.1.
    if not isinstance(boundary, str) or not 1 <= len(boundary) <= 70:  # noqa: PLR2004
        raise _malformed_form()
    return boundary


def _field_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed_form() from None


def _base_name(filename: str) -> str:
    """Return a file's name without the folders that some browsers send with it."""
    return filename.replace("\\", "/").rpartition("/")[2]


def _malformed_form() -> S3Error:
    return S3Error("MalformedPOSTRequest", MALFORMED, close=True)


def _fields_too_large() -> S3Error:
    return S3Error(
        "MaxPostPreDataLengthExceededError",
        "Your POST request fields preceding the upload file were too large.",
        close=True,
    )
