"""Operations that list a bucket's objects and their versions."""

from daypass.gate.decision import condition_keys
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import expected_results
from daypass.gate.request.operation_row import Level
from daypass.gate.request.resolved_request import ResolvedRequest

KEY_LIST_ARGUMENTS = frozenset({"prefix", "delimiter", "encoding-type"})
"""Query arguments of every list of keys."""


def _list_keys(request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    return condition_keys.argument_keys(request, "prefix", "delimiter", "max-keys")


OPERATIONS = (
    Operation(
        "ListObjects",
        Level.BUCKET,
        "GET",
        "",
        "ListBucket",
        may_be_anonymous=True,
        arguments=KEY_LIST_ARGUMENTS | {"marker", "max-keys"},
        condition_keys=_list_keys,
        result=expected_results.page_result("ListBucketResult"),
    ),
    Operation(
        "ListObjectsV2",
        Level.BUCKET,
        "GET",
        "",
        "ListBucket",
        may_be_anonymous=True,
        arguments=KEY_LIST_ARGUMENTS
        | {"list-type", "max-keys", "continuation-token", "start-after", "fetch-owner"},
        marker_arguments=frozenset({"list-type"}),
        fixed_arguments={"list-type": "2"},
        condition_keys=_list_keys,
        result=expected_results.page_result("ListBucketResult"),
    ),
    Operation(
        "ListObjectVersions",
        Level.BUCKET,
        "GET",
        "versions",
        "ListBucketVersions",
        arguments=KEY_LIST_ARGUMENTS | {"key-marker", "version-id-marker", "max-keys"},
        condition_keys=_list_keys,
        result=expected_results.page_result("ListVersionsResult"),
    ),
)
