"""Annotations of an object: small texts beside it, each with a name."""

from daypass.gate.decision import condition_keys
from daypass.gate.decision.object_facts import Facts, Keys
from daypass.gate.operations.objects import VERSION
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import results
from daypass.gate.request.resolved import Resolved
from daypass.gate.request.row import Level

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
        result=results.STREAM,
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
        result=results.document("ListObjectAnnotationsResult"),
    ),
)
