"""The parameters of an S3 request as an audit record shows them: listed names alone, bounded.

Shown are bucket, key, query arguments, headers, and the documents of settings, by S3's own names as
in CloudTrail's data events. What is not on the closed list is hidden: customer-provided keys,
metadata, tokens, encryption contexts, and every header that somebody adds later. What only carries
the request (its date, its hash) is left out. Source: S3 user guide, "Amazon S3 CloudTrail events".
"""

from collections.abc import Mapping
from typing import Final

from daypass.core.audit_records.recorded_parameters import redacted_parameters

_RECORDED_NAMES = """
    bucketName key versionId uploadId partNumber prefix delimiter marker encoding-type list-type
    start-after key-marker version-id-marker max-keys max-uploads max-parts max-buckets
    max-annotation-results part-number-marker fetch-owner id annotationName annotation-prefix
    select-type bucket-region upload-id-marker

    x-amz-copy-source x-amz-copy-source-range x-amz-copy-source-if-match
    x-amz-copy-source-if-none-match x-amz-copy-source-if-modified-since
    x-amz-copy-source-if-unmodified-since x-amz-metadata-directive x-amz-tagging-directive
    x-amz-object-annotation-directive x-amz-tagging x-amz-acl x-amz-grant-full-control
    x-amz-grant-read x-amz-grant-read-acp x-amz-grant-write x-amz-grant-write-acp
    x-amz-storage-class x-amz-website-redirect-location x-amz-object-ownership
    x-amz-expected-bucket-owner x-amz-source-expected-bucket-owner x-amz-request-payer
    x-amz-bypass-governance-retention x-amz-object-lock-mode x-amz-object-lock-retain-until-date
    x-amz-object-lock-legal-hold x-amz-bucket-object-lock-enabled x-amz-server-side-encryption
    x-amz-server-side-encryption-aws-kms-key-id x-amz-server-side-encryption-bucket-key-enabled
    x-amz-server-side-encryption-customer-algorithm
    x-amz-copy-source-server-side-encryption-customer-algorithm x-amz-mp-object-size
    x-amz-object-attributes x-amz-optional-object-attributes x-amz-max-parts
    x-amz-part-number-marker x-amz-confirm-remove-self-bucket-access x-amz-checksum-algorithm
    x-amz-checksum-type x-amz-checksum-mode x-amz-sdk-checksum-algorithm range if-match
    if-none-match if-modified-since if-unmodified-since

    bucketPolicy Tagging VersioningConfiguration PublicAccessBlockConfiguration AbacStatus
    CORSConfiguration LifecycleConfiguration OwnershipControls ObjectLockConfiguration Retention
    LegalHold
"""
RECORDED_NAMES: Final[Mapping[str, str]] = {name: name for name in _RECORDED_NAMES.split()}
"""Arguments, headers and documents whose values a record shows."""
TRANSPORT_HEADERS: Final = frozenset(
    [
        "x-amz-date",
        "x-amz-content-sha256",
        "x-amz-security-token",
        "x-amz-decoded-content-length",
        "x-amz-trailer",
        "x-amz-user-agent",
        "content-type",
        "content-language",
        "content-disposition",
        "content-encoding",
        "content-md5",
        "cache-control",
        "expires",
        "origin",
    ]
)
"""Headers that carry a request or describe its body; a record leaves them out."""
RECORDED_DOCUMENTS: Final[Mapping[str, str]] = {
    "PutBucketPolicy": "bucketPolicy",
    "PutBucketTagging": "Tagging",
    "PutObjectTagging": "Tagging",
    "PutBucketVersioning": "VersioningConfiguration",
    "PutPublicAccessBlock": "PublicAccessBlockConfiguration",
    "PutBucketAbac": "AbacStatus",
    "PutBucketCors": "CORSConfiguration",
    "PutBucketLifecycleConfiguration": "LifecycleConfiguration",
    "PutBucketOwnershipControls": "OwnershipControls",
    "PutObjectLockConfiguration": "ObjectLockConfiguration",
    "PutObjectRetention": "Retention",
    "PutObjectLegalHold": "LegalHold",
}
"""Operations whose document, as sent, a record shows, each with its name in the record."""


def recorded_s3_request(
    operation: str,
    bucket: str,
    key: str | None,
    values: Mapping[str, str],
    document: bytes = b"",
) -> dict[str, object]:
    """Return what a record shows of a request.

    `values` has the arguments of its query and its headers, in lower case.
    """
    parameters: dict[str, object] = {"bucketName": bucket} if bucket else {}
    if key is not None:
        parameters["key"] = key
    parameters |= {name: value for name, value in values.items() if name not in TRANSPORT_HEADERS}
    if document and operation in RECORDED_DOCUMENTS:
        parameters[RECORDED_DOCUMENTS[operation]] = document.decode("utf-8", "backslashreplace")
    return redacted_parameters(parameters, record_names=RECORDED_NAMES)
