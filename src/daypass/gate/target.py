"""Which bucket and which key a request names: read once, from the raw bytes, and never normalised.

The same values are decided on and written for the store. Source: S3 API reference, "Virtual hosting of buckets"; S3 user
guide, "Bucket naming rules" and "Naming objects".
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from daypass.gate import limits
from daypass.gate.errors import S3Error

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_RESERVED = re.compile(r"(?:xn--|sthree-).*|.*(?:--x-s3|--table-s3|-s3alias|--ol-s3|\.mrap)")
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

    `bases` are the names that the gate is reached by; `dots` says whether the store keeps keys with dot segments apart.
    Raises `S3Error` for a host that is none of them, a name or a path that cannot be meant.
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
        name = front if colon and port.isdigit() else name
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
    """Decode a key exactly once; raises `S3Error` for what is no text, too long, or climbs."""
    try:
        key = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", INVALID_URI) from None
    return checked_text(key, dots=dots)


def checked_text(key: str, *, dots: bool) -> str:
    """Return a key that is decoded already; raises `S3Error` for one that is too long, or climbs."""
    if len(key.encode()) > limits.KEY_BYTES_MAX:
        raise S3Error("KeyTooLongError", "Your key is too long")
    if "\0" in key or (not dots and any(part in {".", ".."} for part in key.split("/"))):
        raise S3Error("InvalidURI", INVALID_URI)
    return key
