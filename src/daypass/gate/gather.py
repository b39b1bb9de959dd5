"""Gathering what a decision needs: the buckets' records, a small body, tags at the store, how it was signed."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

from daypass.core.domain.bucket import Bucket
from daypass.gate import own
from daypass.gate.body import verified
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import existing_tags, permissions
from daypass.gate.decision.decide import Judge
from daypass.gate.decision.object_facts import Facts
from daypass.gate.decision.permissions import Need
from daypass.gate.exchange import Asked
from daypass.gate.protocol import documents, preconditions
from daypass.gate.protocol.documents import Element
from daypass.gate.request import schema
from daypass.gate.request.resolved import Resolved
from daypass.gate.request.table import Level

_AUTH_TYPES = {"header": "REST-HEADER", "query": "REST-QUERY-STRING", "form": "POST"}


def at_once(asked: Asked) -> Facts:
    """Return what is known of a request before any of its body is read.

    Raises `S3Error` for a bucket that nobody owns here, and for an owner that is not the expected one.
    """
    bucket, source = _buckets(asked)
    return Facts(
        now=int(asked.gate.clock()), common=_common(asked), bucket=bucket, source_bucket=source
    )


def _buckets(asked: Asked) -> tuple[Bucket | None, Bucket | None]:
    """Return the records of a request's bucket and of its source's."""
    resolved, gate = asked.resolved, asked.gate
    bucket = source = None
    if resolved.row.name == "CreateBucket":
        bucket = own.new_bucket(resolved, asked.caller, gate, now=int(gate.clock()))
    elif resolved.row.level is not Level.SERVICE:
        bucket = bucket_records.known(asked.directory, resolved.target.bucket)
        own.check_expected_owner(resolved, bucket, "x-amz-expected-bucket-owner")
    if resolved.source is not None:
        source = bucket_records.known(asked.directory, resolved.source.bucket)
        own.check_expected_owner(resolved, source, "x-amz-source-expected-bucket-owner")
    return bucket, source


async def gather(asked: Asked) -> Facts:
    """Return everything that is known of a request.

    Raises `S3Error` as `at_once` does, and for a document that the operation cannot take.
    """
    resolved, gate = asked.resolved, asked.gate
    honoured = gate.capabilities.preconditions
    preconditions.check_store(resolved.row.name, resolved.headers, honoured)
    bucket, source = _buckets(asked)
    content, document = b"", None
    if resolved.row.body in {"xml", "json"}:
        content = await verified.whole(asked.upload, asked.receive)
    if resolved.row.body == "xml":
        document = await own.checked_document(resolved, content)
        if document is not None and schema.rewrites(resolved.row):
            await asyncio.sleep(0)
            content = documents.write(document)
    extra: dict[str, str] = {}
    if resolved.row.name == "CreateBucket" and bucket is not None:
        configuration = document or Element("CreateBucketConfiguration")
        extra["location"] = bucket_records.new_location(configuration, gate.rules.region)
        bucket = bucket_records.tagged(
            bucket, bucket_records.new_tags(configuration), asked.directory
        )
    facts = Facts(
        now=int(gate.clock()),
        common=_common(asked),
        bucket=bucket,
        source_bucket=source,
        body=content,
        document=document,
        extra=extra,
    )
    return await with_tags(asked, facts, permissions.all_about_objects)


async def renewed(asked: Asked, facts: Facts) -> Facts:
    """Return what is known of a request on another snapshot, at another moment.

    Raises `S3Error` for a bucket that is nobody's any more, or another's than the client expects.
    """
    is_new = asked.resolved.row.name == "CreateBucket"
    bucket, source = facts.bucket, facts.source_bucket
    if bucket is not None and not is_new:
        bucket = bucket_records.known(asked.directory, bucket.name)
        own.check_expected_owner(asked.resolved, bucket, "x-amz-expected-bucket-owner")
    if source is not None:
        source = bucket_records.known(asked.directory, source.name)
        own.check_expected_owner(asked.resolved, source, "x-amz-source-expected-bucket-owner")
    facts = replace(
        facts,
        now=int(asked.gate.clock()),
        common=_common(asked),
        bucket=bucket,
        source_bucket=source,
    )
    return await with_tags(asked, facts, permissions.all_about_objects)


async def with_tags(
    asked: Asked, facts: Facts, wanted: Callable[[Resolved, Facts], Iterable[Need]]
) -> Facts:
    """Return what is known with the tags of every object about which a policy that bears on it asks.

    `wanted` says what will be asked. Raises `S3Error` ServiceUnavailable where the store does not say.
    """
    judge = Judge(asked.caller, asked.directory, asked.circumstances(), asked.seal)
    asking = {
        bucket.name
        for bucket in (facts.bucket, facts.source_bucket)
        if bucket is not None and judge.asks_for_tags(bucket.name, bucket.owner)
    }
    if not asking:
        return facts
    found = dict(facts.tags)
    for need in wanted(asked.resolved, facts):
        name = need.unread
        if name is not None and name not in found and name.bucket in asking:
            found[name] = await existing_tags.read(asked.gate.store, name)
    return replace(facts, tags=found)


def _common(asked: Asked) -> dict[str, str | tuple[str, ...]]:
    """Return the keys of every action: how the request was signed, over what."""
    claimed = asked.claimed
    keys: dict[str, str | tuple[str, ...]] = {}
    if asked.peer.tls_version:
        keys["s3:tlsversion"] = asked.peer.tls_version
    if claimed is None:
        return keys
    keys["s3:authtype"] = _AUTH_TYPES[claimed.form]
    keys["s3:signatureversion"] = "AWS4-HMAC-SHA256"
    if claimed.form == "header":
        keys["s3:x-amz-content-sha256"] = asked.proved.payload
    else:
        age = asked.gate.clock() - claimed.signed_at
        keys["s3:signatureage"] = str(max(0, int(age * 1000)))
    return keys
