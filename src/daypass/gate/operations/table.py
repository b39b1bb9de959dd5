"""The table of every S3 operation, family by family, and the recogniser of requests built from it.

Sources: service authorization reference, "Actions, resources, and condition keys for Amazon S3"; S3
API reference.
"""

from collections.abc import Iterable, Mapping

from daypass.core.http.request import RawRequest
from daypass.gate.authority import SignatureClaim
from daypass.gate.operations import (
    acls,
    annotations,
    bucket_settings,
    buckets,
    configurations,
    deletions,
    locks,
    multipart,
    objects,
    tagging,
    writes,
)
from daypass.gate.operations.operation import Operation
from daypass.gate.operations.writes import FORM, FORM_UPLOAD
from daypass.gate.request import resolved_request
from daypass.gate.request.operation_row import Conditions
from daypass.gate.request.recognition import OperationRecognizer
from daypass.gate.request.resolved_request import GateRules, ResolvedRequest

_FAMILIES = (
    acls,
    annotations,
    bucket_settings,
    buckets,
    configurations,
    deletions,
    locks,
    multipart,
    objects,
    tagging,
    writes,
)


def operations_by_name(operations: Iterable[Operation]) -> Mapping[str, Operation]:
    """Return operations by name; raises `ValueError` for two of the same name."""
    by_name: dict[str, Operation] = {}
    for operation in operations:
        if operation.name in by_name:
            raise ValueError(f"{operation.name} is there twice")
        by_name[operation.name] = operation
    return by_name


OPERATIONS = operations_by_name(each for family in _FAMILIES for each in family.OPERATIONS)
"""Every operation of botocore's model that the gate recognises, by name."""
UNSERVED = frozenset({"ListDirectoryBuckets", "WriteGetObjectResponse"})
"""Operations of the model that have hosts and paths of their own; the gate never serves them."""
ALIASES: Mapping[str, str] = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}
"""Old operations of the model, each with the newer one that has the same request line."""
CONDITIONAL = tuple(
    each for each in (*OPERATIONS.values(), FORM_UPLOAD) if each.conditions is not Conditions.NONE
)
"""Writes with conditions, which the store must have been tested to honour."""
RECOGNIZER = OperationRecognizer((*OPERATIONS.values(), FORM))


def resolve_request(
    request: RawRequest, claim: SignatureClaim | None, rules: GateRules
) -> ResolvedRequest:
    """Return the request as one operation; raises `S3Error` for an unknown or ambiguous request."""
    return resolved_request.resolve_request(request, claim, rules, RECOGNIZER)
