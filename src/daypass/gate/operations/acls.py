"""ACL operations: an ACL always says that the bucket's owner owns all in it, and cannot be changed.

Source: S3 user guide, "Controlling ownership of objects".
"""

from functools import partial

from daypass.core.domain.bucket import Bucket
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import condition_keys
from daypass.gate.decision.condition_keys import ACL_HEADERS
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.operations.bucket_answers import answer_accepted, answer_document
from daypass.gate.operations.objects import HEAD_OBJECT, VERSION
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import store_answers, success_answers
from daypass.gate.protocol.reply import S3Reply
from daypass.gate.request.operation_row import Handling, Level
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext
from daypass.gate.store.store_request import StoreRequest
from daypass.state.snapshot.directory import Directory


def _acl_document(bucket: Bucket, directory: Directory) -> bytes:
    return bucket_records.acl_document(directory.account(bucket.owner).record)


def _accept_acl(_body: bytes) -> None:
    """Accept every document: no ACL is stored, and the header's canned ACL was checked."""


async def _get_object_acl(
    ctx: RequestContext, authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> None:
    """Answer with the fixed ACL of an object; raises the store's error for a missing one."""
    resolved, expected = ctx.resolved, HEAD_OBJECT.result
    version = "&".join(
        piece for piece in resolved.query.split("&") if piece.startswith("versionId=")
    )
    answer = await ctx.gate.store.send(StoreRequest("HEAD", resolved.target.path, version))
    refusal = await store_answers.store_refusal(answer, expected)
    answer.release()
    if refusal is not None:
        raise refusal
    success_answers.check_head(answer.status, answer.headers, expected)
    await answer_document(_acl_document, ctx, authorizer, facts, reply)


def _bucket_keys(request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    return condition_keys.header_keys(request.headers, *ACL_HEADERS)


def _object_keys(request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    return condition_keys.header_keys(request.headers, *ACL_HEADERS, "x-amz-storage-class")


OPERATIONS = (
    Operation(
        "GetBucketAcl",
        Level.BUCKET,
        "GET",
        "acl",
        "GetBucketAcl",
        handling=Handling.ANSWERED_HERE,
        answer=partial(answer_document, _acl_document),
    ),
    Operation(
        "PutBucketAcl",
        Level.BUCKET,
        "PUT",
        "acl",
        "PutBucketAcl",
        handling=Handling.ANSWERED_HERE,
        body="xml",
        is_document_optional=True,
        needs_canned_acl=True,
        condition_keys=_bucket_keys,
        answer=partial(answer_accepted, _accept_acl),
    ),
    Operation(
        "GetObjectAcl",
        Level.OBJECT,
        "GET",
        "acl",
        "GetObjectAcl",
        "GetObjectVersionAcl",
        handling=Handling.ANSWERED_HERE,
        arguments=VERSION,
        answer=_get_object_acl,
    ),
    Operation(
        "PutObjectAcl",
        Level.OBJECT,
        "PUT",
        "acl",
        "PutObjectAcl",
        "PutObjectVersionAcl",
        handling=Handling.ANSWERED_HERE,
        arguments=VERSION,
        body="xml",
        is_document_optional=True,
        needs_canned_acl=True,
        condition_keys=_object_keys,
        answer=partial(answer_accepted, _accept_acl),
    ),
)
