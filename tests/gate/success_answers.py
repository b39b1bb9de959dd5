"""The smallest successful answer of a store to each operation, for tests that do not set one."""

from urllib.parse import parse_qs, urlsplit

_PAGE = "<IsTruncated>false</IsTruncated>"
_BY_SELECTOR = {
    "versions": f"<ListVersionsResult>{_PAGE}</ListVersionsResult>",
    "tagging": "<Tagging><TagSet/></Tagging>",
    "attributes": "<GetObjectAttributesResponse/>",
    "retention": "<Retention/>",
    "legal-hold": "<LegalHold/>",
    "object-lock": "<ObjectLockConfiguration/>",
    "accelerate": "<AccelerateConfiguration/>",
    "analytics": "<AnalyticsConfiguration/>",
    "cors": "<CORSConfiguration/>",
    "encryption": "<ServerSideEncryptionConfiguration/>",
    "intelligent-tiering": "<IntelligentTieringConfiguration/>",
    "inventory": "<InventoryConfiguration/>",
    "lifecycle": "<LifecycleConfiguration/>",
    "logging": "<BucketLoggingStatus/>",
    "metrics": "<MetricsConfiguration/>",
    "notification": "<NotificationConfiguration/>",
    "replication": "<ReplicationConfiguration/>",
    "versioning": "<VersioningConfiguration/>",
    "website": "<WebsiteConfiguration/>",
}


def document(method, target, headers):
    """Return the document of a success; empty where the operation has none."""
    parts = urlsplit(target)
    query = parse_qs(parts.query, keep_blank_values=True)
    is_object = len(parts.path.split("/", 2)) > 2
    if method == "PUT" and "x-amz-copy-source" in headers:
        root = "CopyPartResult" if "uploadId" in query else "CopyObjectResult"
        return f"<{root}><ETag>1</ETag></{root}>".encode()
    if method == "POST":
        return _post(query)
    return _get(query, is_object=is_object) if method == "GET" else b""


def _post(query):
    if "uploads" in query:
        return (
            b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
        )
    if "uploadId" in query:
        return b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>"
    return b"<DeleteResult/>" if "delete" in query else b""


def _get(query, *, is_object):
    if "uploads" in query:
        return f"<ListMultipartUploadsResult>{_PAGE}</ListMultipartUploadsResult>".encode()
    if "uploadId" in query:
        return f"<ListPartsResult>{_PAGE}</ListPartsResult>".encode()
    if "annotation" in query:
        return b"" if "annotationName" in query else b"<ListObjectAnnotationsResult/>"
    for selector, found in _BY_SELECTOR.items():
        if selector in query:
            if (
                selector in {"analytics", "intelligent-tiering", "inventory", "metrics"}
                and "id" not in query
            ):
                name = _LISTS[selector]
                return f"<{name}/>".encode()
            return found.encode()
    if is_object:
        return b""
    return f"<ListBucketResult>{_PAGE}</ListBucketResult>".encode()


_LISTS = {
    "analytics": "ListBucketAnalyticsConfigurationResult",
    "intelligent-tiering": "ListBucketIntelligentTieringConfigurationsResult",
    "inventory": "ListInventoryConfigurationsResult",
    "metrics": "ListMetricsConfigurationsResult",
}
