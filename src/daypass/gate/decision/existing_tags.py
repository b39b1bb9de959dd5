"""Existing tags of objects, read from the store before a decision if a policy asks for them."""

from collections.abc import Callable, Iterable

import aiohttp
from msgspec.structs import replace

from daypass.core.http.paths import percent_encode
from daypass.gate.decision.permissions import Permission
from daypass.gate.decision.request_facts import ObjectName, ObjectTags, RequestFacts
from daypass.gate.protocol import (
    expected_results,
    store_answers,
    store_errors,
    success_answers,
    tag_sets,
)
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.request_target import RequestTarget
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.store.store_request import StoreRequest
from daypass.gate.store.upstream import ObjectStore

_RESULT = expected_results.TAGGING.for_operation("GetObjectTagging")
_NOT_FOUND, _UNAVAILABLE = 404, 503
_NO_TAGGING = frozenset({(405, "MethodNotAllowed"), (501, "NotImplemented")})
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion"})


async def with_existing_tags(
    facts: RequestFacts,
    asks_for_tags: Callable[[str, str], bool],
    store: ObjectStore,
    permissions: Callable[[], Iterable[Permission]],
) -> RequestFacts:
    """Return the facts with the existing tags that policies have conditions on.

    `asks_for_tags` says of a bucket and its owner whether a policy there asks for tags;
    `permissions` returns the permissions that will be decided. Raises `S3Error` ServiceUnavailable
    if the store does not return the tags.
    """
    tagged_buckets = {
        bucket.name
        for bucket in (facts.bucket, facts.source_bucket)
        if bucket is not None and asks_for_tags(bucket.name, bucket.owner)
    }
    if not tagged_buckets:
        return facts
    tags = dict(facts.tags)
    for permission in permissions():
        name = permission.unread_tags
        if name is not None and name not in tags and name.bucket in tagged_buckets:
            tags[name] = await read_object_tags(store, name)
    return replace(facts, tags=tags)


async def read_object_tags(store: ObjectStore, name: ObjectName) -> ObjectTags:
    """Return an object's tags; empty for a missing object or a store without tags.

    Raises `S3Error` ServiceUnavailable if the store does not answer or its answer is ambiguous: a
    Deny must not vanish because the store is slow, or because a proxy answers in its place.
    """
    version = f"&versionId={percent_encode(name.version_id)}" if name.version_id is not None else ""
    path = RequestTarget(name.bucket, name.key).path
    try:
        answer = await store.send(StoreRequest("GET", path, f"tagging={version}"))
        try:
            return await _parse_tagging_answer(answer)
        finally:
            answer.close()
    except S3Error as error:
        raise S3Error(
            "ServiceUnavailable",
            error.message if error.status == _UNAVAILABLE else store_errors.INTERNAL_ERROR,
            operator=f"the tags of {path} cannot be read: {error.operator or error.message}",
        ) from None


async def _parse_tagging_answer(answer: aiohttp.ClientResponse) -> ObjectTags:
    """Return the tags in an answer to GetObjectTagging; raises `S3Error` for any other answer."""
    refused = await store_answers.store_refusal(answer, _RESULT)
    if refused is None:
        content = await success_answers.read_document(answer, _RESULT)
        version_id = answer.headers.get("x-amz-version-id", "")[:1024]
        return ObjectTags(tag_sets.parse_stored_tagging(content), version_id)
    if refused.status == _NOT_FOUND:
        return ObjectTags(is_missing=refused.code in _MISSING)
    if (refused.status, refused.code) in _NO_TAGGING:
        return ObjectTags()
    raise refused


def with_decided_version(request: ResolvedRequest, facts: RequestFacts) -> ResolvedRequest:
    """Return the request with the version id whose tags were decided on, for the store."""
    if not facts.tags:
        return request
    source = request.source
    if source is not None:
        name = ObjectName(source.bucket, source.key, source.version_id)
        version = _decided_version(facts, name)
        return replace(request, source=replace(source, version_id=version)) if version else request
    name = ObjectName(request.target.bucket, request.target.key or "", request.version_id)
    version = _decided_version(facts, name)
    if not version or "versionId" not in request.row.arguments:
        return request
    return replace(request, arguments={**request.arguments, "versionId": version})


def _decided_version(facts: RequestFacts, name: ObjectName) -> str:
    tags = facts.tags.get(name)
    return tags.version_id if tags is not None and name.version_id is None else ""


def missing_object_error(request: ResolvedRequest, facts: RequestFacts) -> S3Error | None:
    """Return the error for an object that was missing when its tags were read; None if it was not.

    The request is then not forwarded, because the store might have the object by now.
    """
    if not facts.tags:
        return None
    name = None
    if request.source is not None:
        name = ObjectName(request.source.bucket, request.source.key, request.source.version_id)
    elif request.row.is_read:
        name = ObjectName(request.target.bucket, request.target.key or "", request.version_id)
    tags = facts.tags.get(name) if name is not None else None
    if name is None or tags is None or not tags.is_missing:
        return None
    if name.version_id is not None:
        details = {"Key": name.key, "VersionId": name.version_id}
        return S3Error("NoSuchVersion", "The specified version does not exist.", details=details)
    return S3Error("NoSuchKey", "The specified key does not exist.", details={"Key": name.key})
