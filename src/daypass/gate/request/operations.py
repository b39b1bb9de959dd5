"""Exactly one operation, or a refusal: method, level, selector and the few parameters that tell operations apart."""

from collections.abc import Mapping

from daypass.gate import limits
from daypass.gate.protocol import preconditions
from daypass.gate.protocol.errors import S3Error, unimplemented
from daypass.gate.request.parameters import RESPONSE, Parameters
from daypass.gate.request.table import FORM, ROWS, Level, Row
from daypass.gate.request.target import Target

NOT_ALLOWED = "The specified method is not allowed against this resource."
_BY_PLACE = {
    (row.level, row.method, row.selector): row
    for row in ROWS.values()
    # Of those that share a place, the one without `id` or name is told apart below.
    if not row.name.startswith(
        ("List", "UploadPart", "CopyObject", "AbortMultipart", "CompleteMultipart")
    )
    or row.name in {"ListBuckets", "ListObjects", "ListObjectVersions", "ListMultipartUploads"}
}
_LISTS: Mapping[str, str] = {
    "analytics": "ListBucketAnalyticsConfigurations",
    "intelligent-tiering": "ListBucketIntelligentTieringConfigurations",
    "inventory": "ListBucketInventoryConfigurations",
    "metrics": "ListBucketMetricsConfigurations",
}


def find(method: str, target: Target, parameters: Parameters, headers: Mapping[str, str]) -> Row:
    """Return the operation; raises `S3Error` for what is none, or not here."""
    row = _find(method, _level(target), parameters, headers)
    _check_arguments(row, parameters, headers)
    preconditions.check(row.name, headers)
    return row


def _level(target: Target) -> Level:
    if not target.bucket:
        return Level.SERVICE
    return Level.BUCKET if target.key is None else Level.OBJECT


def _find(method: str, level: Level, parameters: Parameters, headers: Mapping[str, str]) -> Row:
    selector, arguments = parameters.selector, parameters.arguments
    if method == "HEAD" and selector:
        raise _not_allowed(method, level, selector)
    if selector:
        return _selected(method, level, selector, arguments)
    if level is Level.OBJECT:
        return _of_object(method, arguments, headers)
    if level is Level.BUCKET and method == "GET" and "list-type" in arguments:
        if arguments["list-type"] != "2":
            raise S3Error(
                "InvalidArgument", "The list-type is not 2.", details={"ArgumentName": "list-type"}
            )
        return ROWS["ListObjectsV2"]
    if level is Level.BUCKET and method == "POST":
        return _form(headers)
    return _placed(method, level, "")


def _form(headers: Mapping[str, str]) -> Row:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise _not_allowed("POST", Level.BUCKET, "")
    return FORM


def _selected(method: str, level: Level, selector: str, arguments: Mapping[str, str]) -> Row:
    if selector in _LISTS and method == "GET" and "id" not in arguments and level is Level.BUCKET:
        return ROWS[_LISTS[selector]]
    if selector == "annotation" and method == "GET" and "annotationName" not in arguments:
        return _at(level, "ListObjectAnnotations")
    if selector == "select" and arguments.get("select-type") != "2":
        raise S3Error(
            "InvalidArgument", "The select-type is not 2.", details={"ArgumentName": "select-type"}
        )
    return _placed(method, level, selector)


def _at(level: Level, name: str) -> Row:
    if ROWS[name].level is not level:
        raise _not_allowed(ROWS[name].method, level, ROWS[name].selector)
    return ROWS[name]


def _placed(method: str, level: Level, selector: str) -> Row:
    row = _BY_PLACE.get((level, method, selector))
    if row is None:
        raise _not_allowed(method, level, selector)
    return row


def _not_allowed(method: str, level: Level, selector: str) -> S3Error:
    """Return the refusal of a method, with those that there are (RFC 9110, 15.5.6)."""
    methods = {known for at, known, chosen in _BY_PLACE if (at, chosen) == (level, selector)}
    return S3Error(
        "MethodNotAllowed",
        NOT_ALLOWED,
        details={"Method": method[:16], "ResourceType": level.name},
        headers={"allow": ", ".join(sorted(methods))},
    )


def _of_object(method: str, arguments: Mapping[str, str], headers: Mapping[str, str]) -> Row:
    in_upload, is_copy = "uploadId" in arguments, "x-amz-copy-source" in headers
    if method == "PUT" and (in_upload or "partNumber" in arguments):
        if not arguments.get("uploadId") or not arguments.get("partNumber"):
            raise S3Error("InvalidArgument", "A part needs both partNumber and uploadId.")
        return ROWS["UploadPartCopy" if is_copy else "UploadPart"]
    if method == "PUT":
        return ROWS["CopyObject" if is_copy else "PutObject"]
    if in_upload and method in {"GET", "POST", "DELETE"}:
        return ROWS[
            {
                "GET": "ListParts",
                "POST": "CompleteMultipartUpload",
                "DELETE": "AbortMultipartUpload",
            }[method]
        ]
    return _placed(method, Level.OBJECT, "")


def _check_arguments(row: Row, parameters: Parameters, headers: Mapping[str, str]) -> None:
    for name, value in parameters.arguments.items():
        if name in RESPONSE and row.name in {"GetObject", "HeadObject"}:
            continue
        if name == "versionId" and (name not in row.arguments or not value):
            raise S3Error(
                "InvalidArgument",
                "This operation takes no version id.",
                details={"ArgumentName": name},
            )
        if name not in row.arguments:
            raise unimplemented(name)
        if name == "partNumber" and not _in_range(value, 1, limits.PART_NUMBER_MAX):
            raise S3Error(
                "InvalidArgument",
                "Part number must be an integer between 1 and 10000, inclusive",
                details={"ArgumentName": name, "ArgumentValue": value[:80]},
            )
        if name in PAGED and not _in_range(value, 0, 2**31 - 1):
            raise S3Error(
                "InvalidArgument",
                f"Provided {name} not an integer or within integer range",
                details={"ArgumentName": name, "ArgumentValue": value[:80]},
            )
    copies = row.name in {"CopyObject", "UploadPartCopy"}
    if ("x-amz-copy-source" in headers) is not copies or "x-amz-rename-source" in headers:
        raise S3Error(
            "InvalidArgument",
            "This operation takes no copy source.",
            details={"ArgumentName": "x-amz-copy-source"},
        )


PAGED = frozenset({"max-keys", "max-uploads", "max-parts", "max-buckets", "max-annotation-results"})


def _in_range(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high  # noqa: PLR2004 - digits of 2^31
