"""What the values of a query's arguments may hold: ids, beginnings of keys, headers of the answer.

A store may look an id or a prefix up as a path: what would climb out of it there is refused here. Sources: S3 API reference,
the parameters of each operation; S3 user guide, "Naming Amazon S3 objects".
"""

from collections.abc import Mapping

from daypass.core.http.fields import is_value
from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request import target
from daypass.gate.request.parameters import RESPONSE

_IDS = frozenset({"uploadId", "versionId", "annotationName", "id"})
"""Ids that say which thing is meant: one that is empty would leave that to the store."""
_ID_MARKERS = frozenset({"upload-id-marker", "version-id-marker"})
_OF_KEYS = frozenset(
    ["prefix", "marker", "start-after", "key-marker", "delimiter", "continuation-token", "annotation-prefix"]
)  # fmt: skip
"""Beginnings of keys, and keys that a page begins behind; some stores' continuation tokens are such keys."""


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
        return is_value(value)
    return name != "encoding-type" or value == "url"
