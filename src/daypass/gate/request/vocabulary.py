"""Headers that have a vocabulary: read once, and written again by the gate, so that the store reads what was decided on.

A store may take a word in another case, decode percent codes in it, or take anything for `true`.
What is not exactly one of the words is refused; a header that says what its absence says is left
out. Source: S3 API reference.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial

from daypass.core.timestamps import iso8601, parse_iso8601
from daypass.gate.protocol import documents
from daypass.gate.protocol.errors import S3Error

Reader = Callable[[str, str], str]
"""From a header's name and value to what the gate writes; empty for what means nothing."""


def understood(found: Mapping[str, str]) -> dict[str, str]:
    """Return headers as the gate writes them.

    Raises `S3Error` InvalidArgument for a value that is not in its header's vocabulary, InvalidTag
    for tags that have no reading, or two.
    """
    headers = dict(found)
    for name in headers.keys() & _READERS.keys():
        written = _READERS[name](name, headers[name])
        if written:
            headers[name] = written
        else:
            del headers[name]
    return headers


def refused(name: str, value: str) -> S3Error:
    """Return the refusal of a value."""
    return S3Error(
        "InvalidArgument",
        f"The value of {name} is not valid.",
        details={"ArgumentName": name, "ArgumentValue": value[:80]},
    )


def _truth(name: str, value: str) -> str:
    if value.lower() not in {"true", "false"}:
        raise refused(name, value)
    return "true" if value.lower() == "true" else ""


def _word(words: frozenset[str], name: str, value: str) -> str:
    if value not in words:
        raise refused(name, value)
    return value


def _shaped(shape: re.Pattern[str], name: str, value: str) -> str:
    if not shape.fullmatch(value):
        raise refused(name, value)
    return value


def _number(name: str, value: str) -> str:
    return str(int(_shaped(_DIGITS, name, value)))


def instant(name: str, value: str) -> str:
    """Return an instant as AWS writes it; raises `S3Error` InvalidArgument for what is none."""
    try:
        seconds = parse_iso8601(value)
        if seconds >= 0:
            return iso8601(seconds)
    except (ValueError, OverflowError):
        pass
    raise S3Error(
        "InvalidArgument",
        "The retain until date must be provided in ISO 8601 format",
        details={"ArgumentName": name, "ArgumentValue": value[:80]},
    )


def _tags(_name: str, value: str) -> str:
    return documents.tag_header(documents.tags_of_header(value)) if value else ""


def _one_of(*words: str) -> Reader:
    return partial(_word, frozenset(words))


KMS_KEY = re.compile(r"[A-Za-z0-9:/_-]{1,2048}")
STORAGE_CLASS = re.compile(r"[A-Z0-9_-]{1,64}")
"""Stores have classes of their own; none is spelt with small letters or percent codes."""
_DIGITS = re.compile(r"[0-9]{1,7}", re.ASCII)
_ENCRYPTION = "x-amz-server-side-encryption"
_SOURCE_ENCRYPTION = "x-amz-copy-source-server-side-encryption"
_READERS: Mapping[str, Reader] = {
    "x-amz-bypass-governance-retention": _truth,
    "x-amz-bucket-object-lock-enabled": _truth,
    "x-amz-confirm-remove-self-bucket-access": _truth,
    "x-amz-skip-destination-validation": _truth,
    f"{_ENCRYPTION}-bucket-key-enabled": _truth,
    "x-amz-tagging-directive": _one_of("COPY", "REPLACE"),
    "x-amz-metadata-directive": _one_of("COPY", "REPLACE"),
    "x-amz-object-annotation-directive": _one_of("COPY", "EXCLUDE"),
    "x-amz-object-lock-mode": _one_of("GOVERNANCE", "COMPLIANCE"),
    "x-amz-object-lock-legal-hold": _one_of("ON", "OFF"),
    "x-amz-object-lock-event-hold": _one_of("ON", "OFF"),
    "x-amz-object-lock-event-hold-duration-days": _number,
    "x-amz-object-lock-event-hold-duration-years": _number,
    "x-amz-object-lock-retain-until-date": instant,
    _ENCRYPTION: _one_of("AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"),
    f"{_ENCRYPTION}-customer-algorithm": _one_of("AES256"),
    f"{_SOURCE_ENCRYPTION}-customer-algorithm": _one_of("AES256"),
    f"{_ENCRYPTION}-aws-kms-key-id": partial(_shaped, KMS_KEY),
    "x-amz-storage-class": partial(_shaped, STORAGE_CLASS),
    "x-amz-tagging": _tags,
}
