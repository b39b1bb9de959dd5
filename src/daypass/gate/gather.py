"""Gathering the facts of a decision: bucket records, a small body, signature, tags at the store."""

import asyncio
from functools import partial

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.bucket import Bucket
from daypass.gate.body import verified_body
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import existing_tags
from daypass.gate.decision.decide import policies_ask_for_tags
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.operations import required_permissions
from daypass.gate.operations.operation import operation_of
from daypass.gate.protocol import documents, preconditions
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error, access_denied
from daypass.gate.request import schema
from daypass.gate.request.operation_row import Conditions, Level
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext

_AUTH_TYPES = {"header": "REST-HEADER", "query": "REST-QUERY-STRING", "form": "POST"}


def facts_before_body(ctx: RequestContext) -> RequestFacts:
    """Return the facts of a request that are known before any of its body is read.

    Raises `S3Error` for a bucket that no account here owns, and for another owner than the request
    expects.
    """
    bucket, source = _bucket_records(ctx)
    return RequestFacts(
        now=int(ctx.moment.wall),
        signature_keys=_signature_keys(ctx),
        bucket=bucket,
        source_bucket=source,
    )


def _bucket_records(ctx: RequestContext) -> tuple[Bucket | None, Bucket | None]:
    """Return the records of the request's bucket and of its copy source's, each or None."""
    resolved, operation = ctx.resolved, operation_of(ctx.resolved)
    bucket = source = None
    if operation.new_bucket_record is not None:
        bucket = operation.new_bucket_record(ctx)
    elif operation.level is not Level.SERVICE:
        bucket = _expected_bucket(ctx, resolved.target.bucket, "x-amz-expected-bucket-owner")
    if resolved.source is not None:
        source = _expected_bucket(ctx, resolved.source.bucket, "x-amz-source-expected-bucket-owner")
    return bucket, source


def _expected_bucket(ctx: RequestContext, name: str, header: str) -> Bucket:
    """Return a bucket's record; raises `S3Error` AccessDenied if `header` names another owner."""
    bucket = bucket_records.find_bucket(ctx.directory, name)
    if ctx.resolved.headers.get(header, bucket.owner) != bucket.owner:
        raise access_denied()
    return bucket


async def gather_facts(ctx: RequestContext) -> RequestFacts:
    """Return all facts of a request, its body read if it is a document.

    Raises `S3Error` as `facts_before_body` does, and for a document that the operation does not
    accept.
    """
    resolved, gate, operation = ctx.resolved, ctx.gate, operation_of(ctx.resolved)
    if operation.conditions is not Conditions.NONE:
        honoured = gate.capabilities.preconditions
        preconditions.check_store_support(operation.name, resolved.headers, honoured)
    bucket, source = _bucket_records(ctx)
    content, document = b"", None
    if operation.body in {"xml", "json"}:
        content = await verified_body.read_verified(ctx.upload, ctx.receive)
    if operation.body == "xml":
        document = await parse_request_document(resolved, content)
        if document is not None and operation.is_rewritten:
            await asyncio.sleep(0)
            content = documents.serialize_document(document)
    facts = RequestFacts(
        now=int(ctx.moment.wall),
        signature_keys=_signature_keys(ctx),
        bucket=bucket,
        source_bucket=source,
        body=content,
        document=document,
    )
    return await _with_existing_tags(ctx, operation.complete_facts(ctx, facts))


async def parse_request_document(request: ResolvedRequest, content: bytes) -> XMLElement | None:
    """Return a request's XML document, normalized by its schema; None if it is optional and absent.

    Raises `S3Error` for a document that the operation does not accept or that is ambiguous, and for
    content that the gate never forwards.
    """
    operation = operation_of(request)
    if not content:
        if operation.is_document_optional:
            return None
        raise S3Error("MissingRequestBodyError", "Request Body is empty")
    if operation.needs_checksum and not any(
        name == "content-md5" or name.startswith("x-amz-checksum-") for name in request.headers
    ):
        raise S3Error(
            "InvalidRequest",
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
        )
    root = await documents.parse_xml_in_turns(content, elements=operation.document_elements_max)
    operation.check_document(root)
    if not operation.is_rewritten:
        return root
    return await schema.normalized_document(operation.model_name, root)


async def renew_facts(ctx: RequestContext, facts: RequestFacts) -> RequestFacts:
    """Return the facts of a request on another snapshot, at another moment.

    Raises `S3Error` for a bucket that no account owns any more, or another account than the client
    expects.
    """
    bucket, source = facts.bucket, facts.source_bucket
    if bucket is not None and operation_of(ctx.resolved).new_bucket_record is None:
        bucket = _expected_bucket(ctx, bucket.name, "x-amz-expected-bucket-owner")
    if source is not None:
        source = _expected_bucket(ctx, source.name, "x-amz-source-expected-bucket-owner")
    facts = replace(
        facts,
        now=int(ctx.moment.wall),
        signature_keys=_signature_keys(ctx),
        bucket=bucket,
        source_bucket=source,
    )
    return await _with_existing_tags(ctx, facts)


async def _with_existing_tags(ctx: RequestContext, facts: RequestFacts) -> RequestFacts:
    """Return the facts with the existing tags that policies ask about.

    Raises `S3Error` ServiceUnavailable if the store does not return them.
    """
    resolved, store = ctx.resolved, ctx.gate.store
    return await existing_tags.with_existing_tags(
        facts,
        partial(policies_ask_for_tags, ctx.caller, ctx.directory),
        store,
        lambda: required_permissions.object_permissions(resolved, facts),
    )


def _signature_keys(ctx: RequestContext) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys of every action: TLS version and kind of signature."""
    claim = ctx.claim
    keys: dict[str, str | tuple[str, ...]] = {}
    if ctx.client.tls_version:
        keys["s3:tlsversion"] = ctx.client.tls_version
    if claim is None:
        return keys
    keys["s3:authtype"] = _AUTH_TYPES[claim.form]
    keys["s3:signatureversion"] = claim.signature_version
    if claim.form == "header":
        keys["s3:x-amz-content-sha256"] = ctx.sender.payload_hash
    else:
        keys["s3:signatureage"] = str(_signature_age(claim.signed_at, ctx.gate.wall_time()))
    return keys


def _signature_age(signed_at: int | None, now: float) -> int:
    """Return the age of a signature in milliseconds: the greatest possible one if it is unknown.

    AWS says 0 for Signature Version 2, which would void every policy that limits the age.
    """
    age = quotas.PRESIGNED_SECONDS_MAX if signed_at is None else now - signed_at
    return max(0, int(age * 1000))
