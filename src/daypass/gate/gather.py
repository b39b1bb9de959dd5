"""Gathering what a decision needs: the buckets' records, a small body, tags at the store, how it was signed."""

import asyncio
from dataclasses import replace

from daypass.core.domain.bucket import Bucket
from daypass.gate.body import verified_body
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import existing_tags
from daypass.gate.decision.decide import Authorizer
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


def facts_before_body(asked: RequestContext) -> RequestFacts:
    """Return what is known of a request before any of its body is read.

    Raises `S3Error` for a bucket that nobody owns here, and for an owner that is not the expected
    one.
    """
    bucket, source = _buckets(asked)
    return RequestFacts(
        now=int(asked.gate.clock()),
        common=_signature_keys(asked),
        bucket=bucket,
        source_bucket=source,
    )


def _buckets(asked: RequestContext) -> tuple[Bucket | None, Bucket | None]:
    """Return the records of a request's bucket and of its source's."""
    resolved, operation = asked.resolved, operation_of(asked.resolved)
    bucket = source = None
    if operation.new_bucket is not None:
        bucket = operation.new_bucket(asked)
    elif operation.level is not Level.SERVICE:
        bucket = _expected_bucket(asked, resolved.target.bucket, "x-amz-expected-bucket-owner")
    if resolved.source is not None:
        source = _expected_bucket(
            asked, resolved.source.bucket, "x-amz-source-expected-bucket-owner"
        )
    return bucket, source


def _expected_bucket(asked: RequestContext, name: str, header: str) -> Bucket:
    """Return a bucket; raises `S3Error` AccessDenied where `header` expects another owner."""
    bucket = bucket_records.find_bucket(asked.directory, name)
    if asked.resolved.headers.get(header, bucket.owner) != bucket.owner:
        raise access_denied()
    return bucket


async def gather_facts(asked: RequestContext) -> RequestFacts:
    """Return everything that is known of a request.

    Raises `S3Error` as `facts_before_body` does, and for a document that the operation cannot take.
    """
    resolved, gate, operation = asked.resolved, asked.gate, operation_of(asked.resolved)
    if operation.conditions is not Conditions.NONE:
        honoured = gate.capabilities.preconditions
        preconditions.check_store_support(operation.name, resolved.headers, honoured)
    bucket, source = _buckets(asked)
    content, document = b"", None
    if operation.body in {"xml", "json"}:
        content = await verified_body.read_verified(asked.upload, asked.receive)
    if operation.body == "xml":
        document = await parse_request_document(resolved, content)
        if document is not None and operation.is_rewritten:
            await asyncio.sleep(0)
            content = documents.serialize_document(document)
    facts = RequestFacts(
        now=int(gate.clock()),
        common=_signature_keys(asked),
        bucket=bucket,
        source_bucket=source,
        body=content,
        document=document,
    )
    return await _with_existing_tags(asked, operation.complete_facts(asked, facts))


async def parse_request_document(request: ResolvedRequest, content: bytes) -> XMLElement | None:
    """Return a request's document, None where there may be none.

    Raises `S3Error` for one that the operation cannot take or that has two readings, and for what
    the gate never passes on.
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


async def renew_facts(asked: RequestContext, facts: RequestFacts) -> RequestFacts:
    """Return what is known of a request on another snapshot, at another moment.

    Raises `S3Error` for a bucket that is nobody's any more, or another's than the client expects.
    """
    bucket, source = facts.bucket, facts.source_bucket
    if bucket is not None and operation_of(asked.resolved).new_bucket is None:
        bucket = _expected_bucket(asked, bucket.name, "x-amz-expected-bucket-owner")
    if source is not None:
        source = _expected_bucket(asked, source.name, "x-amz-source-expected-bucket-owner")
    facts = replace(
        facts,
        now=int(asked.gate.clock()),
        common=_signature_keys(asked),
        bucket=bucket,
        source_bucket=source,
    )
    return await _with_existing_tags(asked, facts)


async def _with_existing_tags(asked: RequestContext, facts: RequestFacts) -> RequestFacts:
    """Return the facts with the tags that policies ask about.

    Raises `S3Error` ServiceUnavailable where the store does not say.
    """
    authorizer = Authorizer(asked.caller, asked.directory, asked.circumstances(), asked.seal)
    resolved, store = asked.resolved, asked.gate.store
    return await existing_tags.with_existing_tags(
        facts, authorizer, store, lambda: required_permissions.object_permissions(resolved, facts)
    )


def _signature_keys(asked: RequestContext) -> dict[str, str | tuple[str, ...]]:
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
