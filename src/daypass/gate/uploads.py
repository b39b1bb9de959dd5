"""Multipart uploads: their ids on the way to the store, and on the way back.

At a store that was not shown to bind an upload to its bucket and key, a decision on one key might
write another. There clients get ids that are bound to both (`core.upload_ids`), and any other id is
that of no upload.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote

from daypass.core import upload_ids
from daypass.gate import limits
from daypass.gate.parts import Gate
from daypass.gate.protocol import documents
from daypass.gate.protocol.documents import Element
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved import Resolved

NO_SUCH_UPLOAD = (
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been"
    " aborted or completed."
)
_ARGUMENTS = frozenset({"uploadId", "upload-id-marker", "encoding-type"})
_ENCODED = frozenset({"Key", "KeyMarker", "NextKeyMarker", "Prefix", "Delimiter"})


def for_store(resolved: Resolved, gate: Gate, *, is_rewritten: bool) -> Resolved:
    """Return the request with the store's own ids.

    `is_rewritten` says whether the store's answer will be written anew, with ids of ours. Raises
    `S3Error` NoSuchUpload for an id of another bucket or key.
    """
    if _ARGUMENTS.isdisjoint(resolved.arguments):
        return resolved
    given = dict(resolved.arguments)
    if "uploadId" in given:
        given["uploadId"] = _opened(given["uploadId"], resolved, resolved.target.key or "", gate)
    marker, key = given.pop("upload-id-marker", ""), given.get("key-marker", "")
    if marker and key:
        # Without a key it means nothing.
        given["upload-id-marker"] = _opened(marker, resolved, key, gate)
    if is_rewritten:
        # Keys are read from the answer: they come as they are, and are encoded here for who asked
        # for that.
        given.pop("encoding-type", None)
    return replace(resolved, arguments=given)


def _opened(given_id: str, resolved: Resolved, key: str, gate: Gate) -> str:
    secrets = gate.authority.upload_keys()
    found = upload_ids.store_upload_id(
        given_id, bucket=resolved.target.bucket, key=key, secrets=secrets
    )
    if found is not None:
        return found
    if gate.capabilities.bound_uploads:
        # The store's own id: the store knows what it is for.
        return given_id
    raise S3Error("NoSuchUpload", NO_SUCH_UPLOAD, details={"UploadId": given_id})


async def rewritten(
    content: bytes,
    resolved: Resolved,
    gate: Gate,
    bind_ids: Callable[[Element, Resolved, Gate], None],
) -> bytes:
    """Return an answer of the store with ids that are bound.

    Raises `S3Error` InternalError for one that cannot be read.
    """
    try:
        root = await documents.read_in_turns(content, elements=limits.RESULT_ELEMENTS_MAX)
    except S3Error:
        raise _unreadable() from None
    bind_ids(root, resolved, gate)
    inside = "".join(map(documents.written, root.children))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{documents.outermost(root.name, inside)}'.encode()
    )


def bind(root: Element, resolved: Resolved, gate: Gate) -> None:
    """Bind the ids of an answer about one object."""
    for each in root.all("UploadId"):
        each.text = _bound(each.text, resolved, resolved.target.key or "", gate)


def bind_new(root: Element, resolved: Resolved, gate: Gate) -> None:
    """Bind the id of an upload that has begun; raises `S3Error` InternalError without one."""
    if not list(root.all("UploadId")):
        raise _unreadable()
    bind(root, resolved, gate)


def bind_listed(root: Element, resolved: Resolved, gate: Gate) -> None:
    """Bind the ids of a list of uploads, each to its own key.

    Raises `S3Error` InternalError for an upload without a key.
    """
    for upload in root.all("Upload"):
        key = upload.one("Key")
        if key is None:
            raise _unreadable()
        for each in upload.all("UploadId"):
            each.text = _bound(each.text, resolved, key, gate)
    for name, key_name in (
        ("UploadIdMarker", "KeyMarker"),
        ("NextUploadIdMarker", "NextKeyMarker"),
    ):
        key = root.one(key_name) or ""
        for each in root.all(name):
            each.text = _bound(each.text, resolved, key, gate) if each.text else ""
    if resolved.arguments.get("encoding-type") == "url":
        _encode(root)
        root.children = (*root.children, Element("EncodingType", "url"))


def _encode(element: Element) -> None:
    for child in element.children:
        if child.name in _ENCODED:
            child.text = quote(child.text, safe="/~")
        _encode(child)


def _bound(store_id: str, resolved: Resolved, key: str, gate: Gate) -> str:
    secret = gate.authority.upload_keys()[0]
    return upload_ids.client_upload_id(
        store_id, bucket=resolved.target.bucket, key=key, secret=secret
    )


def as_asked(details: Mapping[str, str], resolved: Resolved) -> dict[str, str]:
    """Return the elements of a store's error with the id that the client asked about in place of the store's."""
    asked = resolved.arguments.get("uploadId")
    return {
        name: asked if name == "UploadId" and asked is not None else value
        for name, value in details.items()
    }


def _unreadable() -> S3Error:
    return S3Error(
        "InternalError",
        "We encountered an internal error. Please try again.",
        operator="the store's answer about multipart uploads cannot be read",
    )
