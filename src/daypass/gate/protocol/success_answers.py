"""Checking a store's success: its status, headers and document must be those of the operation.

An answer that fails the check is neither a success nor the client's fault. `expected_results` has
the form of each success.
"""

from collections.abc import Callable, Mapping

import aiohttp

from daypass.gate import limits
from daypass.gate.protocol import documents, errors, store_answers, store_errors
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.expected_results import ExpectedResult


def check_head(status: int, headers: Mapping[str, str], expected: ExpectedResult) -> None:
    """Raise `S3Error` InternalError for a status or headers that no success has."""
    if status not in expected.statuses:
        raise store_errors.unintelligible_answer(
            f"the store answers {status} to {expected.operation}"
        )
    for name in expected.headers:
        if not headers.get(name):
            raise store_errors.unintelligible_answer(
                f"the store answers {expected.operation} without {name}"
            )


def check_has_length(headers: Mapping[str, str]) -> None:
    """Raise `S3Error` InternalError for a body without a length or a transfer coding."""
    if "content-length" not in headers and "transfer-encoding" not in headers:
        raise store_errors.unintelligible_answer("the store does not say how long its answer is")


async def read_document(
    answer: aiohttp.ClientResponse,
    expected: ExpectedResult,
    *,
    reserve: Callable[[int], None] | None = None,
) -> bytes:
    """Return the document of a success, empty if the operation has none.

    `reserve` reserves quota for its bytes. Raises the error that comes under a success's status,
    `S3Error` InternalError for an answer that cannot be parsed, and what `store_answers.read_whole`
    raises.
    """
    check_head(answer.status, answer.headers, expected)
    content = await store_answers.read_whole(answer, limits.RESULT_BYTES_MAX, reserve=reserve)
    if not expected.roots and not content.strip():
        return b""
    try:
        root = await documents.parse_xml_in_turns(
            content, elements=limits.RESULT_ELEMENTS_MAX, levels=2
        )
    except S3Error:
        raise store_errors.unintelligible_answer(
            f"the store's answer to {expected.operation} cannot be read"
        ) from None
    check_document(root, content, expected)
    return content if expected.roots else b""


def check_document(root: XMLElement, content: bytes, expected: ExpectedResult) -> None:
    """Raise `S3Error` unless the document `content` with the parsed `root` is that of a success."""
    if root.name == "Error":
        code = store_errors.error_code(store_errors.error_elements(root))
        raise store_errors.error_for_client(
            errors.STATUS_BY_CODE.get(code, _BAD_REQUEST), content, expected
        )
    name = expected.operation
    if not expected.may_have(root.name):
        raise store_errors.unintelligible_answer(
            f"the store answers {name} with <{root.name[:80]}>"
        )
    for text in expected.texts:
        if [bool(child.text.strip()) for child in root.children_named(text)] != [True]:
            raise store_errors.unintelligible_answer(f"the store answers {name} without <{text}>")


_BAD_REQUEST = 400
