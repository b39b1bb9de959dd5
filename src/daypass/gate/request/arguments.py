"""Which arguments an operation takes, and what they may hold.

A store may look an id or a prefix up as a path: what would climb out of it there is refused here.
Sources: S3 API reference, the parameters of each operation; S3 user guide, "Naming Amazon S3
objects".
"""

from collections.abc import Mapping

from daypass.core.http.fields import is_field_value
from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error, unimplemented
from daypass.gate.request import target
from daypass.gate.request.parameters import RESPONSE
from daypass.gate.request.row import Row

PAGED = frozenset({"max-keys", "max-uploads", "max-parts", "max-buckets", "max-annotation-results"})
"""How much a page may hold, by the argument of each operation."""

_IDS = frozenset({"uploadId", "versionId", "annotationName", "id"})
"""Ids that say which thing is meant: one that is empty would leave that to the store."""
_ID_MARKERS = frozenset({"upload-id-marker", "version-id-marker"})
_OF_KEYS = frozenset(
    ["prefix", "marker", "start-after", "key-marker", "delimiter", "continuation-token", "annotation-prefix"]
)  # fmt: skip
"""Beginnings of keys, and keys that a page begins behind; some stores' continuation tokens are
such keys."""


def check_taken(row: Row, arguments: Mapping[str, str]) -> None:
    """Raise `S3Error` for an argument that the operation does not take, or out of its range."""
    for name, value in arguments.items():
        if name == "versionId" and (name not in row.arguments or not value):
            raise S3Error(
                "InvalidArgument",
                "This operation takes no version id.",
                details={"ArgumentName": name},
            )
        if name not in row.arguments:
            raise unimplemented(name)
        if name == "partNumber" and not _in_range(value, 1, limits.PART_NUMBER_MAX):
            raise S3Error(
                "InvalidArgument",
                "Part number must be an integer between 1 and 10000, inclusive",
                details={"ArgumentName": name, "ArgumentValue": value[:80]},
            )
        if name in PAGED and not _in_range(value, 0, 2**31 - 1):
            raise S3Error(
                "InvalidArgument",
                f"Provided {name} not an integer or within integer range",
                details={"ArgumentName": name, "ArgumentValue": value[:80]},
            )


def _in_range(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high  # noqa: PLR2004 - digits of 2^31


def check(arguments: Mapping[str, str], *, dots: bool) -> None:
    """Raise `S3Error` InvalidArgument for a value that its parameter cannot have.

    `dots` says whether the store keeps keys with dot segments apart.
    """
    for name, value in arguments.items():
        if not _is_fit(name, value, dots=dots):
            raise S3Error(
                "InvalidArgument",
                f"The value of {name} is not valid.",
                details={"ArgumentName": name, "ArgumentValue": value[:80]},
            )


def _is_fit(name: str, value: str, *, dots: bool) -> bool:
    if name == "annotationName" and len(value.encode()) > limits.ANNOTATION_NAME_BYTES_MAX:
        return False
    if name in _IDS or (name in _ID_MARKERS and value):
        return target.is_id(value)
    if name in _OF_KEYS:
        return not value or target.is_key(value, dots=dots)
    if name in RESPONSE:
        return is_field_value(value)
    return name != "encoding-type" or value == "url"
