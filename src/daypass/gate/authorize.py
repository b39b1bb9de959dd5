"""Authorizing a request by the current policies, and again before a slow request is carried out.

While a form's file or a long upload arrives, access keys are deactivated, sessions and presigned
URLs expire, policies change and buckets are deleted: the request is authorized again before the
last byte goes to the store.
"""

from msgspec.structs import replace

from daypass.gate import limits
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import kms
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.gather import facts_before_body, renew_facts
from daypass.gate.operations import required_permissions
from daypass.gate.operations.operation import operation_of
from daypass.gate.protocol import documents
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error, not_implemented
from daypass.gate.request import request_target
from daypass.gate.request.operation_row import DecidedBy, Handling
from daypass.gate.request_context import RequestContext

INSECURE_KEY = (
    "Requests specifying Server Side Encryption with Customer provided keys must be made over a"
    " secure connection."
)


def authorize_before_body(ctx: RequestContext) -> None:
    """Raise `S3Error` for a request that is refused whatever its document says.

    So nobody without permission can have a document parsed.
    """
    row = ctx.resolved.row
    if row.body not in {"xml", "json"} or row.decided_by is not DecidedBy.REQUEST:
        return
    permissions = required_permissions.required_permissions(ctx.resolved, facts_before_body(ctx))
    if all(permission.unread_tags is None for permission in permissions):
        ctx.authorizer().require(permissions)


async def authorize(
    ctx: RequestContext, facts: RequestFacts
) -> tuple[RequestContext, Authorizer, RequestFacts]:
    """Return context, authorizer and facts as of now, once all required permissions are allowed.

    Raises a fault if the caller no longer exists or the signature has expired, and `S3Error` for a
    permission that is not allowed.
    """
    while (now := ctx.as_of(ctx.gate.authority.snapshot())) is not ctx:
        # Only unread tags are awaited here, so the next pass returns without waiting.
        ctx, facts = now, await renew_facts(now, facts)
    authorizer = ctx.authorizer()
    if ctx.resolved.row.decided_by is not DecidedBy.ENTRIES:
        authorizer.require(required_permissions.required_permissions(ctx.resolved, facts))
    check_supported(ctx, facts)
    return ctx, authorizer, facts


async def reauthorize_if_old(ctx: RequestContext, facts: RequestFacts) -> None:
    """Raise like `authorize` if the last decision is old and no longer holds."""
    if ctx.gate.steady_time() - int(ctx.moment.steady) >= limits.DECISION_SECONDS_MAX:
        # Tags may have changed, so they are read again.
        await authorize(ctx, replace(facts, tags={}))


def check_supported(ctx: RequestContext, facts: RequestFacts) -> None:
    """Raise `S3Error` for a request that is allowed but that the gate does not carry out.

    That is ACLs, customer-provided keys over a hop without TLS, KMS keys that the operator did not
    list, what the operation's own check refuses, prefixes with dot segments, and writes that would
    make the store act elsewhere with its own authority, such as replication.
    """
    resolved, operation = ctx.resolved, operation_of(ctx.resolved)
    bucket_records.check_acl(resolved)
    has_key = any(name.endswith("-customer-key") for name in resolved.headers)
    if has_key and not (ctx.client.is_secure and ctx.gate.store.is_tls):
        raise S3Error("InvalidRequest", INSECURE_KEY)
    if facts.document is not None and not ctx.gate.rules.dot_segments:
        _check_prefixes(facts.document)
    kms.check_kms_keys(resolved, facts.document, ctx.gate.rules.kms_keys)
    operation.check_request(ctx, facts)
    handling = operation.handling
    if handling is Handling.REFUSED or (
        handling is Handling.READS_FORWARDED and not operation.is_read
    ):
        raise not_implemented(operation.name)


def _check_prefixes(element: XMLElement) -> None:
    """Raise `S3Error` MalformedXML for a `Prefix` whose dot segments may leave the bucket."""
    if element.name == "Prefix" and request_target.has_dot_segment(element.text):
        raise documents.malformed_xml()
    for child in element.children:
        _check_prefixes(child)
