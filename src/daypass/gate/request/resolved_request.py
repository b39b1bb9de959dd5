"""A resolved request: its operation, target, arguments, headers and copy source, each parsed once.

The decision and the request for the store use these values alone, never the client's bytes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from daypass.core.http.paths import percent_encode
from daypass.core.http.request import RawRequest
from daypass.gate import limits
from daypass.gate.authority import SignatureClaim
from daypass.gate.protocol.errors import S3Error, not_implemented
from daypass.gate.request import (
    headers,
    presigned_checksums,
    query_arguments,
    query_parameters,
    request_target,
)
from daypass.gate.request.operation_row import OperationRow
from daypass.gate.request.recognition import OperationRecognizer
from daypass.gate.request.request_target import RequestTarget


class CopySource(msgspec.Struct, frozen=True):
    """The object that a copy reads."""

    bucket: str
    key: str
    version_id: str | None

    @property
    def header_value(self) -> str:
        """Return `x-amz-copy-source` for the store, encoded once."""
        version = (
            f"?versionId={percent_encode(self.version_id)}" if self.version_id is not None else ""
        )
        return f"/{self.bucket}/{quote(self.key, safe='/~')}{version}"


class ResolvedRequest(msgspec.Struct, frozen=True):
    """A request that names exactly one operation."""

    row: OperationRow
    target: RequestTarget
    arguments: Mapping[str, str]
    headers: Mapping[str, str]
    source: CopySource | None
    payload_hash: str
    """`X-Amz-Content-Sha256` of a presigned URL's query; empty if it has none."""
    host_bucket: str = ""
    """The bucket that the `Host` header names, if Signature Version 2 has to sign it; else empty.
    """

    @property
    def version_id(self) -> str | None:
        """Return the requested version id; None without one. `null` is a version id too."""
        return self.arguments.get("versionId")

    @property
    def query(self) -> str:
        """Return the query for the store: selector and arguments, encoded, page sizes capped."""
        pieces = [f"{self.row.selector}="] if self.row.selector else []
        pieces += [
            f"{percent_encode(name)}={percent_encode(_served_value(name, value))}"
            for name, value in self.arguments.items()
        ]
        return "&".join(sorted(pieces))


@dataclass(frozen=True, slots=True)
class GateRules:
    """The gate's configuration: region, host names, and what the operator allows."""

    region: str
    host_names: frozenset[str]
    regions: frozenset[str]
    """The regions that a request may be signed for: the gate's own, and aliases."""
    dot_segments: bool = False
    unsigned_over_plain_http: bool = False
    anonymous: bool = False
    """Whether an unsigned request may read what a bucket's policy allows everybody."""
    kms_keys: frozenset[str] | None = None
    """The store's KMS keys that requests may name; None for every key."""


_COPY_SOURCE = re.compile(r"/?([^/?]+)/([^?]+)(?:\?versionId=([^?&]+))?")


def resolve_request(
    request: RawRequest,
    claim: SignatureClaim | None,
    rules: GateRules,
    recognition: OperationRecognizer,
) -> ResolvedRequest:
    """Return the request as one operation; raises `S3Error` for an unknown or ambiguous request."""
    host = next((value for name, value in request.headers if name == b"host"), b"").decode(
        "latin-1"
    )
    link = claim if claim is not None and claim.form == "query" else None
    is_version_2 = link is not None and link.signature_version == "AWS"
    query = query_parameters.parse_query(
        request.raw_query,
        presigned=link is not None,
        selectors=recognition.selectors,
        is_version_2=is_version_2,
    )
    target = request_target.resolve_target(
        request.raw_path, host, rules.host_names, allow_dot_segments=rules.dot_segments
    )
    hoisted = query.headers
    if is_version_2:
        hoisted = query_parameters.headers_beside(hoisted, request.headers)
    s3_headers = headers.received_headers(
        request.headers, hoisted, signed=claim.signed_headers if claim else ()
    )
    row = recognition.recognize(request.method, target, query, s3_headers)
    if row.body == "stream" and query.headers:
        s3_headers = presigned_checksums.without_checksum_of_empty_body(s3_headers, query.headers)
    query_arguments.check_values(query.arguments, allow_dot_segments=rules.dot_segments)
    source = _parse_copy_source(
        s3_headers.get("x-amz-copy-source"), allow_dot_segments=rules.dot_segments
    )
    host_bucket = request_target.bucket_from_host(host, rules.host_names) if is_version_2 else ""
    return ResolvedRequest(
        row, target, query.arguments, s3_headers, source, query.payload_hash, host_bucket
    )


def _served_value(name: str, value: str) -> str:
    """Return an argument's value for the store: a page size above the limit is capped.

    Policies see the number that was sent.
    """
    return str(min(int(value), limits.PAGE_MAX)) if name in query_arguments.PAGE_SIZES else value


def _parse_copy_source(text: str | None, *, allow_dot_segments: bool) -> CopySource | None:
    """Return a copy source, decoded once; its version id follows the first raw question mark."""
    if text is None:
        return None
    if text.startswith("arn:"):
        raise not_implemented("x-amz-copy-source")
    match = _COPY_SOURCE.fullmatch(text)
    if match is None:
        raise S3Error(
            "InvalidArgument",
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            details={"ArgumentName": "x-amz-copy-source"},
        )
    bucket = request_target.checked_bucket_name(match[1])
    key = request_target.decoded_key(match[2].encode(), allow_dot_segments=allow_dot_segments)
    version = None
    if match[3]:
        # A query, in which a raw plus is a plus.
        raw_version = match[3].encode().replace(b"+", b"%2B")
        version = request_target.decoded_key(raw_version, allow_dot_segments=True)
    if version is not None and not request_target.is_resource_id(version):
        raise S3Error(
            "InvalidArgument",
            "Version id of the copy source is invalid.",
            details={"ArgumentName": "x-amz-copy-source"},
        )
    return CopySource(bucket, key, version)
