"""Every operation of S3: how it is asked for, what it needs, and what becomes of it.

Source: service authorization reference, "Actions, resources, and condition keys for Amazon S3"; S3 API reference. The names of
actions follow no rule, so that they are written out.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Fate(enum.Enum):
    """What becomes of an operation that is allowed."""

    FORWARDED = "F"
    OWN = "G"
    """Answered from the gate's own records."""
    STORE_ACTS = "T"
    """The store would act elsewhere with its own authority: reads are forwarded, writes refused."""
    REFUSED = "N"


class Level(enum.Enum):
    """What an operation is about."""

    SERVICE = "service"
    BUCKET = "bucket"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. `versioned` is the action asked for instead where a version is named."""

    name: str
    level: Level
    method: str
    selector: str
    action: str
    fate: Fate = Fate.FORWARDED
    versioned: str = ""
    body: str = ""
    """`stream` for an object's bytes, `xml` for a document, `json` for a policy, `form` for a browser's, empty where there is none."""
    arguments: frozenset[str] = frozenset()


_F, _G, _T, _N = Fate.FORWARDED, Fate.OWN, Fate.STORE_ACTS, Fate.REFUSED
_LISTING = frozenset({"prefix", "delimiter", "encoding-type"})
_VERSION = frozenset({"versionId"})
_ID = frozenset({"id"})


def _object(
    name: str,
    method: str,
    selector: str,
    action: str,
    versioned: str = "",
    *,
    fate: Fate = _F,
    body: str = "",
    more: str = "",
    version: bool = True,
) -> Row:
    arguments = (_VERSION if version else frozenset()) | frozenset(more.split())
    return Row(name, Level.OBJECT, method, selector, action, fate, versioned, body, arguments)


def _bucket(
    name: str,
    method: str,
    selector: str,
    action: str,
    fate: Fate = _F,
    *,
    body: str = "",
    arguments: frozenset[str] = frozenset(),
) -> Row:
    return Row(name, Level.BUCKET, method, selector, action, fate, "", body, arguments)


def _configuration(
    selector: str,
    noun: str,
    action: str,
    fate: Fate,
    *,
    gets: str = "",
    deletes: str = "",
    body: str = "xml",
    arguments: frozenset[str] = frozenset(),
) -> tuple[Row, ...]:
    """Return Get, Put and Delete of a bucket's configuration; DELETE mostly needs the Put action."""
    rows = (
        _bucket(f"Get{noun}", "GET", selector, gets or f"Get{action}", fate, arguments=arguments),
        _bucket(
            f"Put{noun}", "PUT", selector, f"Put{action}", fate, body=body, arguments=arguments
        ),
    )
    if not deletes:
        return rows
    return (*rows, _bucket(f"Delete{noun}", "DELETE", selector, deletes, fate, arguments=arguments))


_PLAIN = (
    Row("ListBuckets", Level.SERVICE, "GET", "", "ListAllMyBuckets", _G, arguments=frozenset({"prefix", "max-buckets", "continuation-token", "bucket-region"})),
    _bucket("CreateBucket", "PUT", "", "CreateBucket", body="xml"),
    _bucket("DeleteBucket", "DELETE", "", "DeleteBucket"),
    _bucket("HeadBucket", "HEAD", "", "ListBucket"),
    _bucket("ListObjects", "GET", "", "ListBucket", arguments=_LISTING | {"marker", "max-keys"}),
    _bucket("ListObjectsV2", "GET", "", "ListBucket", arguments=_LISTING | {"list-type", "max-keys", "continuation-token", "start-after", "fetch-owner"}),
    _bucket("ListObjectVersions", "GET", "versions", "ListBucketVersions", arguments=_LISTING | {"key-marker", "version-id-marker", "max-keys"}),
    _bucket("ListMultipartUploads", "GET", "uploads", "ListBucketMultipartUploads", arguments=_LISTING | {"key-marker", "upload-id-marker", "max-uploads"}),
    _bucket("DeleteObjects", "POST", "delete", "DeleteObject", body="xml"),
    _bucket("CreateSession", "GET", "session", "CreateSession", _N),
    _object("GetObject", "GET", "", "GetObject", "GetObjectVersion", more="partNumber"),
    _object("HeadObject", "HEAD", "", "GetObject", "GetObjectVersion", more="partNumber"),
    _object("GetObjectAttributes", "GET", "attributes", "GetObjectAttributes", "GetObjectVersionAttributes"),
    _object("GetObjectTorrent", "GET", "torrent", "GetObjectTorrent", "GetObjectVersionTorrent"),
    _object("SelectObjectContent", "POST", "select", "GetObject", body="xml", more="select-type", version=False),
    _object("PutObject", "PUT", "", "PutObject", body="stream", version=False),
    _object("CopyObject", "PUT", "", "PutObject", version=False),
    _object("DeleteObject", "DELETE", "", "DeleteObject", "DeleteObjectVersion"),
    _object("CreateMultipartUpload", "POST", "uploads", "PutObject", version=False),
    _object("UploadPart", "PUT", "", "PutObject", body="stream", more="partNumber uploadId", version=False),
    _object("UploadPartCopy", "PUT", "", "PutObject", more="partNumber uploadId", version=False),
    _object("CompleteMultipartUpload", "POST", "", "PutObject", body="xml", more="uploadId", version=False),
    _object("AbortMultipartUpload", "DELETE", "", "AbortMultipartUpload", more="uploadId", version=False),
    _object("ListParts", "GET", "", "ListMultipartUploadParts", more="uploadId max-parts part-number-marker", version=False),
    _object("RestoreObject", "POST", "restore", "RestoreObject", body="xml"),
    _object("RenameObject", "PUT", "renameObject", "PutObject", fate=_N),
    _object("GetObjectAcl", "GET", "acl", "GetObjectAcl", "GetObjectVersionAcl", fate=_G),
    _object("PutObjectAcl", "PUT", "acl", "PutObjectAcl", "PutObjectVersionAcl", fate=_G, body="xml"),
    _object("GetObjectTagging", "GET", "tagging", "GetObjectTagging", "GetObjectVersionTagging"),
    _object("PutObjectTagging", "PUT", "tagging", "PutObjectTagging", "PutObjectVersionTagging", body="xml"),
    _object("DeleteObjectTagging", "DELETE", "tagging", "DeleteObjectTagging", "DeleteObjectVersionTagging"),
    _object("GetObjectRetention", "GET", "retention", "GetObjectRetention"),
    _object("PutObjectRetention", "PUT", "retention", "PutObjectRetention", body="xml"),
    _object("GetObjectLegalHold", "GET", "legal-hold", "GetObjectLegalHold"),
    _object("PutObjectLegalHold", "PUT", "legal-hold", "PutObjectLegalHold", body="xml"),
    _object("GetObjectAnnotation", "GET", "annotation", "GetObjectAnnotation", "GetObjectVersionAnnotation", more="annotationName"),
    _object("PutObjectAnnotation", "PUT", "annotation", "PutObjectAnnotation", "PutObjectVersionAnnotation", body="stream", more="annotationName"),
    _object("DeleteObjectAnnotation", "DELETE", "annotation", "DeleteObjectAnnotation", "DeleteObjectVersionAnnotation", more="annotationName"),
    _object("ListObjectAnnotations", "GET", "annotation", "ListObjectAnnotations", "ListObjectVersionAnnotations", more="annotation-prefix max-annotation-results continuation-token"),
    _object("UpdateObjectEncryption", "PUT", "encryption", "UpdateObjectEncryption", body="xml"),
)  # fmt: skip

_CONFIGURATIONS = (
    _configuration("abac", "BucketAbac", "BucketAbac", _G),
    _configuration("accelerate", "BucketAccelerateConfiguration", "AccelerateConfiguration", _T),
    _configuration("acl", "BucketAcl", "BucketAcl", _G),
    _configuration("analytics", "BucketAnalyticsConfiguration", "AnalyticsConfiguration", _T, deletes="PutAnalyticsConfiguration", arguments=_ID),
    _configuration("cors", "BucketCors", "BucketCORS", _F, deletes="PutBucketCORS"),
    _configuration("encryption", "BucketEncryption", "EncryptionConfiguration", _F, deletes="PutEncryptionConfiguration"),
    _configuration("intelligent-tiering", "BucketIntelligentTieringConfiguration", "IntelligentTieringConfiguration", _F, deletes="PutIntelligentTieringConfiguration", arguments=_ID),
    _configuration("inventory", "BucketInventoryConfiguration", "InventoryConfiguration", _T, deletes="PutInventoryConfiguration", arguments=_ID),
    _configuration("lifecycle", "BucketLifecycleConfiguration", "LifecycleConfiguration", _F),
    _configuration("logging", "BucketLogging", "BucketLogging", _T),
    _configuration("metrics", "BucketMetricsConfiguration", "MetricsConfiguration", _F, deletes="PutMetricsConfiguration", arguments=_ID),
    _configuration("notification", "BucketNotificationConfiguration", "BucketNotification", _T),
    _configuration("object-lock", "ObjectLockConfiguration", "BucketObjectLockConfiguration", _F),
    _configuration("ownershipControls", "BucketOwnershipControls", "BucketOwnershipControls", _G, deletes="PutBucketOwnershipControls"),
    _configuration("policy", "BucketPolicy", "BucketPolicy", _G, deletes="DeleteBucketPolicy", body="json"),
    _configuration("publicAccessBlock", "PublicAccessBlock", "BucketPublicAccessBlock", _G, deletes="PutBucketPublicAccessBlock"),
    _configuration("replication", "BucketReplication", "ReplicationConfiguration", _T, deletes="PutReplicationConfiguration"),
    _configuration("requestPayment", "BucketRequestPayment", "BucketRequestPayment", _G),
    _configuration("tagging", "BucketTagging", "BucketTagging", _G, deletes="PutBucketTagging"),
    _configuration("versioning", "BucketVersioning", "BucketVersioning", _F),
    _configuration("website", "BucketWebsite", "BucketWebsite", _T, deletes="DeleteBucketWebsite"),
)  # fmt: skip

_MORE = (
    _bucket("DeleteBucketLifecycle", "DELETE", "lifecycle", "PutLifecycleConfiguration"),
    _bucket("GetBucketLocation", "GET", "location", "GetBucketLocation", _G),
    _bucket("GetBucketPolicyStatus", "GET", "policyStatus", "GetBucketPolicyStatus", _G),
    _bucket("ListBucketAnalyticsConfigurations", "GET", "analytics", "GetAnalyticsConfiguration", _T, arguments=frozenset({"continuation-token"})),
    _bucket("ListBucketIntelligentTieringConfigurations", "GET", "intelligent-tiering", "GetIntelligentTieringConfiguration", arguments=frozenset({"continuation-token"})),
    _bucket("ListBucketInventoryConfigurations", "GET", "inventory", "GetInventoryConfiguration", _T, arguments=frozenset({"continuation-token"})),
    _bucket("ListBucketMetricsConfigurations", "GET", "metrics", "GetMetricsConfiguration", arguments=frozenset({"continuation-token"})),
    _bucket("CreateBucketMetadataConfiguration", "POST", "metadataConfiguration", "CreateBucketMetadataTableConfiguration", _N),
    _bucket("GetBucketMetadataConfiguration", "GET", "metadataConfiguration", "GetBucketMetadataTableConfiguration", _N),
    _bucket("DeleteBucketMetadataConfiguration", "DELETE", "metadataConfiguration", "DeleteBucketMetadataTableConfiguration", _N),
    _bucket("CreateBucketMetadataTableConfiguration", "POST", "metadataTable", "CreateBucketMetadataTableConfiguration", _N),
    _bucket("GetBucketMetadataTableConfiguration", "GET", "metadataTable", "GetBucketMetadataTableConfiguration", _N),
    _bucket("DeleteBucketMetadataTableConfiguration", "DELETE", "metadataTable", "DeleteBucketMetadataTableConfiguration", _N),
    _bucket("UpdateBucketMetadataInventoryTableConfiguration", "PUT", "metadataInventoryTable", "UpdateBucketMetadataInventoryTableConfiguration", _N),
    _bucket("UpdateBucketMetadataJournalTableConfiguration", "PUT", "metadataJournalTable", "UpdateBucketMetadataJournalTableConfiguration", _N),
    _bucket("UpdateBucketMetadataAnnotationTableConfiguration", "PUT", "metadataAnnotationTable", "UpdateBucketMetadataAnnotationTableConfiguration", _N),
)  # fmt: skip

FORM = _bucket("PostObject", "POST", "", "PutObject", body="form")
"""A browser's upload, as it arrives: the model does not have it."""
FORM_UPLOAD = Row("PostObject", Level.OBJECT, "PUT", "", "PutObject", body="stream")
"""The same once its fields are read: an upload like any other."""

ROWS: Mapping[str, Row] = {
    row.name: row for row in (*_PLAIN, *(row for rows in _CONFIGURATIONS for row in rows), *_MORE)
}
ELSEWHERE = frozenset({"ListDirectoryBuckets", "WriteGetObjectResponse"})
"""Operations of the model on hosts and paths of their own, which the gate never has."""
ALIASES: Mapping[str, str] = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}
"""Old operations that look like newer ones."""
