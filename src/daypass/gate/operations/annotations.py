"""Annotations of an object: small texts beside it, each with a name."""

from daypass.gate.decision import condition_keys
from daypass.gate.decision.request_facts import Facts, Keys
from daypass.gate.operations.objects import VERSION
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import expected_results
from daypass.gate.request.operation_row import Level
from daypass.gate.request.resolved_request import Resolved

_NAME = frozenset({"annotationName"})


def _keys(request: Resolved, _facts: Facts) -> Keys:
    keys = condition_keys.of_arguments(request, "annotation-prefix", "max-annotation-results")
    return keys | condition_keys.of_headers(request.headers, "x-amz-object-if-match")


OPERATIONS = (
    Operation(
        "GetObjectAnnotation",
        Level.OBJECT,
        "GET",
        "annotation",
        "GetObjectAnnotation",
        "GetObjectVersionAnnotation",
        arguments=VERSION | _NAME,
        marks=_NAME,
        condition_keys=_keys,
        result=expected_results.STREAM,
    ),
    Operation(
        "PutObjectAnnotation",
        Level.OBJECT,
        "PUT",
        "annotation",
        "PutObjectAnnotation",
        "PutObjectVersionAnnotation",
        arguments=VERSION | _NAME,
        body="stream",
        condition_keys=_keys,
    ),
    Operation(
        "DeleteObjectAnnotation",
        Level.OBJECT,
        "DELETE",
        "annotation",
        "DeleteObjectAnnotation",
        "DeleteObjectVersionAnnotation",
        arguments=VERSION | _NAME,
        condition_keys=_keys,
    ),
    Operation(
        "ListObjectAnnotations",
        Level.OBJECT,
        "GET",
        "annotation",
        "ListObjectAnnotations",
        "ListObjectVersionAnnotations",
        arguments=VERSION | {"annotation-prefix", "max-annotation-results", "continuation-token"},
        condition_keys=_keys,
        result=expected_results.document("ListObjectAnnotationsResult"),
    ),
)
