"""Normalizing headers with a fixed vocabulary, so that the store reads what was decided on.

A store may accept a word in another case, decode percent codes in it, or take any text for `true`.
A value that is not exactly one of the words is refused; a header that means the same as its absence
is left out. Source: S3 API reference.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial

from daypass.core.time.timestamps import iso8601, parse_iso8601
from daypass.gate.protocol import tag_sets
from daypass.gate.protocol.errors import S3Error

ValueReader = Callable[[str, str], str]
"""From a header's name and value to the normalized value; empty if the header means the same as its
absence."""


def normalized_headers(received: Mapping[str, str]) -> dict[str, str]:
    """Return headers with normalized values.

    Raises `S3Error` InvalidArgument for a value that is not in its header's vocabulary, InvalidTag
    for tags that are invalid or ambiguous.
    """
    headers = dict(received)
    for name in [each for each in received if each in _READERS]:
        written = _READERS[name](name, headers[name])
        if written:
            headers[name] = written
        else:
            del headers[name]
    return headers


def invalid_value(name: str, value: str) -> S3Error:
    """Return the error for a header's value that is not in its vocabulary."""
    return S3Error(
        "InvalidArgument",
        f"The value of {name} is not valid.",
        details={"ArgumentName": name, "ArgumentValue": value[:80]},
    )


def _boolean(name: str, value: str) -> str:
    if value.lower() not in {"true", "false"}:
        raise invalid_value(name, value)
    return "true" if value.lower() == "true" else ""


def _vocabulary_word(words: frozenset[str], name: str, value: str) -> str:
    if value not in words:
        raise invalid_value(name, value)
    return value


def _matching_value(shape: re.Pattern[str], name: str, value: str) -> str:
    if not shape.fullmatch(value):
        raise invalid_value(name, value)
    return value


def _number(name: str, value: str) -> str:
    return str(int(_matching_value(_DIGITS, name, value)))


def normalized_timestamp(name: str, value: str) -> str:
    """Return a timestamp as AWS writes it; raises `S3Error` InvalidArgument for an invalid one."""
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


def _normalized_tags(_name: str, value: str) -> str:
    return tag_sets.format_tag_header(tag_sets.parse_tag_header(value)) if value else ""


def _one_of(*words: str) -> ValueReader:
    return partial(_vocabulary_word, frozenset(words))


KMS_KEY = re.compile(r"[A-Za-z0-9:/_-]{1,2048}")
STORAGE_CLASS = re.compile(r"[A-Z0-9_-]{1,64}")
"""Stores have storage classes of their own; none has small letters or percent codes."""
_DIGITS = re.compile(r"[0-9]{1,7}", re.ASCII)
_ENCRYPTION = "x-amz-server-side-encryption"
_SOURCE_ENCRYPTION = "x-amz-copy-source-server-side-encryption"
_READERS: Mapping[str, ValueReader] = {
    "x-amz-bypass-governance-retention": _boolean,
    "x-amz-bucket-object-lock-enabled": _boolean,
    "x-amz-confirm-remove-self-bucket-access": _boolean,
    "x-amz-skip-destination-validation": _boolean,
    f"{_ENCRYPTION}-bucket-key-enabled": _boolean,
    "x-amz-tagging-directive": _one_of("COPY", "REPLACE"),
    "x-amz-metadata-directive": _one_of("COPY", "REPLACE"),
    "x-amz-object-annotation-directive": _one_of("COPY", "EXCLUDE"),
    "x-amz-object-lock-mode": _one_of("GOVERNANCE", "COMPLIANCE"),
    "x-amz-object-lock-legal-hold": _one_of("ON", "OFF"),
    "x-amz-object-lock-event-hold": _one_of("ON", "OFF"),
    "x-amz-object-lock-event-hold-duration-days": _number,
    "x-amz-object-lock-event-hold-duration-years": _number,
    "x-amz-object-lock-retain-until-date": normalized_timestamp,
    _ENCRYPTION: _one_of("AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"),
    f"{_ENCRYPTION}-customer-algorithm": _one_of("AES256"),
    f"{_SOURCE_ENCRYPTION}-customer-algorithm": _one_of("AES256"),
    f"{_ENCRYPTION}-aws-kms-key-id": partial(_matching_value, KMS_KEY),
    "x-amz-storage-class": partial(_matching_value, STORAGE_CLASS),
    "x-amz-tagging": _normalized_tags,
}
