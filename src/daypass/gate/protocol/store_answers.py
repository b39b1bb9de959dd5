"""The store's answer as it comes: whether it is a refusal, its first bytes, all of it."""

import asyncio
from collections.abc import Callable

import aiohttp

from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.expected_results import Result
from daypass.gate.protocol.store_errors import cut, misunderstood, refused

_REDIRECT, _ERROR, _NOT_MODIFIED = 300, 400, 304


async def refusal(answer: aiohttp.ClientResponse, expected: Result) -> S3Error | None:
    """Return what a store's error becomes for the client; None if the store did not refuse.

    Raises `S3Error` ServiceUnavailable where the answer ends in the middle.
    """
    if _REDIRECT <= answer.status < _ERROR and answer.status != _NOT_MODIFIED:
        return misunderstood(f"the store redirects to {answer.headers.get('location', '')[:200]}")
    if answer.status < _ERROR:
        return None
    content = await start_of(answer, limits.UPSTREAM_ERROR_BYTES_MAX)
    theirs = answer.headers.get("x-amz-request-id", "")
    return refused(
        answer.status, content, expected, theirs=theirs, has_body=answer.method != "HEAD"
    )


async def start_of(answer: aiohttp.ClientResponse, size: int) -> bytes:
    """Return the first `size` bytes of an answer, or all of a shorter one.

    Raises `S3Error` ServiceUnavailable where the answer ends in the middle, or takes too long.
    """
    return await _start_of(answer, size, _no_room_needed)


async def whole(
    answer: aiohttp.ClientResponse, longest: int, *, take: Callable[[int], None] | None = None
) -> bytes:
    """Return a whole answer; `take` is called with the size of each piece, and may refuse it.

    Raises `S3Error` InternalError for a longer one, ServiceUnavailable for one that ends in the
    middle, or takes too long.
    """
    found = await _start_of(answer, longest + 1, take or _no_room_needed)
    if len(found) > longest:
        raise misunderstood("the store's answer is too long")
    return found


def _no_room_needed(_size: int) -> None:
    """Stand for room that is small enough not to be counted."""


async def _start_of(
    answer: aiohttp.ClientResponse, size: int, take: Callable[[int], None]
) -> bytes:
    found = bytearray()
    try:
        async with asyncio.timeout(limits.RESULT_SECONDS_MAX):
            while len(found) < size and (piece := await answer.content.read(size - len(found))):
                take(len(piece))
                found += piece
    except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise cut(error) from error
    return bytes(found)
