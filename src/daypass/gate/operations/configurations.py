"""Bucket configurations that the store keeps: get, put, delete and list.

Some make the store act elsewhere by itself, outside every policy here: it replicates, logs,
notifies, redirects. Writes of those are refused. The names of actions follow no rule, so each is
written out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from daypass.gate.decision.permissions import Permission
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.operations.bucket_answers import bucket_record
from daypass.gate.operations.operation import (
    Operation,
    PermissionsHook,
    accept_document,
    no_further_permissions,
)
from daypass.gate.protocol import expected_results
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error, not_implemented
from daypass.gate.request.operation_row import Handling, Level
from daypass.gate.request.resolved_request import ResolvedRequest

_ID = frozenset({"id"})
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/.+", re.ASCII)


def _refuse_mfa_delete(document: XMLElement) -> None:
    if document.child_text("MfaDelete") is not None:
        raise not_implemented("MfaDelete")


def _pass_role_permission(
    _request: ResolvedRequest, facts: RequestFacts, _keys: ConditionKeys
) -> Iterator[Permission]:
    """Yield the permission to pass the role in the document to S3, which will assume it."""
    if facts.document is None:
        return
    role = facts.document.child_text("Role") or ""
    match = _ROLE_ARN.fullmatch(role)
    if match is None:
        raise S3Error("InvalidArgument", "Invalid Role ARN", details={"ArgumentName": "Role"})
    passed: ConditionKeys = {
        "iam:passedtoservice": "s3.amazonaws.com",
        "iam:associatedresourcearn": bucket_record(facts).arn,
    }
    yield Permission("iam:PassRole", role, match[1], {**facts.signature_keys, **passed})


def _get_and_put(
    selector: str,
    noun: str,
    action: str,
    root: str,
    handling: Handling = Handling.FORWARDED,
    *,
    check_document: Callable[[XMLElement], None] = accept_document,
    permissions: PermissionsHook = no_further_permissions,
) -> tuple[Operation, Operation]:
    """Return the Get and Put operations of a configuration whose document has the root `root`."""
    get = Operation(
        f"Get{noun}",
        Level.BUCKET,
        "GET",
        selector,
        f"Get{action}",
        handling=handling,
        result=expected_results.document_result(root),
    )
    put = Operation(
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
    return get, put


def _delete_operation(
    selector: str, noun: str, action: str, handling: Handling = Handling.FORWARDED
) -> Operation:
    return Operation(f"Delete{noun}", Level.BUCKET, "DELETE", selector, action, handling=handling)


def _operations_by_id(
    selector: str, kind: str, list_root: str, handling: Handling = Handling.FORWARDED
) -> tuple[Operation, ...]:
    """Return the operations on a configuration of which a bucket may have several."""
    get, put = _get_and_put(selector, f"Bucket{kind}", kind, kind, handling)
    delete = _delete_operation(selector, f"Bucket{kind}", f"Put{kind}", handling)
    list_all = Operation(
        f"ListBucket{kind}s",
        Level.BUCKET,
        "GET",
        selector,
        f"Get{kind}",
        handling=handling,
        arguments=frozenset({"continuation-token"}),
        result=expected_results.document_result(list_root),
    )
    return (
        replace(get, arguments=_ID, marker_arguments=_ID),
        list_all,
        replace(put, arguments=_ID),
        replace(delete, arguments=_ID),
    )


def _metadata_table_operation(
    verb: str, method: str, selector: str, noun: str, action: str = ""
) -> Operation:
    """Return a refused operation on metadata tables, which only AWS's S3 keeps."""
    return Operation(
        f"{verb}Bucket{noun}",
        Level.BUCKET,
        method,
        selector,
        f"{verb}Bucket{action or noun}",
        handling=Handling.REFUSED,
    )


_METADATA = "MetadataTableConfiguration"
_METADATA_TABLE_OPERATIONS = (
    _metadata_table_operation(
        "Create", "POST", "metadataConfiguration", "MetadataConfiguration", _METADATA
    ),
    _metadata_table_operation(
        "Get", "GET", "metadataConfiguration", "MetadataConfiguration", _METADATA
    ),
    _metadata_table_operation(
        "Delete", "DELETE", "metadataConfiguration", "MetadataConfiguration", _METADATA
    ),
    _metadata_table_operation("Create", "POST", "metadataTable", _METADATA, _METADATA),
    _metadata_table_operation("Get", "GET", "metadataTable", _METADATA, _METADATA),
    _metadata_table_operation("Delete", "DELETE", "metadataTable", _METADATA, _METADATA),
    *(
        _metadata_table_operation(
            "Update", "PUT", f"metadata{kind}Table", f"Metadata{kind}TableConfiguration"
        )
        for kind in ("Inventory", "Journal", "Annotation")
    ),
)
OPERATIONS = (
    *_get_and_put(
        "accelerate",
        "BucketAccelerateConfiguration",
        "AccelerateConfiguration",
        "AccelerateConfiguration",
        Handling.READS_FORWARDED,
    ),
    *_get_and_put("cors", "BucketCors", "BucketCORS", "CORSConfiguration"),
    _delete_operation("cors", "BucketCors", "PutBucketCORS"),
    *_get_and_put(
        "encryption",
        "BucketEncryption",
        "EncryptionConfiguration",
        "ServerSideEncryptionConfiguration",
    ),
    _delete_operation("encryption", "BucketEncryption", "PutEncryptionConfiguration"),
    *_get_and_put(
        "lifecycle",
        "BucketLifecycleConfiguration",
        "LifecycleConfiguration",
        "LifecycleConfiguration",
    ),
    _delete_operation("lifecycle", "BucketLifecycle", "PutLifecycleConfiguration"),
    *_get_and_put(
        "logging", "BucketLogging", "BucketLogging", "BucketLoggingStatus", Handling.READS_FORWARDED
    ),
    *_get_and_put(
        "notification",
        "BucketNotificationConfiguration",
        "BucketNotification",
        "NotificationConfiguration",
        Handling.READS_FORWARDED,
    ),
    *_get_and_put(
        "object-lock",
        "ObjectLockConfiguration",
        "BucketObjectLockConfiguration",
        "ObjectLockConfiguration",
    ),
    *_get_and_put(
        "replication",
        "BucketReplication",
        "ReplicationConfiguration",
        "ReplicationConfiguration",
        Handling.READS_FORWARDED,
        permissions=_pass_role_permission,
    ),
    _delete_operation(
        "replication",
        "BucketReplication",
        "PutReplicationConfiguration",
        Handling.READS_FORWARDED,
    ),
    *_get_and_put(
        "versioning",
        "BucketVersioning",
        "BucketVersioning",
        "VersioningConfiguration",
        check_document=_refuse_mfa_delete,
    ),
    *_get_and_put(
        "website",
        "BucketWebsite",
        "BucketWebsite",
        "WebsiteConfiguration",
        Handling.READS_FORWARDED,
    ),
    _delete_operation("website", "BucketWebsite", "DeleteBucketWebsite", Handling.READS_FORWARDED),
    *_operations_by_id(
        "analytics",
        "AnalyticsConfiguration",
        "ListBucketAnalyticsConfigurationResult",
        Handling.READS_FORWARDED,
    ),
    *_operations_by_id(
        "intelligent-tiering",
        "IntelligentTieringConfiguration",
        "ListBucketIntelligentTieringConfigurationsResult",
    ),
    *_operations_by_id(
        "inventory",
        "InventoryConfiguration",
        "ListInventoryConfigurationsResult",
        Handling.READS_FORWARDED,
    ),
    *_operations_by_id("metrics", "MetricsConfiguration", "ListMetricsConfigurationsResult"),
    *_METADATA_TABLE_OPERATIONS,
)
