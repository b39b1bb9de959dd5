"""What a success of each operation looks like at the store: its status, its headers, the root of its document.

A 200 alone proves no success: a proxy in front of the store may have said it, the store may have ended in the middle, and some
errors come under a 200. Source: S3 API reference, "Response Syntax" and "Response Elements" of each operation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_OK = frozenset({200})
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Result:
    """A success of one operation."""

    roots: frozenset[str] = frozenset()
    """Root elements of its document; empty where it has none."""
    texts: tuple[str, ...] = ()
    """Children of the root without which the document says too little: each is there, with a text."""
    statuses: frozenset[int] = _OK
    headers: tuple[str, ...] = ()
    """Headers without which the answer says too little, in lower case."""
    is_stream: bool = False
    """Whether the body is the object's own bytes, or a stream of records."""


def of(operation: str) -> Result:
    """Return what a success of an operation is."""
    found = _RESULTS.get(operation, _WITHOUT_DOCUMENT)
    if found.roots:
        return Result(found.roots | _usual(operation), found.texts, found.statuses)
    return found


def may_be_root(operation: str, name: str) -> bool:
    """Say whether a store may write an element around the result of an operation that has no members."""
    return name in _usual(operation)


def _usual(operation: str) -> frozenset[str]:
    """Return the names that S3 gives to documents when it has no special one."""
    return frozenset(operation + end for end in ("Result", "Response", "Output"))


def _document(*roots: str, texts: tuple[str, ...] = ()) -> Result:
    return Result(frozenset(roots), texts)


_WITHOUT_DOCUMENT = Result(statuses=frozenset({200, 204}))
_WRITTEN = Result(headers=("etag",))
_BYTES = Result(statuses=frozenset({200, 206, _NOT_MODIFIED}), headers=("etag",), is_stream=True)
_STREAM = Result(is_stream=True)
_PAGE = ("IsTruncated",)

_RESULTS: Mapping[str, Result] = {
    "PutObject": _WRITTEN,
    "PostObject": _WRITTEN,
    "UploadPart": _WRITTEN,
    "RestoreObject": Result(statuses=frozenset({200, 202})),
    "GetObject": _BYTES,
    "HeadObject": _BYTES,
    "GetObjectTorrent": _STREAM,
    "SelectObjectContent": _STREAM,
    "GetObjectAnnotation": _STREAM,
    "ListObjects": _document("ListBucketResult", texts=_PAGE),
    "ListObjectsV2": _document("ListBucketResult", texts=_PAGE),
    "ListObjectVersions": _document("ListVersionsResult", texts=_PAGE),
    "ListMultipartUploads": _document("ListMultipartUploadsResult", texts=_PAGE),
    "ListParts": _document("ListPartsResult", texts=_PAGE),
    "ListObjectAnnotations": _document("ListObjectAnnotationsResult"),
    "CreateMultipartUpload": _document("InitiateMultipartUploadResult", texts=("UploadId",)),
    "CompleteMultipartUpload": _document("CompleteMultipartUploadResult", texts=("ETag",)),
    "CopyObject": _document("CopyObjectResult", texts=("ETag",)),
    "UploadPartCopy": _document("CopyPartResult", texts=("ETag",)),
    "DeleteObjects": _document("DeleteResult"),
    "GetObjectAttributes": _document("GetObjectAttributesResponse"),
    "GetObjectTagging": _document("Tagging"),
    "GetObjectRetention": _document("Retention"),
    "GetObjectLegalHold": _document("LegalHold"),
    "GetObjectLockConfiguration": _document("ObjectLockConfiguration"),
    "GetBucketAccelerateConfiguration": _document("AccelerateConfiguration"),
    "GetBucketAnalyticsConfiguration": _document("AnalyticsConfiguration"),
    "GetBucketCors": _document("CORSConfiguration"),
    "GetBucketEncryption": _document("ServerSideEncryptionConfiguration"),
    "GetBucketIntelligentTieringConfiguration": _document("IntelligentTieringConfiguration"),
    "GetBucketInventoryConfiguration": _document("InventoryConfiguration"),
    "GetBucketLifecycleConfiguration": _document("LifecycleConfiguration"),
    "GetBucketLogging": _document("BucketLoggingStatus"),
    "GetBucketMetricsConfiguration": _document("MetricsConfiguration"),
    "GetBucketNotificationConfiguration": _document("NotificationConfiguration"),
    "GetBucketReplication": _document("ReplicationConfiguration"),
    "GetBucketVersioning": _document("VersioningConfiguration"),
    "GetBucketWebsite": _document("WebsiteConfiguration"),
    "ListBucketAnalyticsConfigurations": _document("ListBucketAnalyticsConfigurationResult"),
    "ListBucketIntelligentTieringConfigurations": _document(
        "ListBucketIntelligentTieringConfigurationsResult"
    ),
    "ListBucketInventoryConfigurations": _document("ListInventoryConfigurationsResult"),
    "ListBucketMetricsConfigurations": _document("ListMetricsConfigurationsResult"),
}
"""Operations that are asked of a store and answer with more than a status; all others have an empty body."""
