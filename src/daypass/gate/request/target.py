"""Which bucket and which key a request names: read once, from the raw bytes, and never normalised.

The same values are decided on and written for the store. Source: S3 API reference, "Virtual hosting
of buckets"; S3 user guide, "Bucket naming rules" and "Naming objects".
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from daypass.core.http.fields import is_field_value
from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_RESERVED = re.compile(r"(?:xn--|sthree-).*|.*(?:--x-s3|--table-s3|-s3alias|--ol-s3|\.mrap)")
_DOTS = frozenset({".", ".."})
_ESCAPES = re.compile(rb"(?:[^%]|%[0-9A-Fa-f]{2})*")
INVALID_URI = "Couldn't parse the specified URI."
INVALID_BUCKET = "The specified bucket is not valid."


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: the service, a bucket, or an object in it."""

    bucket: str = ""
    key: str | None = None

    @property
    def path(self) -> str:
        """Return the path for the store, encoded once."""
        if not self.bucket:
            return "/"
        return f"/{self.bucket}" + ("" if self.key is None else f"/{quote(self.key, safe='/~')}")


def resolve(raw_path: bytes, host: str, bases: frozenset[str], *, dots: bool) -> Target:
    """Return the target of a request.

    `bases` are the names that the gate is reached by; `dots` says whether the store keeps keys with
    dot segments apart. Raises `S3Error` for a host that is none of them, a name or a path that
    cannot be meant.
    """
    label = bucket_label(host, bases)
    if not _ESCAPES.fullmatch(raw_path):
        raise S3Error("InvalidURI", INVALID_URI)
    path = raw_path[1:]
    if label:
        return Target(checked_bucket(label), checked_key(path, dots=dots) if path else None)
    if not path:
        return Target()
    name, slash, rest = path.partition(b"/")
    bucket = checked_bucket(name.decode("latin-1"))
    return Target(bucket, checked_key(rest, dots=dots) if slash and rest else None)


def bucket_label(host: str, bases: frozenset[str]) -> str:
    """Return the bucket that a host name holds, empty for a name of the gate itself."""
    name = host.lower()
    if not name.endswith("]"):
        front, colon, port = name.rpartition(":")
        name = front if colon and port.isascii() and port.isdigit() else name
    name = name.removesuffix(".")
    if name in bases:
        return ""
    for base in bases:
        if name.endswith(f".{base}"):
            return name[: -len(base) - 1]
    raise S3Error("InvalidRequest", f"The host `{name[:80]}` is not a name of this gate.")


def checked_bucket(name: str) -> str:
    """Return a bucket's name; raises `S3Error` InvalidBucketName for what is none."""
    if not _BUCKET.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name):
        raise S3Error("InvalidBucketName", INVALID_BUCKET, details={"BucketName": name[:63]})
    return name


def is_reserved(name: str) -> bool:
    """Say whether AWS keeps such names for itself."""
    return _RESERVED.fullmatch(name) is not None


def checked_key(raw: bytes, *, dots: bool) -> str:
    """Decode a key exactly once; raises `S3Error` for broken escapes, for what is no text, and like `checked_text`."""
    if not _ESCAPES.fullmatch(raw):
        raise S3Error("InvalidURI", INVALID_URI)
    try:
        key = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", INVALID_URI) from None
    return checked_text(key, dots=dots)


def checked_text(key: str, *, dots: bool) -> str:
    """Return a key that is decoded already; raises `S3Error` for one that is too long, or is none."""
    if len(key.encode(errors="replace")) > limits.KEY_BYTES_MAX:
        raise S3Error("KeyTooLongError", "Your key is too long")
    if not is_key(key, dots=dots):
        raise S3Error("InvalidURI", INVALID_URI)
    return key


def is_key(text: str, *, dots: bool) -> bool:
    """Say whether a text names an object: 1 to 1,024 bytes of UTF-8 without NUL.

    It is the one rule for keys, wherever a key comes from. `dots` says whether the store keeps keys
    with dot segments apart.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return False
    return 1 <= size <= limits.KEY_BYTES_MAX and "\0" not in text and (dots or not climbs(text))


def climbs(text: str) -> bool:
    """Say whether a text has a segment that means another folder where keys are paths."""
    return not _DOTS.isdisjoint(text.split("/"))


def is_id(text: str) -> bool:
    """Say whether a text can be the id of an upload or a version, or the name of an annotation.

    Stores use such ids as names of files: no separator, no control character, no dot segment.
    """
    return (
        is_field_value(text)
        and 1 <= len(text.encode()) <= limits.ID_BYTES_MAX
        and text not in _DOTS
        and not any(separator in text for separator in "/\\")
    )
