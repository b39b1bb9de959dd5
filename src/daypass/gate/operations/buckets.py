"""Operations on buckets themselves: list, create, head, delete.

The gate's record says who owns a bucket. The record is committed before the store creates the
bucket, and removed after the store has deleted it.
"""

from collections.abc import Iterator
from functools import partial

from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import condition_keys
from daypass.gate.decision.condition_keys import ACL_HEADERS
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.permissions import Permission, target_permission
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.operations.bucket_answers import (
    answer_document,
    bucket_record,
    commit_change,
    require_permissions,
)
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import store_answers, success_answers
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.reply import NO_CONTENT, Headers, S3Reply
from daypass.gate.request.operation_row import DecidedBy, Handling, Level
from daypass.gate.request.request_target import is_reserved_name
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext
from daypass.gate.store.store_request import StoreRequest
from daypass.gate.store_requests import content_request
from daypass.state.changes import Changes, Put, Remove
from daypass.state.snapshot.directory import Directory

# ListBuckets and GetBucketLocation.


async def _list_buckets(
    ctx: RequestContext, _authorizer: Authorizer, _facts: RequestFacts, reply: S3Reply
) -> None:
    directory, caller = ctx.directory, ctx.caller
    account = directory.account(caller.account).record
    owned = [
        each for each in directory.of(Bucket) if each.owner == caller.account and not each.pending
    ]
    await reply.send_document(
        200, bucket_records.bucket_list(owned, account, ctx.resolved.arguments)
    )


def _location_document(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.location_document(bucket)


# CreateBucket.


def _new_bucket_record(ctx: RequestContext) -> Bucket:
    """Return the pending record of the bucket that a CreateBucket creates.

    Raises `S3Error` InvalidBucketName for a name that AWS reserves, InvalidArgument for an
    ownership that the gate does not support.
    """
    resolved, gate = ctx.resolved, ctx.gate
    name = resolved.target.bucket
    if is_reserved_name(name):
        raise S3Error(
            "InvalidBucketName", "The specified bucket is not valid.", details={"BucketName": name}
        )
    ownership = resolved.headers.get("x-amz-object-ownership", "BucketOwnerEnforced")
    if ownership != "BucketOwnerEnforced":
        raise S3Error(
            "InvalidArgument",
            "Only BucketOwnerEnforced is supported.",
            details={"ArgumentName": "x-amz-object-ownership"},
        )
    return Bucket(
        account=GLOBAL,
        name=name,
        owner=ctx.caller.account,
        region=gate.rules.region,
        created=int(gate.wall_time()),
        pending=True,
    )


def _with_requested_configuration(ctx: RequestContext, facts: RequestFacts) -> RequestFacts:
    """Return the facts with the region and the tags that the document asks for."""
    configuration = facts.document or XMLElement("CreateBucketConfiguration")
    location = bucket_records.requested_location(configuration, ctx.gate.rules.region)
    tags = bucket_records.requested_tags(configuration)
    bucket = bucket_records.with_tags(bucket_record(facts), tags, ctx.directory)
    return replace(facts, bucket=bucket, document_values={"location": location})


def _new_bucket_keys(request: ResolvedRequest, facts: RequestFacts) -> ConditionKeys:
    keys = condition_keys.header_keys(request.headers, *ACL_HEADERS, "x-amz-object-ownership")
    if facts.document_values.get("location"):
        keys["s3:locationconstraint"] = facts.document_values["location"]
    tags = bucket_record(facts).tags
    return keys | condition_keys.new_bucket_tag_keys(tuple((tag.key, tag.value) for tag in tags))


def _new_bucket_permissions(
    request: ResolvedRequest, facts: RequestFacts, keys: ConditionKeys
) -> Iterator[Permission]:
    headers, actions = request.headers, []
    if any(header in headers for header in ACL_HEADERS):
        actions.append("PutBucketAcl")
    if "x-amz-bucket-object-lock-enabled" in headers:
        actions += ["PutBucketObjectLockConfiguration", "PutBucketVersioning"]
    if "x-amz-object-ownership" in headers:
        actions.append("PutBucketOwnershipControls")
    if bucket_record(facts).tags:
        actions.append("TagResource")
    for action in actions:
        yield target_permission(action, request, facts, keys)


async def _create_bucket(
    ctx: RequestContext, _authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> None:
    """Reserve the name, create the bucket at the store, confirm; release the name if that fails.

    In us-east-1 the account's own bucket of the name stays as it is, and the answer is the same.
    Source: S3 API reference, CreateBucket, "BucketAlreadyOwnedByYou".
    """
    bucket = bucket_record(facts)
    location = [(b"location", f"/{bucket.name}".encode())]
    if bucket_records.is_created_again(ctx.directory, bucket):
        await reply.send_complete(200, location, b"")
        return
    content = bucket_records.store_location_document(ctx.gate.store.region)
    outgoing = content_request(ctx, facts, content)
    await commit_change(
        ctx,
        bucket,
        "reserved",
        lambda directory: _reservation_changes(ctx, facts, bucket, directory),
    )
    try:
        await _carry_out_at_store(ctx, outgoing)
    except BaseException:
        await commit_change(ctx, bucket, "released", lambda _: Changes([Remove(bucket)]))
        raise
    confirmed = replace(bucket, pending=False)
    await commit_change(ctx, bucket, "confirmed", lambda _: Changes([Put(confirmed)]))
    await reply.send_complete(200, location, b"")


def _reservation_changes(
    ctx: RequestContext, facts: RequestFacts, bucket: Bucket, directory: Directory
) -> Changes:
    """Return the changes that reserve a name, authorized by the current policies."""
    require_permissions(ctx.as_of(directory), facts)
    bucket = bucket_records.with_tags(
        bucket, tuple((tag.key, tag.value) for tag in bucket.tags), directory
    )
    return bucket_records.reserve_name(directory, bucket, bucket.owner)


# DeleteBucket.


async def _delete_bucket(
    ctx: RequestContext, _authorizer: Authorizer, facts: RequestFacts, reply: S3Reply
) -> None:
    """Delete the bucket at the store, then remove its record."""
    bucket = bucket_record(facts)
    try:
        await _carry_out_at_store(ctx, content_request(ctx, facts, b""))
    except S3Error as refused:
        if refused.code != "NoSuchBucket":
            raise
    await commit_change(
        ctx, bucket, "forgotten", lambda directory: _removal_changes(directory, bucket)
    )
    await reply.send_complete(NO_CONTENT, [], b"")


def _removal_changes(directory: Directory, bucket: Bucket) -> Changes:
    """Return the changes that remove a bucket's record; empty if a newer bucket has the name."""
    current = directory.of(Bucket).get(bucket.name)
    if current is None or (current.owner, current.created) != (bucket.owner, bucket.created):
        return Changes()
    return Changes([Remove(bucket)])


async def _carry_out_at_store(ctx: RequestContext, outgoing: StoreRequest) -> None:
    """Send a request to the store and check its answer.

    Raises the store's refusal, or `S3Error` InternalError for an answer that is not a success.
    """
    expected = ctx.resolved.row.result
    answer = await ctx.gate.store.send(outgoing)
    try:
        refused = await store_answers.store_refusal(answer, expected)
        if refused is not None:
            raise refused
        await success_answers.read_document(answer, expected)
    finally:
        answer.release()


# HeadBucket.


def _with_gate_region(ctx: RequestContext, headers: Headers) -> Headers:
    """Return the headers with the gate's own region, which clients sign for."""
    others = [pair for pair in headers if pair[0] != b"x-amz-bucket-region"]
    return [*others, (b"x-amz-bucket-region", ctx.gate.rules.region.encode())]


OPERATIONS = (
    Operation(
        "ListBuckets",
        Level.SERVICE,
        "GET",
        "",
        "ListAllMyBuckets",
        handling=Handling.ANSWERED_HERE,
        arguments=frozenset({"prefix", "max-buckets", "continuation-token", "bucket-region"}),
        answer=_list_buckets,
    ),
    Operation(
        "CreateBucket",
        Level.BUCKET,
        "PUT",
        "",
        "CreateBucket",
        decided_by=DecidedBy.DOCUMENT,
        body="xml",
        is_document_optional=True,
        canned_acls=frozenset({"bucket-owner-full-control", "private"}),
        permissions=_new_bucket_permissions,
        condition_keys=_new_bucket_keys,
        new_bucket_record=_new_bucket_record,
        complete_facts=_with_requested_configuration,
        answer=_create_bucket,
    ),
    Operation("DeleteBucket", Level.BUCKET, "DELETE", "", "DeleteBucket", answer=_delete_bucket),
    Operation(
        "HeadBucket",
        Level.BUCKET,
        "HEAD",
        "",
        "ListBucket",
        may_be_anonymous=True,
        response_headers=_with_gate_region,
    ),
    Operation(
        "GetBucketLocation",
        Level.BUCKET,
        "GET",
        "location",
        "GetBucketLocation",
        handling=Handling.ANSWERED_HERE,
        answer=partial(answer_document, _location_document),
    ),
    Operation(
        "CreateSession",
        Level.BUCKET,
        "GET",
        "session",
        "CreateSession",
        handling=Handling.REFUSED,
    ),
)
