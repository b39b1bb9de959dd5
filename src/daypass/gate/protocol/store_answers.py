"""Reading the store's answers: whether it is an error, its first bytes, its whole body."""

import asyncio
from collections.abc import Callable

import aiohttp

from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.expected_results import ExpectedResult
from daypass.gate.protocol.store_errors import (
    error_for_client,
    truncated_answer,
    unintelligible_answer,
)

_REDIRECT, _ERROR, _NOT_MODIFIED = 300, 400, 304


async def store_refusal(answer: aiohttp.ClientResponse, expected: ExpectedResult) -> S3Error | None:
    """Return the client's error for a store's error; None if the store did not refuse.

    Raises `S3Error` ServiceUnavailable if the answer is cut off.
    """
    if _REDIRECT <= answer.status < _ERROR and answer.status != _NOT_MODIFIED:
        return unintelligible_answer(
            f"the store redirects to {answer.headers.get('location', '')[:200]}"
        )
    if answer.status < _ERROR:
        return None
    content = await read_start(answer, limits.UPSTREAM_ERROR_BYTES_MAX)
    store_request_id = answer.headers.get("x-amz-request-id", "")
    return error_for_client(
        answer.status,
        content,
        expected,
        store_request_id=store_request_id,
        has_body=answer.method != "HEAD",
    )


async def read_start(answer: aiohttp.ClientResponse, size: int) -> bytes:
    """Return the first `size` bytes of an answer, or all of a shorter one.

    Raises `S3Error` ServiceUnavailable if the answer is cut off or takes too long.
    """
    return await _read_start(answer, size, _reserve_none)


async def read_whole(
    answer: aiohttp.ClientResponse, bytes_max: int, *, reserve: Callable[[int], None] | None = None
) -> bytes:
    """Return a whole answer; `reserve` is called with the size of each piece and may raise.

    Raises `S3Error` InternalError for a longer one, ServiceUnavailable for one that is cut off or
    takes too long.
    """
    content = await _read_start(answer, bytes_max + 1, reserve or _reserve_none)
    if len(content) > bytes_max:
        raise unintelligible_answer("the store's answer is too long")
    return content


def _reserve_none(_size: int) -> None:
    """Reserve no quota, for an answer that is small enough not to be counted."""


async def _read_start(
    answer: aiohttp.ClientResponse, size: int, reserve: Callable[[int], None]
) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(limits.RESULT_SECONDS_MAX):
            while len(content) < size and (piece := await answer.content.read(size - len(content))):
                reserve(len(piece))
                content += piece
    except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise truncated_answer(error) from error
    return bytes(content)
