"""Whether what is asked may be done, by what holds at this moment; asked again where it is done long after.

A form's file and a long upload arrive while keys are deactivated, sessions and links end, policies
change and buckets go: they are decided again before their last byte is handed to the store.
"""

from dataclasses import replace

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

INSECURE_KEY = "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection."


def authorize_before_body(asked: RequestContext) -> None:
    """Raise `S3Error` for what is refused whatever its small body says: nobody who may not has a document parsed."""
    row = asked.resolved.row
    if row.body not in {"xml", "json"} or row.decided_by is not DecidedBy.REQUEST:
        return
    wanted = required_permissions.required_permissions(asked.resolved, facts_before_body(asked))
    if all(permission.unread is None for permission in wanted):
        asked.authorizer().require(wanted)


async def authorize(
    asked: RequestContext, facts: RequestFacts
) -> tuple[RequestContext, Authorizer, RequestFacts]:
    """Return request, authorizer and facts as of now, once everything that is needed is allowed.

    Raises a fault where who asked is nobody any more, or what was signed has ended, and `S3Error`
    for what is not allowed.
    """
    while (now := asked.as_of(asked.gate.authority.snapshot())) is not asked:
        # Only tags that nobody has read yet are waited for: the next time round nothing is.
        asked, facts = now, await renew_facts(now, facts)
    authorizer = asked.authorizer()
    if asked.resolved.row.decided_by is not DecidedBy.ENTRIES:
        authorizer.require(required_permissions.required_permissions(asked.resolved, facts))
    check_supported(asked, facts)
    return asked, authorizer, facts


async def reauthorize_if_old(asked: RequestContext, facts: RequestFacts) -> None:
    """Raise like `authorize` for what is no longer allowed, if it was decided longer ago than a decision may be old."""
    if asked.gate.steady() - asked.decided >= limits.DECISION_SECONDS_MAX:
        # Tags change: they are read anew.
        await authorize(asked, replace(facts, tags={}))


def check_supported(asked: RequestContext, facts: RequestFacts) -> None:
    """Raise `S3Error` for what was allowed, and is still not done here.

    That is ACLs, keys of the client's own over a hop that is not encrypted, KMS keys that the
    operator did not list, what the operation itself refuses, and what the store would do by itself.
    """
    resolved, operation = asked.resolved, operation_of(asked.resolved)
    bucket_records.check_acl(resolved)
    has_key = any(name.endswith("-customer-key") for name in resolved.headers)
    if has_key and not (asked.peer.is_secure and asked.gate.store.is_tls):
        raise S3Error("InvalidRequest", INSECURE_KEY)
    if facts.document is not None and not asked.gate.rules.dot_segments:
        _check_prefixes(facts.document)
    kms.check_kms_keys(resolved, facts.document, asked.gate.rules.kms_keys)
    operation.check(asked, facts)
    handling = operation.handling
    if handling is Handling.REFUSED or (
        handling is Handling.READS_FORWARDED and not operation.reads
    ):
        raise not_implemented(operation.name)


def _check_prefixes(element: XMLElement) -> None:
    """Raise `S3Error` MalformedXML for a configuration about keys that would climb out of the bucket at this store."""
    if element.name == "Prefix" and request_target.has_dot_segment(element.text):
        raise documents.malformed_xml()
    for child in element.children:
        _check_prefixes(child)
