"""Every operation of S3, family by family, and how a request is recognised as one of them.

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
    listings,
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
    listings,
    locks,
    multipart,
    objects,
    tagging,
    writes,
)


def operations_by_name(operations: Iterable[Operation]) -> Mapping[str, Operation]:
    """Return operations by their names; raises `ValueError` for two of one name."""
    found: dict[str, Operation] = {}
    for each in operations:
        if each.name in found:
            raise ValueError(f"{each.name} is there twice")
        found[each.name] = each
    return found


OPERATIONS = operations_by_name(each for family in _FAMILIES for each in family.OPERATIONS)
"""Every operation that botocore's model has, by its name."""
UNSERVED = frozenset({"ListDirectoryBuckets", "WriteGetObjectResponse"})
"""Operations of the model on hosts and paths of their own, which the gate never has."""
ALIASES: Mapping[str, str] = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}
"""Old operations that look like newer ones."""
CONDITIONAL = tuple(
    each for each in (*OPERATIONS.values(), FORM_UPLOAD) if each.conditions is not Conditions.NONE
)
"""Writes with conditions, which a store has to be seen to honour."""
RECOGNIZER = OperationRecognizer((*OPERATIONS.values(), FORM))


def resolve_request(
    request: RawRequest, claimed: SignatureClaim | None, rules: GateRules
) -> ResolvedRequest:
    """Return what the request is; raises `S3Error` for anything that has no meaning, or two."""
    return resolved_request.resolve_request(request, claimed, rules, RECOGNIZER)
