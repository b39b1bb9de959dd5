"""Settings of a bucket that the gate keeps: policy, public access block, ABAC, ownership, payer."""

import dataclasses
from functools import partial

from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket
from daypass.gate.buckets import bucket_policies, bucket_records
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import Facts
from daypass.gate.operations.bucket_answers import accept, bucket_of, change, require, show
from daypass.gate.operations.operation import Answer, Operation
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.reply import NO_CONTENT, Reply
from daypass.gate.request.operation_row import Handling, Level
from daypass.gate.request_context import Asked
from daypass.state.changes import Put
from daypass.state.snapshot.directory import Directory

NOT_THE_OWNERS = "The specified method is not allowed against this resource."


# The bucket's policy.


def _for_owners_alone(asked: Asked, facts: Facts) -> None:
    """Raise `S3Error` MethodNotAllowed for another account, whatever it was allowed."""
    if asked.caller.account != bucket_of(facts).owner:
        raise S3Error("MethodNotAllowed", NOT_THE_OWNERS)


async def _show_policy(asked: Asked, _authorizer: Authorizer, facts: Facts, reply: Reply) -> None:
    content = bucket_policies.policy_text(bucket_of(facts), asked.directory)
    await reply.whole(200, [(b"content-type", b"application/json")], content)


def _with_policy(bucket: Bucket, asked: Asked, facts: Facts) -> Bucket:
    """Return the bucket with its new policy.

    Raises `S3Error` MalformedPolicy, and AccessDenied for one that locks its author out.
    """
    before = asked.directory
    after = replace(bucket, policy=bucket_policies.checked(facts.body, bucket, before))
    if "x-amz-confirm-remove-self-bucket-access" not in asked.resolved.headers:
        changed = before.changed([Put(after)], before.revision)
        require(dataclasses.replace(asked, directory=changed), facts)
    return after


def _without_policy(bucket: Bucket, _asked: Asked, _facts: Facts) -> Bucket:
    return replace(bucket, policy="")


def _policy_status(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.document("PolicyStatus", bucket_policies.status(bucket))


# Its public access block.


def _block(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.document("PublicAccessBlockConfiguration", bucket_policies.block(bucket))


def _with_block(bucket: Bucket, _asked: Asked, facts: Facts) -> Bucket:
    return bucket_policies.with_block(bucket, facts.body)


def _without_block(bucket: Bucket, _asked: Asked, _facts: Facts) -> Bucket:
    return replace(bucket, public_access=None)


# Whether its tags decide, who owns its objects, who pays.


def _abac(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.abac(bucket)


def _with_abac(bucket: Bucket, _asked: Asked, facts: Facts) -> Bucket:
    return bucket_records.with_abac(bucket, facts.body)


def _ownership(_bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.OWNERSHIP


async def _keep_ownership(
    _asked: Asked, _authorizer: Authorizer, _facts: Facts, reply: Reply
) -> None:
    """Answer as if the ownership were the default now, which it always is."""
    await reply.document(NO_CONTENT, b"")


def _payment(_bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.PAYMENT


def _get(selector: str, noun: str, action: str, answer: Answer) -> Operation:
    return Operation(
        f"Get{noun}",
        Level.BUCKET,
        "GET",
        selector,
        action,
        handling=Handling.ANSWERED_HERE,
        answer=answer,
    )


def _put(selector: str, noun: str, action: str, answer: Answer) -> Operation:
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


def _delete(selector: str, noun: str, action: str, answer: Answer) -> Operation:
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
        check=_for_owners_alone,
        answer=_show_policy,
    ),
    Operation(
        "PutBucketPolicy",
        Level.BUCKET,
        "PUT",
        "policy",
        "PutBucketPolicy",
        handling=Handling.ANSWERED_HERE,
        body="json",
        check=_for_owners_alone,
        answer=partial(change, _with_policy),
    ),
    Operation(
        "DeleteBucketPolicy",
        Level.BUCKET,
        "DELETE",
        "policy",
        "DeleteBucketPolicy",
        handling=Handling.ANSWERED_HERE,
        check=_for_owners_alone,
        answer=partial(change, _without_policy),
    ),
    _get(
        "policyStatus", "BucketPolicyStatus", "GetBucketPolicyStatus", partial(show, _policy_status)
    ),
    _get(
        "publicAccessBlock",
        "PublicAccessBlock",
        "GetBucketPublicAccessBlock",
        partial(show, _block),
    ),
    _put(
        "publicAccessBlock",
        "PublicAccessBlock",
        "PutBucketPublicAccessBlock",
        partial(change, _with_block, status=200),
    ),
    _delete(
        "publicAccessBlock",
        "PublicAccessBlock",
        "PutBucketPublicAccessBlock",
        partial(change, _without_block),
    ),
    _get("abac", "BucketAbac", "GetBucketAbac", partial(show, _abac)),
    _put("abac", "BucketAbac", "PutBucketAbac", partial(change, _with_abac, status=200)),
    _get(
        "ownershipControls",
        "BucketOwnershipControls",
        "GetBucketOwnershipControls",
        partial(show, _ownership),
    ),
    _put(
        "ownershipControls",
        "BucketOwnershipControls",
        "PutBucketOwnershipControls",
        partial(accept, bucket_records.check_ownership),
    ),
    _delete(
        "ownershipControls",
        "BucketOwnershipControls",
        "PutBucketOwnershipControls",
        _keep_ownership,
    ),
    _get(
        "requestPayment", "BucketRequestPayment", "GetBucketRequestPayment", partial(show, _payment)
    ),
    _put(
        "requestPayment",
        "BucketRequestPayment",
        "PutBucketRequestPayment",
        partial(accept, bucket_records.check_payment),
    ),
)
