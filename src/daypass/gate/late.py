"""Answers that may turn into an error after their first byte: copies and CompleteMultipartUpload.

The store may send white space to keep the connection alive, and then either the result or an error, all under status 200.
White space and the XML declaration pass as they come; the document behind it is small, is looked at whole, and told again where it names
the store. Source: S3 API reference, "CompleteMultipartUpload".
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from daypass.gate import answers, documents, limits
from daypass.gate.documents import Element
from daypass.gate.errors import S3Error
from daypass.gate.reply import Reply

OPERATIONS = frozenset({"CopyObject", "UploadPartCopy", "CompleteMultipartUpload"})
_PROLOGUE = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?")
"""What may come long before the document: white space, and the declaration that begins it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a late answer ended, and its last bytes, which go out once that is written down; `code` is empty for a success."""

    rest: bytes = b""
    code: str = ""
    message: str = ""


async def pass_on(pieces: AsyncIterator[bytes], reply: Reply, *, location: str) -> Verdict:
    """Pass an answer's body on to the client, all but its document, and return how it ended.

    `location` is the address of the object as the client knows it; it takes the place of the store's own.
    """
    waiting = b""
    async for piece in pieces:
        waiting += piece
        if _PROLOGUE.fullmatch(waiting):
            await reply.more(waiting)
            waiting = b""
        elif len(waiting) > limits.LATE_ANSWER_BYTES_MAX:
            raise S3Error("InternalError", "", operator="the store's result is too long")
    if not waiting:
        return Verdict()
    try:
        root = documents.read(waiting.lstrip())
    except S3Error:
        return Verdict(waiting, "InternalError", "the store's result cannot be read")
    rest = _told_again(waiting, root, location)
    if root.name == "Error":
        told = {child.name: child.text for child in root.children}
        return Verdict(
            rest, answers.code_of(told) or "InternalError", told.get("Message", "")[:200]
        )
    return Verdict(rest)


def _told_again(body: bytes, root: Element, location: str) -> bytes:
    """Return a CompleteMultipartUpload's result with the client's own address of the object in it; others as they are."""
    places = list(root.all("Location"))
    if not places or root.name != "CompleteMultipartUploadResult":
        return body
    for place in places:
        place.text = location
    prologue = _PROLOGUE.match(body)
    inside = "".join(map(documents.written, root.children))
    return (prologue[0] if prologue else b"") + documents.outermost(root.name, inside).encode()
