"""Tags that an object has at the store: read before a decision, but only where a policy that bears on it asks about them."""

from dataclasses import replace

from daypass.core.sigv4.sign import encoded
from daypass.gate import answers, documents, limits
from daypass.gate.errors import S3Error
from daypass.gate.known import Facts, ObjectName, ObjectTags
from daypass.gate.resolved import Resolved
from daypass.gate.target import Target
from daypass.gate.upstream import Outgoing, Store, unavailable

_OK, _NOT_FOUND = 200, 404
_NO_TAGGING = frozenset({405, 501})
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion"})


async def read(store: Store, name: ObjectName) -> ObjectTags:
    """Return an object's tags; none for an object that is not there or a store that has no tags.

    Raises `S3Error` ServiceUnavailable where the store does not say, or says it in two ways: a Deny must not vanish because
    the store is slow.
    """
    version = f"&versionId={encoded(name.version_id)}" if name.version_id is not None else ""
    path = Target(name.bucket, name.key).path
    answer = await store.send(Outgoing("GET", path, f"tagging={version}"))
    try:
        if answer.status in _NO_TAGGING:
            return ObjectTags()
        content = await answers.whole(answer, limits.XML_BYTES_MAX)
        if answer.status == _NOT_FOUND:
            return ObjectTags(is_missing=answers.told(content).get("Code") in _MISSING)
        if answer.status != _OK:
            raise unavailable()
        return ObjectTags(
            documents.stored_tagging(content), answer.headers.get("x-amz-version-id", "")[:1024]
        )
    except S3Error as error:
        raise S3Error(
            "ServiceUnavailable",
            unavailable().message,
            operator=f"the tags of {path} cannot be read: {error.message}",
        ) from None
    finally:
        answer.close()


def pinned(request: Resolved, facts: Facts) -> Resolved:
    """Return the request as it is forwarded: it names the version whose tags were decided on."""
    source = request.source
    if source is not None:
        name = ObjectName(source.bucket, source.key, source.version_id)
        version = _version(facts, name)
        return replace(request, source=replace(source, version_id=version)) if version else request
    name = ObjectName(request.target.bucket, request.target.key or "", request.version_id)
    version = _version(facts, name)
    if not version or "versionId" not in request.row.arguments:
        return request
    return replace(request, arguments={**request.arguments, "versionId": version})


def _version(facts: Facts, name: ObjectName) -> str:
    tags = facts.tags.get(name)
    return tags.version_id if tags is not None and name.version_id is None else ""


def missing(request: Resolved, facts: Facts) -> S3Error | None:
    """Return the answer for what is not there to be read; nothing else is asked of the store, which might have it by now."""
    name = None
    if request.source is not None:
        name = ObjectName(request.source.bucket, request.source.key, request.source.version_id)
    elif request.row.method in {"GET", "HEAD"} or request.row.name == "SelectObjectContent":
        name = ObjectName(request.target.bucket, request.target.key or "", request.version_id)
    tags = facts.tags.get(name) if name is not None else None
    if name is None or tags is None or not tags.is_missing:
        return None
    if name.version_id is not None:
        details = {"Key": name.key, "VersionId": name.version_id}
        return S3Error("NoSuchVersion", "The specified version does not exist.", details=details)
    return S3Error("NoSuchKey", "The specified key does not exist.", details={"Key": name.key})
