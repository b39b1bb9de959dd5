"""Configurations of a bucket that the store keeps: read, written, removed, listed.

Some have the store act by itself elsewhere, past every policy here: it replicates, logs, notifies,
redirects. Writes of those are refused. The names of actions follow no rule, and are written out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from daypass.gate.decision.permissions import Permission
from daypass.gate.decision.request_facts import Facts, Keys
from daypass.gate.operations.bucket_answers import bucket_of
from daypass.gate.operations.operation import (
    Operation,
    Permissions,
    any_document,
    no_permissions,
)
from daypass.gate.protocol import expected_results
from daypass.gate.protocol.documents import Element
from daypass.gate.protocol.errors import S3Error, unimplemented
from daypass.gate.request.operation_row import Handling, Level
from daypass.gate.request.resolved_request import Resolved

_ID = frozenset({"id"})
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/.+", re.ASCII)


def _no_mfa_delete(document: Element) -> None:
    if document.one("MfaDelete") is not None:
        raise unimplemented("MfaDelete")


def _of_role(_request: Resolved, facts: Facts, _given: Keys) -> Iterator[Permission]:
    """Yield the permission to pass a role to S3, which is to act as the role."""
    if facts.document is None:
        return
    role = facts.document.one("Role") or ""
    match = _ROLE.fullmatch(role)
    if match is None:
        raise S3Error("InvalidArgument", "Invalid Role ARN", details={"ArgumentName": "Role"})
    passed: Keys = {
        "iam:passedtoservice": "s3.amazonaws.com",
        "iam:associatedresourcearn": bucket_of(facts).arn,
    }
    yield Permission("iam:PassRole", role, match[1], {**facts.common, **passed})


def _read_and_written(
    selector: str,
    noun: str,
    action: str,
    root: str,
    handling: Handling = Handling.FORWARDED,
    *,
    check_document: Callable[[Element], None] = any_document,
    permissions: Permissions = no_permissions,
) -> tuple[Operation, Operation]:
    """Return Get and Put of a configuration, whose document has the root `root`."""
    read = Operation(
        f"Get{noun}",
        Level.BUCKET,
        "GET",
        selector,
        f"Get{action}",
        handling=handling,
        result=expected_results.document(root),
    )
    written = Operation(
        f"Put{noun}",
        Level.BUCKET,
        "PUT",
        selector,
        f"Put{action}",
        handling=handling,
        body="xml",
        check_document=check_document,
        permissions=permissions,
    )
    return read, written


def _deleted(
    selector: str, noun: str, action: str, handling: Handling = Handling.FORWARDED
) -> Operation:
    return Operation(f"Delete{noun}", Level.BUCKET, "DELETE", selector, action, handling=handling)


def _several(
    selector: str, kind: str, list_root: str, handling: Handling = Handling.FORWARDED
) -> tuple[Operation, ...]:
    """Return the operations on a configuration of which a bucket may have several, by id."""
    read, written = _read_and_written(selector, f"Bucket{kind}", kind, kind, handling)
    deleted = _deleted(selector, f"Bucket{kind}", f"Put{kind}", handling)
    listed = Operation(
        f"ListBucket{kind}s",
        Level.BUCKET,
        "GET",
        selector,
        f"Get{kind}",
        handling=handling,
        arguments=frozenset({"continuation-token"}),
        result=expected_results.document(list_root),
    )
    return (
        replace(read, arguments=_ID, marks=_ID),
        listed,
        replace(written, arguments=_ID),
        replace(deleted, arguments=_ID),
    )


def _table(verb: str, method: str, selector: str, noun: str, action: str = "") -> Operation:
    """Return an operation on the tables that S3 alone keeps of a bucket's objects."""
    return Operation(
        f"{verb}Bucket{noun}",
        Level.BUCKET,
        method,
        selector,
        f"{verb}Bucket{action or noun}",
        handling=Handling.REFUSED,
    )


_METADATA = "MetadataTableConfiguration"
_TABLES = (
    _table("Create", "POST", "metadataConfiguration", "MetadataConfiguration", _METADATA),
    _table("Get", "GET", "metadataConfiguration", "MetadataConfiguration", _METADATA),
    _table("Delete", "DELETE", "metadataConfiguration", "MetadataConfiguration", _METADATA),
    _table("Create", "POST", "metadataTable", _METADATA, _METADATA),
    _table("Get", "GET", "metadataTable", _METADATA, _METADATA),
    _table("Delete", "DELETE", "metadataTable", _METADATA, _METADATA),
    *(
        _table("Update", "PUT", f"metadata{kind}Table", f"Metadata{kind}TableConfiguration")
        for kind in ("Inventory", "Journal", "Annotation")
    ),
)
OPERATIONS = (
    *_read_and_written(
        "accelerate",
        "BucketAccelerateConfiguration",
        "AccelerateConfiguration",
        "AccelerateConfiguration",
        Handling.READS_FORWARDED,
    ),
    *_read_and_written("cors", "BucketCors", "BucketCORS", "CORSConfiguration"),
    _deleted("cors", "BucketCors", "PutBucketCORS"),
    *_read_and_written(
        "encryption",
        "BucketEncryption",
        "EncryptionConfiguration",
        "ServerSideEncryptionConfiguration",
    ),
    _deleted("encryption", "BucketEncryption", "PutEncryptionConfiguration"),
    *_read_and_written(
        "lifecycle",
        "BucketLifecycleConfiguration",
        "LifecycleConfiguration",
        "LifecycleConfiguration",
    ),
    _deleted("lifecycle", "BucketLifecycle", "PutLifecycleConfiguration"),
    *_read_and_written(
        "logging", "BucketLogging", "BucketLogging", "BucketLoggingStatus", Handling.READS_FORWARDED
    ),
    *_read_and_written(
        "notification",
        "BucketNotificationConfiguration",
        "BucketNotification",
        "NotificationConfiguration",
        Handling.READS_FORWARDED,
    ),
    *_read_and_written(
        "object-lock",
        "ObjectLockConfiguration",
        "BucketObjectLockConfiguration",
        "ObjectLockConfiguration",
    ),
    *_read_and_written(
        "replication",
        "BucketReplication",
        "ReplicationConfiguration",
        "ReplicationConfiguration",
        Handling.READS_FORWARDED,
        permissions=_of_role,
    ),
    _deleted(
        "replication",
        "BucketReplication",
        "PutReplicationConfiguration",
        Handling.READS_FORWARDED,
    ),
    *_read_and_written(
        "versioning",
        "BucketVersioning",
        "BucketVersioning",
        "VersioningConfiguration",
        check_document=_no_mfa_delete,
    ),
    *_read_and_written(
        "website",
        "BucketWebsite",
        "BucketWebsite",
        "WebsiteConfiguration",
        Handling.READS_FORWARDED,
    ),
    _deleted("website", "BucketWebsite", "DeleteBucketWebsite", Handling.READS_FORWARDED),
    *_several(
        "analytics",
        "AnalyticsConfiguration",
        "ListBucketAnalyticsConfigurationResult",
        Handling.READS_FORWARDED,
    ),
    *_several(
        "intelligent-tiering",
        "IntelligentTieringConfiguration",
        "ListBucketIntelligentTieringConfigurationsResult",
    ),
    *_several(
        "inventory",
        "InventoryConfiguration",
        "ListInventoryConfigurationsResult",
        Handling.READS_FORWARDED,
    ),
    *_several("metrics", "MetricsConfiguration", "ListMetricsConfigurationsResult"),
    *_TABLES,
)
