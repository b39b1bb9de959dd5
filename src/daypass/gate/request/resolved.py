"""A request, resolved once: its operation, its target, its parameters and headers, its source if it copies.

What is decided on and what is written for the store are these values, and nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from daypass.core.http.paths import percent_encode
from daypass.core.http.request import RawRequest
from daypass.gate import limits
from daypass.gate.authority import Claimed
from daypass.gate.protocol.errors import S3Error, unimplemented
from daypass.gate.request import arguments, headers, parameters, target
from daypass.gate.request.recognition import Recognition
from daypass.gate.request.row import Row
from daypass.gate.request.target import Target


@dataclass(frozen=True, slots=True)
class Source:
    """What a copy reads."""

    bucket: str
    key: str
    version_id: str | None

    @property
    def header(self) -> str:
        """Return the header for the store, encoded once."""
        version = (
            f"?versionId={percent_encode(self.version_id)}" if self.version_id is not None else ""
        )
        return f"/{self.bucket}/{quote(self.key, safe='/~')}{version}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A request that names exactly one operation."""

    row: Row
    target: Target
    arguments: Mapping[str, str]
    headers: Mapping[str, str]
    source: Source | None
    payload: str
    """The payload word of a presigned URL's query, empty where there is none."""

    @property
    def version_id(self) -> str | None:
        """Return the version that is named; `null` names one too."""
        return self.arguments.get("versionId")

    @property
    def query(self) -> str:
        """Return the query for the store: the selector and the arguments, encoded, pages cut to their limit."""
        pieces = [f"{self.row.selector}="] if self.row.selector else []
        pieces += [
            f"{percent_encode(name)}={percent_encode(_cut(name, value))}"
            for name, value in self.arguments.items()
        ]
        return "&".join(sorted(pieces))


@dataclass(frozen=True, slots=True)
class Rules:
    """What this gate takes for granted."""

    region: str
    bases: frozenset[str]
    regions: frozenset[str]
    """The regions that a request may be signed for: the gate's own, and aliases."""
    dot_segments: bool = False
    unsigned_over_plain_http: bool = False
    anonymous: bool = False
    """Whether requests that are not signed at all may read what a bucket's policy opens to
    everybody."""
    kms_keys: frozenset[str] | None = None
    """The store's KMS keys that may be asked for; None for every key."""


_COPY_SOURCE = re.compile(r"/?([^/?]+)/([^?]+)(?:\?versionId=([^?&]+))?")


def resolve(
    request: RawRequest, claimed: Claimed | None, rules: Rules, recognition: Recognition
) -> Resolved:
    """Return what the request is; raises `S3Error` for anything that has no meaning, or two."""
    host = next((value for name, value in request.headers if name == b"host"), b"").decode(
        "latin-1"
    )
    found = parameters.read(
        request.raw_query,
        presigned=claimed is not None and claimed.form == "query",
        selectors=recognition.selectors,
    )
    place = target.resolve(request.raw_path, host, rules.bases, dots=rules.dot_segments)
    counted = headers.counted(request.headers, found.headers)
    row = recognition.find(request.method, place, found, counted)
    arguments.check(found.arguments, dots=rules.dot_segments)
    source = _source(counted.get("x-amz-copy-source"), dots=rules.dot_segments)
    return Resolved(row, place, found.arguments, counted, source, found.payload)


def _cut(name: str, value: str) -> str:
    """Return an argument as the store gets it: policies see the number that was sent, the store one that it may serve."""
    return str(min(int(value), limits.PAGE_MAX)) if name in arguments.PAGED else value


def _source(text: str | None, *, dots: bool) -> Source | None:
    """Read a copy source: encoded once, its version behind the first raw question mark."""
    if text is None:
        return None
    if text.startswith("arn:"):
        raise unimplemented("x-amz-copy-source")
    match = _COPY_SOURCE.fullmatch(text)
    if match is None:
        raise S3Error(
            "InvalidArgument",
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            details={"ArgumentName": "x-amz-copy-source"},
        )
    bucket = target.checked_bucket(match[1])
    key = target.checked_key(match[2].encode(), dots=dots)
    version = target.checked_key(match[3].encode(), dots=True) if match[3] else None
    if version is not None and not target.is_id(version):
        raise S3Error(
            "InvalidArgument",
            "Version id of the copy source is invalid.",
            details={"ArgumentName": "x-amz-copy-source"},
        )
    return Source(bucket, key, version)
