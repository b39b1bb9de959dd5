"""Bucket settings in the gate's records: policy, public access block, ABAC, ownership, payer."""

from functools import partial

from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket
from daypass.gate.buckets import bucket_policies, bucket_records
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import RequestFacts
from daypass.gate.operations.bucket_answers import (
    answer_accepted,
    answer_change,
    answer_document,
    bucket_record,
    require_permissions,
)
from daypass.gate.operations.operation import AnswerHook, Operation
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.reply import NO_CONTENT, S3Reply
from daypass.gate.request.operation_row import Handling, Level
from daypass.gate.request_context import RequestContext
from daypass.state.changes import Put
from daypass.state.snapshot.directory import Directory

NOT_THE_OWNER = "The specified method is not allowed against this resource."


# The bucket's policy.


def _require_owner(ctx: RequestContext, facts: RequestFacts) -> None:
    """Raise `S3Error` MethodNotAllowed for a caller of another account, whatever it was allowed."""
    if ctx.caller.account != bucket_record(facts).owner:
        raise S3Error("MethodNotAllowed", NOT_THE_OWNER)


async def _get_policy(
    ctx: RequestContext, _authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> None:
    content = bucket_policies.policy_text(bucket_record(facts), ctx.directory)
    await reply.send_complete(200, [(b"content-type", b"application/json")], content)


def _with_policy(bucket: Bucket, ctx: RequestContext, facts: RequestFacts) -> Bucket:
    """Return the bucket with its new policy.

    Raises `S3Error` MalformedPolicy, and AccessDenied for a policy that locks its author out.
    """
    before = ctx.directory
    after = replace(bucket, policy=bucket_policies.checked_policy(facts.body, bucket, before))
    if "x-amz-confirm-remove-self-bucket-access" not in ctx.resolved.headers:
        changed = before.changed([Put(after)], before.revision)
        require_permissions(replace(ctx, directory=changed), facts)
    return after


def _without_policy(bucket: Bucket, _ctx: RequestContext, _facts: RequestFacts) -> Bucket:
    return replace(bucket, policy="")


def _policy_status_document(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.xml_document("PolicyStatus", bucket_policies.policy_status_xml(bucket))


# The public access block.


def _block_document(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.xml_document(
        "PublicAccessBlockConfiguration", bucket_policies.public_access_block_xml(bucket)
    )


def _with_block(bucket: Bucket, _ctx: RequestContext, facts: RequestFacts) -> Bucket:
    return bucket_policies.with_public_access_block(bucket, facts.body)


def _without_block(bucket: Bucket, _ctx: RequestContext, _facts: RequestFacts) -> Bucket:
    return replace(bucket, public_access=None)


# ABAC, object ownership, request payment.


def _abac_document(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.abac_document(bucket)


def _with_abac(bucket: Bucket, _ctx: RequestContext, facts: RequestFacts) -> Bucket:
    return bucket_records.with_abac(bucket, facts.body)


def _ownership_document(_bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.OWNERSHIP_DOCUMENT


async def _reset_ownership(
    _ctx: RequestContext, _authorizer: Authorizer, _facts: RequestFacts, reply: S3Reply
) -> None:
    """Answer as if the ownership were reset to the default, which it always has."""
    await reply.send_document(NO_CONTENT, b"")


def _payment_document(_bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.PAYMENT_DOCUMENT


def _get_operation(selector: str, noun: str, action: str, answer: AnswerHook) -> Operation:
    return Operation(
        f"Get{noun}",
        Level.BUCKET,
        "GET",
        selector,
        action,
        handling=Handling.ANSWERED_HERE,
        answer=answer,
    )


def _put_operation(selector: str, noun: str, action: str, answer: AnswerHook) -> Operation:
    return Operation(
        f"Put{noun}",
        Level.BUCKET,
        "PUT",
        selector,
        action,
        handling=Handling.ANSWERED_HERE,
        body="xml",
        answer=answer,
    )


def _delete_operation(selector: str, noun: str, action: str, answer: AnswerHook) -> Operation:
    return Operation(
        f"Delete{noun}",
        Level.BUCKET,
        "DELETE",
        selector,
        action,
        handling=Handling.ANSWERED_HERE,
        answer=answer,
    )


OPERATIONS = (
    Operation(
        "GetBucketPolicy",
        Level.BUCKET,
        "GET",
        "policy",
        "GetBucketPolicy",
        handling=Handling.ANSWERED_HERE,
        check_request=_require_owner,
        answer=_get_policy,
    ),
    Operation(
        "PutBucketPolicy",
        Level.BUCKET,
        "PUT",
        "policy",
        "PutBucketPolicy",
        handling=Handling.ANSWERED_HERE,
        body="json",
        check_request=_require_owner,
        answer=partial(answer_change, _with_policy),
    ),
    Operation(
        "DeleteBucketPolicy",
        Level.BUCKET,
        "DELETE",
        "policy",
        "DeleteBucketPolicy",
        handling=Handling.ANSWERED_HERE,
        check_request=_require_owner,
        answer=partial(answer_change, _without_policy),
    ),
    _get_operation(
        "policyStatus",
        "BucketPolicyStatus",
        "GetBucketPolicyStatus",
        partial(answer_document, _policy_status_document),
    ),
    _get_operation(
        "publicAccessBlock",
        "PublicAccessBlock",
        "GetBucketPublicAccessBlock",
        partial(answer_document, _block_document),
    ),
    _put_operation(
        "publicAccessBlock",
        "PublicAccessBlock",
        "PutBucketPublicAccessBlock",
        partial(answer_change, _with_block, status=200),
    ),
    _delete_operation(
        "publicAccessBlock",
        "PublicAccessBlock",
        "PutBucketPublicAccessBlock",
        partial(answer_change, _without_block),
    ),
    _get_operation("abac", "BucketAbac", "GetBucketAbac", partial(answer_document, _abac_document)),
    _put_operation(
        "abac", "BucketAbac", "PutBucketAbac", partial(answer_change, _with_abac, status=200)
    ),
    _get_operation(
        "ownershipControls",
        "BucketOwnershipControls",
        "GetBucketOwnershipControls",
        partial(answer_document, _ownership_document),
    ),
    _put_operation(
        "ownershipControls",
        "BucketOwnershipControls",
        "PutBucketOwnershipControls",
        partial(answer_accepted, bucket_records.check_ownership),
    ),
    _delete_operation(
        "ownershipControls",
        "BucketOwnershipControls",
        "PutBucketOwnershipControls",
        _reset_ownership,
    ),
    _get_operation(
        "requestPayment",
        "BucketRequestPayment",
        "GetBucketRequestPayment",
        partial(answer_document, _payment_document),
    ),
    _put_operation(
        "requestPayment",
        "BucketRequestPayment",
        "PutBucketRequestPayment",
        partial(answer_accepted, bucket_records.check_payment),
    ),
)
