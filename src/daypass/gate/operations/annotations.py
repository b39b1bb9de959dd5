"""Operations on annotations, small named texts attached to an object."""

from daypass.gate.decision import condition_keys
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.operations.objects import VERSION
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import expected_results
from daypass.gate.request.operation_row import Level
from daypass.gate.request.resolved_request import ResolvedRequest

_ANNOTATION_NAME = frozenset({"annotationName"})


def _annotation_keys(request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    keys = condition_keys.argument_keys(request, "annotation-prefix", "max-annotation-results")
    return keys | condition_keys.header_keys(request.headers, "x-amz-object-if-match")


OPERATIONS = (
    Operation(
        "GetObjectAnnotation",
        Level.OBJECT,
        "GET",
        "annotation",
        "GetObjectAnnotation",
        "GetObjectVersionAnnotation",
        arguments=VERSION | _ANNOTATION_NAME,
        marker_arguments=_ANNOTATION_NAME,
        condition_keys=_annotation_keys,
        result=expected_results.STREAM,
    ),
    Operation(
        "PutObjectAnnotation",
        Level.OBJECT,
        "PUT",
        "annotation",
        "PutObjectAnnotation",
        "PutObjectVersionAnnotation",
        arguments=VERSION | _ANNOTATION_NAME,
        body="stream",
        condition_keys=_annotation_keys,
    ),
    Operation(
        "DeleteObjectAnnotation",
        Level.OBJECT,
        "DELETE",
        "annotation",
        "DeleteObjectAnnotation",
        "DeleteObjectVersionAnnotation",
        arguments=VERSION | _ANNOTATION_NAME,
        condition_keys=_annotation_keys,
    ),
    Operation(
        "ListObjectAnnotations",
        Level.OBJECT,
        "GET",
        "annotation",
        "ListObjectAnnotations",
        "ListObjectVersionAnnotations",
        arguments=VERSION | {"annotation-prefix", "max-annotation-results", "continuation-token"},
        condition_keys=_annotation_keys,
        result=expected_results.document_result("ListObjectAnnotationsResult"),
    ),
)
