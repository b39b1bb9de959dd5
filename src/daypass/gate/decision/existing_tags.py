"""Tags that an object has at the store: read before a decision, but only where a policy that bears on it asks about them."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import aiohttp

from daypass.core.http.paths import percent_encode
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.object_facts import Facts, ObjectName, ObjectTags
from daypass.gate.decision.permissions import Permission
from daypass.gate.protocol import documents, results, store_answers, store_errors, success
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved import Resolved
from daypass.gate.request.target import Target
from daypass.gate.store.upstream import Outgoing, Store

_RESULT = results.TAGGING.of("GetObjectTagging")
_NOT_FOUND, _UNAVAILABLE = 404, 503
_NO_TAGGING = frozenset({(405, "MethodNotAllowed"), (501, "NotImplemented")})
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion"})


async def added(
    facts: Facts, authorizer: Authorizer, store: Store, wanted: Callable[[], Iterable[Permission]]
) -> Facts:
    """Return the facts with the tags of every object about which a policy that bears on it asks.

    `wanted` returns what will be asked. Raises `S3Error` ServiceUnavailable where the store does
    not say.
    """
    asking = {
        bucket.name
        for bucket in (facts.bucket, facts.source_bucket)
        if bucket is not None and authorizer.asks_for_tags(bucket.name, bucket.owner)
    }
    if not asking:
        return facts
    found = dict(facts.tags)
    for permission in wanted():
        name = permission.unread
        if name is not None and name not in found and name.bucket in asking:
            found[name] = await read(store, name)
    return replace(facts, tags=found)


async def read(store: Store, name: ObjectName) -> ObjectTags:
    """Return an object's tags; none for an object that is not there or a store that has no tags.

    Raises `S3Error` ServiceUnavailable where the store does not say, or says it in two ways: a Deny
    must not vanish because the store is slow, or because something in front of it answers in its
    place.
    """
    version = f"&versionId={percent_encode(name.version_id)}" if name.version_id is not None else ""
    path = Target(name.bucket, name.key).path
    try:
        answer = await store.send(Outgoing("GET", path, f"tagging={version}"))
        try:
            return await _read_answer(answer)
        finally:
            answer.close()
    except S3Error as error:
        raise S3Error(
            "ServiceUnavailable",
            error.message if error.status == _UNAVAILABLE else store_errors.INTERNAL,
            operator=f"the tags of {path} cannot be read: {error.operator or error.message}",
        ) from None


async def _read_answer(answer: aiohttp.ClientResponse) -> ObjectTags:
    """Return the tags of an answer to GetObjectTagging; raises `S3Error` for one that does not say."""
    refused = await store_answers.refusal(answer, _RESULT)
    if refused is None:
        content = await success.document(answer, _RESULT)
        version_id = answer.headers.get("x-amz-version-id", "")[:1024]
        return ObjectTags(documents.stored_tagging(content), version_id)
    if refused.status == _NOT_FOUND:
        return ObjectTags(is_missing=refused.code in _MISSING)
    if (refused.status, refused.code) in _NO_TAGGING:
        return ObjectTags()
    raise refused


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
    elif request.row.reads:
        name = ObjectName(request.target.bucket, request.target.key or "", request.version_id)
    tags = facts.tags.get(name) if name is not None else None
    if name is None or tags is None or not tags.is_missing:
        return None
    if name.version_id is not None:
        details = {"Key": name.key, "VersionId": name.version_id}
        return S3Error("NoSuchVersion", "The specified version does not exist.", details=details)
    return S3Error("NoSuchKey", "The specified key does not exist.", details={"Key": name.key})
