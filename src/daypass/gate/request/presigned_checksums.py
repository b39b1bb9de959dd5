"""Checksums in the query of a presigned upload: those of an empty body say nothing of the upload.

The JavaScript SDK presigns an upload without its body, and writes the checksum of an empty one into
the URL. S3 takes any body under it.
"""

import base64
import hashlib
from collections.abc import Mapping

_DIGESTS = {
    "crc32": bytes(4),
    "crc32c": bytes(4),
    "crc64nvme": bytes(8),
    "md5": hashlib.md5(usedforsecurity=False).digest(),
    "sha1": hashlib.sha1(usedforsecurity=False).digest(),
    "sha256": hashlib.sha256().digest(),
    "sha512": hashlib.sha512().digest(),
}
OF_EMPTY_BODY: Mapping[str, str] = {
    f"x-amz-checksum-{algorithm}": base64.b64encode(digest).decode("ascii")
    for algorithm, digest in _DIGESTS.items()
}
"""The value of each checksum's header for a body without bytes."""


def without_checksum_of_empty_body(
    s3_headers: dict[str, str], hoisted: Mapping[str, str]
) -> dict[str, str]:
    """Return an upload's headers without a checksum of an empty body that stands in its query.

    `hoisted` are the headers of the query. Any other checksum counts: somebody meant it.
    """
    declared = {name for name in hoisted if OF_EMPTY_BODY.get(name) == hoisted[name]}
    if not declared:
        return s3_headers
    left_out = declared | {"x-amz-sdk-checksum-algorithm"}
    return {name: value for name, value in s3_headers.items() if name not in left_out}
