"""Lists of what a bucket holds: objects and their versions."""

from daypass.gate.decision import condition_keys
from daypass.gate.decision.request_facts import Facts, Keys
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import expected_results
from daypass.gate.request.operation_row import Level
from daypass.gate.request.resolved_request import Resolved

PAGE = frozenset({"prefix", "delimiter", "encoding-type"})
"""Arguments of every list of keys."""


def _keys(request: Resolved, _facts: Facts) -> Keys:
    return condition_keys.of_arguments(request, "prefix", "delimiter", "max-keys")


OPERATIONS = (
    Operation(
        "ListObjects",
        Level.BUCKET,
        "GET",
        "",
        "ListBucket",
        may_be_anonymous=True,
        arguments=PAGE | {"marker", "max-keys"},
        condition_keys=_keys,
        result=expected_results.page("ListBucketResult"),
    ),
    Operation(
        "ListObjectsV2",
        Level.BUCKET,
        "GET",
        "",
        "ListBucket",
        may_be_anonymous=True,
        arguments=PAGE
        | {"list-type", "max-keys", "continuation-token", "start-after", "fetch-owner"},
        marks=frozenset({"list-type"}),
        fixed={"list-type": "2"},
        condition_keys=_keys,
        result=expected_results.page("ListBucketResult"),
    ),
    Operation(
        "ListObjectVersions",
        Level.BUCKET,
        "GET",
        "versions",
        "ListBucketVersions",
        arguments=PAGE | {"key-marker", "version-id-marker", "max-keys"},
        condition_keys=_keys,
        result=expected_results.page("ListVersionsResult"),
    ),
)
