"""Operations on multipart uploads: create, upload parts, list, complete, abort."""

from daypass.gate import limits, multipart_ids
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.operations.objects import KEY_LIST_ARGUMENTS, if_match_permission
from daypass.gate.operations.operation import Operation
from daypass.gate.operations.writes import (
    completed_object_keys,
    creation_keys,
    new_object_keys,
    new_object_permissions,
)
from daypass.gate.protocol import expected_results
from daypass.gate.request.operation_row import Conditions, Level
from daypass.gate.request.resolved_request import ResolvedRequest

_UPLOAD_ID = frozenset({"uploadId"})
_PART_ARGUMENTS = frozenset({"partNumber", "uploadId"})


def _part_keys(request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    return creation_keys(request, creates_object=False)


def _creation_keys(request: ResolvedRequest, facts: RequestFacts) -> ConditionKeys:
    return new_object_keys(request, facts) | creation_keys(request, creates_object=False)


OPERATIONS = (
    Operation(
        "CreateMultipartUpload",
        Level.OBJECT,
        "POST",
        "uploads",
        "PutObject",
        permissions=new_object_permissions,
        condition_keys=_creation_keys,
        bind_upload_ids=multipart_ids.bind_new_id,
        result=expected_results.document_result(
            "InitiateMultipartUploadResult", texts=("UploadId",)
        ),
    ),
    Operation(
        "UploadPart",
        Level.OBJECT,
        "PUT",
        "",
        "PutObject",
        arguments=_PART_ARGUMENTS,
        marker_arguments=_PART_ARGUMENTS,
        body="stream",
        condition_keys=_part_keys,
        result=expected_results.WITH_ETAG,
    ),
    Operation(
        "UploadPartCopy",
        Level.OBJECT,
        "PUT",
        "",
        "PutObject",
        arguments=_PART_ARGUMENTS,
        marker_arguments=_PART_ARGUMENTS,
        is_copy=True,
        condition_keys=_part_keys,
        result=expected_results.document_result("CopyPartResult", texts=("ETag",), is_late=True),
    ),
    Operation(
        "CompleteMultipartUpload",
        Level.OBJECT,
        "POST",
        "",
        "PutObject",
        arguments=_UPLOAD_ID,
        marker_arguments=_UPLOAD_ID,
        body="xml",
        document_bytes_max=limits.COMPLETE_BODY_BYTES_MAX,
        document_elements_max=limits.COMPLETE_ELEMENTS_MAX,
        has_own_reader=True,
        declares_object=True,
        conditions=Conditions.HEADERS,
        permissions=if_match_permission,
        condition_keys=completed_object_keys,
        result=expected_results.document_result(
            "CompleteMultipartUploadResult", texts=("ETag",), is_late=True
        ),
    ),
    Operation(
        "AbortMultipartUpload",
        Level.OBJECT,
        "DELETE",
        "",
        "AbortMultipartUpload",
        arguments=_UPLOAD_ID,
        marker_arguments=_UPLOAD_ID,
    ),
    Operation(
        "ListParts",
        Level.OBJECT,
        "GET",
        "",
        "ListMultipartUploadParts",
        arguments=_UPLOAD_ID | {"max-parts", "part-number-marker"},
        marker_arguments=_UPLOAD_ID,
        bind_upload_ids=multipart_ids.bind_object_ids,
        result=expected_results.page_result("ListPartsResult"),
    ),
    Operation(
        "ListMultipartUploads",
        Level.BUCKET,
        "GET",
        "uploads",
        "ListBucketMultipartUploads",
        arguments=KEY_LIST_ARGUMENTS | {"key-marker", "upload-id-marker", "max-uploads"},
        bind_upload_ids=multipart_ids.bind_listed_ids,
        result=expected_results.page_result("ListMultipartUploadsResult"),
    ),
)
