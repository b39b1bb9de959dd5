"""Ids of multipart uploads: bound to bucket and key for clients, the store's own at the store.

At a store that was not shown to bind an upload to its bucket and key, a decision on one key might
write another. There clients get ids that are bound to both (`core.upload_ids`), and any other id is
answered with NoSuchUpload.
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from msgspec.structs import replace

from daypass.core import upload_ids
from daypass.gate import limits
from daypass.gate.protocol import documents
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.s3_gate import Gate

NO_SUCH_UPLOAD = (
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been"
    " aborted or completed."
)
_ARGUMENTS = frozenset({"uploadId", "upload-id-marker", "encoding-type"})
_ENCODED = frozenset({"Key", "KeyMarker", "NextKeyMarker", "Prefix", "Delimiter"})


def with_store_ids(resolved: ResolvedRequest, gate: Gate, *, is_rewritten: bool) -> ResolvedRequest:
    """Return the request with the store's own upload ids.

    `is_rewritten` says whether the store's answer will be written again, with bound ids. Raises
    `S3Error` NoSuchUpload for an id of another bucket or key.
    """
    if _ARGUMENTS.isdisjoint(resolved.arguments):
        return resolved
    arguments = dict(resolved.arguments)
    if "uploadId" in arguments:
        arguments["uploadId"] = _store_id(
            arguments["uploadId"], resolved, resolved.target.key or "", gate
        )
    marker, key = arguments.pop("upload-id-marker", ""), arguments.get("key-marker", "")
    if marker and key:
        # S3 ignores an upload marker without a key marker.
        arguments["upload-id-marker"] = _store_id(marker, resolved, key, gate)
    if is_rewritten:
        # Keys are parsed from the store's answer unencoded, and encoded here if the client asked
        # for that.
        arguments.pop("encoding-type", None)
    return replace(resolved, arguments=arguments)


def _store_id(client_id: str, resolved: ResolvedRequest, key: str, gate: Gate) -> str:
    secrets = gate.authority.upload_keys()
    store_id = upload_ids.store_upload_id(
        client_id, bucket=resolved.target.bucket, key=key, secrets=secrets
    )
    if store_id is not None:
        return store_id
    if gate.capabilities.bound_uploads:
        # The store's own id, which the store binds to bucket and key itself.
        return client_id
    raise S3Error("NoSuchUpload", NO_SUCH_UPLOAD, details={"UploadId": client_id})


async def with_bound_ids(
    content: bytes,
    resolved: ResolvedRequest,
    gate: Gate,
    bind_ids: Callable[[XMLElement, ResolvedRequest, Gate], None],
) -> bytes:
    """Return a store's answer with bound upload ids in place of the store's own.

    Raises `S3Error` InternalError for an answer that cannot be parsed.
    """
    try:
        root = await documents.parse_xml_in_turns(content, elements=limits.RESULT_ELEMENTS_MAX)
    except S3Error:
        raise _unreadable_answer() from None
    bind_ids(root, resolved, gate)
    inside = "".join(map(documents.serialize_element, root.children))
    element = documents.root_element_xml(root.name, inside)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{element}'.encode()


def bind_object_ids(root: XMLElement, resolved: ResolvedRequest, gate: Gate) -> None:
    """Bind the upload ids in an answer about one object."""
    for each in root.children_named("UploadId"):
        each.text = _bound_id(each.text, resolved, resolved.target.key or "", gate)


def bind_new_id(root: XMLElement, resolved: ResolvedRequest, gate: Gate) -> None:
    """Bind the id of a new upload; raises `S3Error` InternalError for an answer without an id."""
    if not list(root.children_named("UploadId")):
        raise _unreadable_answer()
    bind_object_ids(root, resolved, gate)


def bind_listed_ids(root: XMLElement, resolved: ResolvedRequest, gate: Gate) -> None:
    """Bind the ids in a list of uploads, each to its own key.

    Raises `S3Error` InternalError for an upload without a key.
    """
    for upload in root.children_named("Upload"):
        key = upload.child_text("Key")
        if key is None:
            raise _unreadable_answer()
        for each in upload.children_named("UploadId"):
            each.text = _bound_id(each.text, resolved, key, gate)
    for name, key_name in (
        ("UploadIdMarker", "KeyMarker"),
        ("NextUploadIdMarker", "NextKeyMarker"),
    ):
        key = root.child_text(key_name) or ""
        for each in root.children_named(name):
            each.text = _bound_id(each.text, resolved, key, gate) if each.text else ""
    if resolved.arguments.get("encoding-type") == "url":
        _url_encode_keys(root)
        root.children = (*root.children, XMLElement("EncodingType", "url"))


def _url_encode_keys(element: XMLElement) -> None:
    for child in element.children:
        if child.name in _ENCODED:
            child.text = quote(child.text, safe="/~")
        _url_encode_keys(child)


def _bound_id(store_id: str, resolved: ResolvedRequest, key: str, gate: Gate) -> str:
    secret = gate.authority.upload_keys()[0]
    return upload_ids.client_upload_id(
        store_id, bucket=resolved.target.bucket, key=key, secret=secret
    )


def with_client_id(details: Mapping[str, str], resolved: ResolvedRequest) -> dict[str, str]:
    """Return the elements of a store's error, the upload id replaced with the client's."""
    client_id = resolved.arguments.get("uploadId")
    return {
        name: client_id if name == "UploadId" and client_id is not None else value
        for name, value in details.items()
    }


def _unreadable_answer() -> S3Error:
    return S3Error(
        "InternalError",
        "We encountered an internal error. Please try again.",
        operator="the store's answer about multipart uploads cannot be read",
    )
