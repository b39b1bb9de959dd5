"""Answers that may turn into an error after their first byte: copies and CompleteMultipartUpload.

The store may send white space to keep the connection alive, and then either the result or an error,
all under status 200.
White space and the XML declaration pass as they come; the document behind it is small, is looked at
whole, and told again where it names the store. Whatever is no result is an error: with a status of
its own while no byte has gone out, in a document of ours after that. Source: S3 API reference,
"CompleteMultipartUpload".
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp

from daypass.gate import limits
from daypass.gate.protocol import documents, errors, store_errors, success_answers
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.expected_results import ExpectedResult
from daypass.gate.protocol.reply import Headers, S3Reply

_PROLOGUE = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?")
"""What may come long before the document: white space, and the declaration that begins it."""


@dataclass(frozen=True, slots=True)
class LateOutcome:
    """How a late answer ended, and its last bytes, which go out once that is written down; `code` is empty for a success."""

    rest: bytes = b""
    code: str = ""
    message: str = ""


class LateAnswer:
    """The late answer of one operation on its way to the client; `headers` go out with its first byte.

    `location` is the address of the object as the client knows it; it takes the place of the
    store's own.
    """

    def __init__(
        self, reply: S3Reply, headers: Headers, expected: ExpectedResult, *, location: str
    ) -> None:
        self._reply = reply
        self._headers = headers
        self._expected = expected
        self._location = location

    async def pass_on(self, pieces: AsyncIterator[bytes]) -> LateOutcome:
        """Pass an answer's body on to the client, all but its last bytes, and return how it ended.

        Raises `S3Error` for what is no success, while no byte of it has gone out.
        """
        try:
            rest = await self._result(pieces)
            await self._begin()
        except S3Error as error:
            if not self._reply.has_started:
                raise
            return self._refused(error)
        return LateOutcome(rest)

    async def _begin(self) -> None:
        if not self._reply.has_started:
            await self._reply.start(200, self._headers)

    async def _result(self, pieces: AsyncIterator[bytes]) -> bytes:
        """Pass white space on, and return the document behind it; raises `S3Error` for what is no result."""
        waiting = b""
        try:
            async with asyncio.timeout(limits.LATE_ANSWER_SECONDS_MAX):
                async for piece in pieces:
                    waiting += piece
                    if _PROLOGUE.fullmatch(waiting):
                        await self._begin()
                        await self._reply.more(waiting)
                        waiting = b""
                    elif len(waiting) > limits.LATE_ANSWER_BYTES_MAX:
                        raise store_errors.unintelligible_answer("the store's result is too long")
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise store_errors.truncated_answer(error) from error
        if not waiting:
            raise store_errors.unintelligible_answer("the store's result is empty")
        try:
            root = documents.parse_xml(waiting.lstrip())
        except S3Error:
            raise store_errors.unintelligible_answer("the store's result cannot be read") from None
        success_answers.check_document(root, waiting.lstrip(), self._expected)
        return _with_location(waiting, root, self._location)

    def _refused(self, error: S3Error) -> LateOutcome:
        """Return an error as the document behind white space that has gone out: without a declaration of its own."""
        document = errors.error_document(error, request_id=self._reply.id, host_id=self._reply.id)
        rest = document[document.index(b"<Error>") :]
        return LateOutcome(rest, error.code, error.operator or error.message)


def _with_location(body: bytes, root: XMLElement, location: str) -> bytes:
    """Return a CompleteMultipartUpload's result with the client's own address of the object in it; others as they are."""
    places = list(root.all("Location"))
    if not places or root.name != "CompleteMultipartUploadResult":
        return body
    for place in places:
        place.text = location
    prologue = _PROLOGUE.match(body)
    inside = "".join(map(documents.serialize_element, root.children))
    return (prologue[0] if prologue else b"") + documents.root_element_xml(
        root.name, inside
    ).encode()
