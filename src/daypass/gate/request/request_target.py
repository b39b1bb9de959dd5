"""The bucket and the key that a request names: decoded once from the raw path, never normalised.

The decision and the request for the store use the same values. Source: S3 API reference, "Virtual
hosting of buckets"; S3 user guide, "Bucket naming rules" and "Naming objects".
"""

import re
from urllib.parse import quote

import msgspec

from daypass.core.http import normalization
from daypass.core.http.fields import is_field_value
from daypass.core.http.paths import decode_s3_path
from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_RESERVED = re.compile(r"(?:xn--|sthree-).*|.*(?:--x-s3|--table-s3|-s3alias|--ol-s3|\.mrap)")
_DOT_SEGMENTS = frozenset({".", ".."})
_UNRESERVED = re.compile(r"[A-Za-z0-9._~/-]*")
"""Keys that are written into a path as they are."""
INVALID_URI = "Couldn't parse the specified URI."
INVALID_BUCKET = "The specified bucket is not valid."


class RequestTarget(msgspec.Struct, frozen=True):
    """The resource that a request names: the service, a bucket, or an object in it."""

    bucket: str = ""
    key: str | None = None

    @property
    def path(self) -> str:
        """Return the path for the store, encoded once."""
        if not self.bucket:
            return "/"
        if self.key is None:
            return f"/{self.bucket}"
        key = self.key if _UNRESERVED.fullmatch(self.key) else quote(self.key, safe="/~")
        return f"/{self.bucket}/{key}"


def resolve_target(
    raw_path: bytes, host: str, host_names: frozenset[str], *, allow_dot_segments: bool
) -> RequestTarget:
    """Return the target of a request from its raw path and its `Host` header.

    `host_names` are the gate's own names; `allow_dot_segments` says whether the store keeps keys
    with dot segments apart. Raises `S3Error` for another host, and for an invalid bucket or path.
    """
    label = bucket_from_host(host, host_names)
    if normalization.has_broken_escape(raw_path):
        raise S3Error("InvalidURI", INVALID_URI)
    path = raw_path[1:]
    if label:
        return RequestTarget(
            checked_bucket_name(label),
            decoded_key(path, allow_dot_segments=allow_dot_segments) if path else None,
        )
    if not path:
        return RequestTarget()
    name, slash, rest = path.partition(b"/")
    bucket = checked_bucket_name(name.decode("latin-1"))
    return RequestTarget(
        bucket, decoded_key(rest, allow_dot_segments=allow_dot_segments) if slash and rest else None
    )


def bucket_from_host(host: str, host_names: frozenset[str]) -> str:
    """Return the bucket in a virtual-hosted host name; empty for a name of the gate itself."""
    name = host.lower()
    if not name.endswith("]"):
        front, colon, port = name.rpartition(":")
        name = front if colon and port.isascii() and (port.isdigit() or not port) else name
    name = name.removesuffix(".")
    if name in host_names:
        return ""
    for base in host_names:
        if name.endswith(f".{base}"):
            return name[: -len(base) - 1]
    raise S3Error("InvalidRequest", f"The host `{name[:80]}` is not a name of this gate.")


def checked_bucket_name(name: str) -> str:
    """Return a bucket's name; raises `S3Error` InvalidBucketName for an invalid one."""
    if not _BUCKET.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name):
        raise S3Error("InvalidBucketName", INVALID_BUCKET, details={"BucketName": name[:63]})
    return name


def is_reserved_name(name: str) -> bool:
    """Say whether AWS reserves a bucket name."""
    return _RESERVED.fullmatch(name) is not None


def decoded_key(raw: bytes, *, allow_dot_segments: bool) -> str:
    """Return the key of a raw path, percent-decoded exactly once; a raw `+` is a blank.

    Raises `S3Error` for invalid escapes or UTF-8, and like `checked_key`.
    """
    if normalization.has_broken_escape(raw):
        raise S3Error("InvalidURI", INVALID_URI)
    try:
        key = decode_s3_path(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", INVALID_URI) from None
    return checked_key(key, allow_dot_segments=allow_dot_segments)


def checked_key(key: str, *, allow_dot_segments: bool) -> str:
    """Return a decoded key; raises `S3Error` for one that is too long or not valid."""
    size = len(key) if key.isascii() else len(key.encode(errors="replace"))
    if size > limits.KEY_BYTES_MAX:
        raise S3Error("KeyTooLongError", "Your key is too long")
    if not is_object_key(key, allow_dot_segments=allow_dot_segments):
        raise S3Error("InvalidURI", INVALID_URI)
    return key


def is_object_key(text: str, *, allow_dot_segments: bool) -> bool:
    """Say whether a text is a valid key: 1 to 1,024 bytes of UTF-8 without NUL.

    This is the one rule for keys, wherever a key comes from. `allow_dot_segments` says whether the
    store keeps keys with dot segments apart.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return False
    return (
        1 <= size <= limits.KEY_BYTES_MAX
        and "\0" not in text
        and (allow_dot_segments or not has_dot_segment(text))
    )


def has_dot_segment(text: str) -> bool:
    """Say whether a text has a `.` or `..` segment, which may leave a folder of keys."""
    return not _DOT_SEGMENTS.isdisjoint(text.split("/"))


def is_resource_id(text: str) -> bool:
    """Say whether a text is a valid id of an upload or a version, or an annotation's name.

    Stores use such ids as names of files: no separator, no control character, no dot segment.
    """
    return (
        is_field_value(text)
        and 1 <= len(text.encode()) <= limits.ID_BYTES_MAX
        and text not in _DOT_SEGMENTS
        and not any(separator in text for separator in "/\\")
    )
