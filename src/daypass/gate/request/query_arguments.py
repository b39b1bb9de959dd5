"""Validation of query arguments: which ones an operation has, and which values they may have.

A store may use an id or a prefix as a file path: a value with dot segments is refused here.
Sources: S3 API reference, the parameters of each operation; S3 user guide, "Naming Amazon S3
objects".
"""

from collections.abc import Mapping

from daypass.core.http.fields import is_field_value
from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error, not_implemented
from daypass.gate.request import request_target
from daypass.gate.request.operation_row import OperationRow
from daypass.gate.request.query_parameters import RESPONSE_HEADERS

PAGE_SIZES = frozenset(
    {"max-keys", "max-uploads", "max-parts", "max-buckets", "max-annotation-results"}
)
"""Arguments that give the size of a page."""

_IDS = frozenset({"uploadId", "versionId", "annotationName", "id"})
"""Ids that name one resource: an empty one would leave the choice to the store."""
_ID_MARKERS = frozenset({"upload-id-marker", "version-id-marker"})
_KEY_PREFIXES = frozenset(
    [
        "prefix",
        "marker",
        "start-after",
        "key-marker",
        "delimiter",
        "continuation-token",
        "annotation-prefix",
    ]
)
"""Prefixes of keys, and keys after which a page begins; some stores' continuation tokens are such
keys."""


def check_supported(row: OperationRow, arguments: Mapping[str, str]) -> None:
    """Raise `S3Error` for an argument that the operation lacks, or a number out of range."""
    for name, value in arguments.items():
        if name == "versionId" and (name not in row.arguments or not value):
            raise S3Error(
                "InvalidArgument",
                "This operation takes no version id.",
                details={"ArgumentName": name},
            )
        if name not in row.arguments:
            raise not_implemented(name)
        if name == "partNumber" and not _in_range(value, 1, limits.PART_NUMBER_MAX):
            raise S3Error(
                "InvalidArgument",
                "Part number must be an integer between 1 and 10000, inclusive",
                details={"ArgumentName": name, "ArgumentValue": value[:80]},
            )
        if name in PAGE_SIZES and not _in_range(value, 0, 2**31 - 1):
            raise S3Error(
                "InvalidArgument",
                f"Provided {name} not an integer or within integer range",
                details={"ArgumentName": name, "ArgumentValue": value[:80]},
            )


def _in_range(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high  # noqa: PLR2004


def check_values(arguments: Mapping[str, str], *, allow_dot_segments: bool) -> None:
    """Raise `S3Error` InvalidArgument for a value that is not valid for its argument.

    `allow_dot_segments` says whether the store keeps keys with dot segments apart.
    """
    for name, value in arguments.items():
        if not _is_valid(name, value, allow_dot_segments=allow_dot_segments):
            raise S3Error(
                "InvalidArgument",
                f"The value of {name} is not valid.",
                details={"ArgumentName": name, "ArgumentValue": value[:80]},
            )


def _is_valid(name: str, value: str, *, allow_dot_segments: bool) -> bool:
    if name == "annotationName" and len(value.encode()) > limits.ANNOTATION_NAME_BYTES_MAX:
        return False
    if name in _IDS or (name in _ID_MARKERS and value):
        return request_target.is_resource_id(value)
    if name in _KEY_PREFIXES:
        return not value or request_target.is_object_key(
            value, allow_dot_segments=allow_dot_segments
        )
    if name in RESPONSE_HEADERS:
        return is_field_value(value)
    return name != "encoding-type" or value == "url"
