"""Multipart uploads: begun, filled part by part, listed, completed or given up."""

from daypass.gate import limits, multipart_ids
from daypass.gate.decision.request_facts import Facts, Keys
from daypass.gate.operations.listings import PAGE
from daypass.gate.operations.objects import comparison
from daypass.gate.operations.operation import Operation
from daypass.gate.operations.writes import (
    creation_keys,
    new_object_keys,
    of_new_object,
    whole_keys,
)
from daypass.gate.protocol import expected_results
from daypass.gate.request.operation_row import Conditions, Level
from daypass.gate.request.resolved_request import Resolved

_UPLOAD = frozenset({"uploadId"})
_PART = frozenset({"partNumber", "uploadId"})


def _part_keys(request: Resolved, _facts: Facts) -> Keys:
    return creation_keys(request, is_whole=False)


def _begun_keys(request: Resolved, facts: Facts) -> Keys:
    return new_object_keys(request, facts) | creation_keys(request, is_whole=False)


OPERATIONS = (
    Operation(
        "CreateMultipartUpload",
        Level.OBJECT,
        "POST",
        "uploads",
        "PutObject",
        permissions=of_new_object,
        condition_keys=_begun_keys,
        bind_uploads=multipart_ids.bind_new,
        result=expected_results.document("InitiateMultipartUploadResult", texts=("UploadId",)),
    ),
    Operation(
        "UploadPart",
        Level.OBJECT,
        "PUT",
        "",
        "PutObject",
        arguments=_PART,
        marks=_PART,
        body="stream",
        condition_keys=_part_keys,
        result=expected_results.WRITTEN,
    ),
    Operation(
        "UploadPartCopy",
        Level.OBJECT,
        "PUT",
        "",
        "PutObject",
        arguments=_PART,
        marks=_PART,
        copies=True,
        condition_keys=_part_keys,
        result=expected_results.document("CopyPartResult", texts=("ETag",), is_late=True),
    ),
    Operation(
        "CompleteMultipartUpload",
        Level.OBJECT,
        "POST",
        "",
        "PutObject",
        arguments=_UPLOAD,
        marks=_UPLOAD,
        body="xml",
        document_bytes_max=limits.COMPLETE_BODY_BYTES_MAX,
        document_elements_max=limits.COMPLETE_ELEMENTS_MAX,
        has_own_reader=True,
        declares_object=True,
        conditions=Conditions.HEADERS,
        permissions=comparison,
        condition_keys=whole_keys,
        result=expected_results.document(
            "CompleteMultipartUploadResult", texts=("ETag",), is_late=True
        ),
    ),
    Operation(
        "AbortMultipartUpload",
        Level.OBJECT,
        "DELETE",
        "",
        "AbortMultipartUpload",
        arguments=_UPLOAD,
        marks=_UPLOAD,
    ),
    Operation(
        "ListParts",
        Level.OBJECT,
        "GET",
        "",
        "ListMultipartUploadParts",
        arguments=_UPLOAD | {"max-parts", "part-number-marker"},
        marks=_UPLOAD,
        bind_uploads=multipart_ids.bind,
        result=expected_results.page("ListPartsResult"),
    ),
    Operation(
        "ListMultipartUploads",
        Level.BUCKET,
        "GET",
        "uploads",
        "ListBucketMultipartUploads",
        arguments=PAGE | {"key-marker", "upload-id-marker", "max-uploads"},
        bind_uploads=multipart_ids.bind_listed,
        result=expected_results.page("ListMultipartUploadsResult"),
    ),
)
