"""Answers that may turn into an error after their first byte: copies and CompleteMultipartUpload.

The store may send white space to keep the connection alive, and then either the result or an error,
all under status 200. White space and the XML declaration are forwarded as they come; the document
behind them is small, is parsed whole, and rewritten if it contains the store's address. Whatever is
no result is an error: with a status of its own while no byte has been sent, in a document of ours
after that. Source: S3 API reference, "CompleteMultipartUpload".
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
"""What may arrive long before the document: white space and the XML declaration."""


@dataclass(frozen=True, slots=True)
class LateOutcome:
    """The outcome of a late answer, and its last bytes; `code` is empty for a success.

    The last bytes are sent once the outcome is in the audit log.
    """

    last_bytes: bytes = b""
    code: str = ""
    message: str = ""


class LateAnswer:
    """Forwards one late answer to the client; `headers` are sent with its first byte.

    `location` is the object's URL as the client knows it; it replaces the store's.
    """

    def __init__(
        self, reply: S3Reply, headers: Headers, expected: ExpectedResult, *, location: str
    ) -> None:
        self._reply = reply
        self._headers = headers
        self._expected = expected
        self._location = location

    async def forward(self, pieces: AsyncIterator[bytes]) -> LateOutcome:
        """Forward an answer's body, all but its last bytes, and return its outcome.

        Raises `S3Error` for an error or a malformed result, while no byte of it has been sent.
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
            await self._reply.send_head(200, self._headers)

    async def _result(self, pieces: AsyncIterator[bytes]) -> bytes:
        """Forward white space and return the document; raises `S3Error` for another answer."""
        waiting = b""
        try:
            async with asyncio.timeout(limits.LATE_ANSWER_SECONDS_MAX):
                async for piece in pieces:
                    waiting += piece
                    if _PROLOGUE.fullmatch(waiting):
                        await self._begin()
                        await self._reply.send_piece(waiting)
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
        """Return an error as the last bytes of a begun answer, without an XML declaration."""
        document = errors.error_document(error, request_id=self._reply.id, host_id=self._reply.id)
        rest = document[document.index(b"<Error>") :]
        return LateOutcome(rest, error.code, error.operator or error.message)


def _with_location(body: bytes, root: XMLElement, location: str) -> bytes:
    """Return a CompleteMultipartUpload's result with the client's URL; other results unchanged."""
    places = list(root.children_named("Location"))
    if not places or root.name != "CompleteMultipartUploadResult":
        return body
    for place in places:
        place.text = location
    prologue = _PROLOGUE.match(body)
    inside = "".join(map(documents.serialize_element, root.children))
    return (prologue[0] if prologue else b"") + documents.root_element_xml(
        root.name, inside
    ).encode()
