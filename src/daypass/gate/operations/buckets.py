"""Buckets themselves: listed, made, found, deleted.

The gate's record says whose a bucket is. The record is there before the store makes the bucket, and
goes after the store has deleted it.
"""

from collections.abc import Iterator
from dataclasses import replace as with_fields
from functools import partial

from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import condition_keys
from daypass.gate.decision.condition_keys import ACL
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.permissions import Permission, on_target
from daypass.gate.decision.request_facts import Facts, Keys
from daypass.gate.operations.bucket_answers import bucket_of, committed, require, show
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import store_answers, success_answers
from daypass.gate.protocol.documents import Element
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.reply import NO_CONTENT, Headers, Reply
from daypass.gate.request.operation_row import DecidedBy, Handling, Level
from daypass.gate.request.request_target import is_reserved
from daypass.gate.request.resolved_request import Resolved
from daypass.gate.request_context import Asked
from daypass.gate.store.upstream import Outgoing
from daypass.gate.store_requests import with_content
from daypass.state.changes import Changes, Put, Remove
from daypass.state.snapshot.directory import Directory

# ListBuckets and GetBucketLocation.


async def _list_buckets(asked: Asked, _authorizer: Authorizer, _facts: Facts, reply: Reply) -> None:
    directory, caller = asked.directory, asked.caller
    account = directory.account(caller.account).record
    mine = [
        each for each in directory.of(Bucket) if each.owner == caller.account and not each.pending
    ]
    await reply.document(200, bucket_records.listed(mine, account, asked.resolved.arguments))


def _location(bucket: Bucket, _directory: Directory) -> bytes:
    return bucket_records.location(bucket)


# CreateBucket.


def _new_bucket(asked: Asked) -> Bucket:
    """Return the record of a bucket that is to be.

    Raises `S3Error` InvalidBucketName for a name that AWS keeps, InvalidArgument for an ownership
    that the gate does not have.
    """
    resolved, gate = asked.resolved, asked.gate
    name = resolved.target.bucket
    if is_reserved(name):
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
        owner=asked.caller.account,
        region=gate.rules.region,
        created=int(gate.clock()),
        pending=True,
    )


def _with_configuration(asked: Asked, facts: Facts) -> Facts:
    """Return what is known with the region and the tags that the document asks for."""
    configuration = facts.document or Element("CreateBucketConfiguration")
    location = bucket_records.new_location(configuration, asked.gate.rules.region)
    tags = bucket_records.new_tags(configuration)
    bucket = bucket_records.tagged(bucket_of(facts), tags, asked.directory)
    return with_fields(facts, bucket=bucket, extra={"location": location})


def _new_bucket_keys(request: Resolved, facts: Facts) -> Keys:
    keys = condition_keys.of_headers(request.headers, *ACL, "x-amz-object-ownership")
    if facts.extra.get("location"):
        keys["s3:locationconstraint"] = facts.extra["location"]
    tags = bucket_of(facts).tags
    return keys | condition_keys.of_new_tags(tuple((tag.key, tag.value) for tag in tags))


def _of_new_bucket(request: Resolved, facts: Facts, given: Keys) -> Iterator[Permission]:
    headers, actions = request.headers, []
    if any(header in headers for header in ACL):
        actions.append("PutBucketAcl")
    if "x-amz-bucket-object-lock-enabled" in headers:
        actions += ["PutBucketObjectLockConfiguration", "PutBucketVersioning"]
    if "x-amz-object-ownership" in headers:
        actions.append("PutBucketOwnershipControls")
    if bucket_of(facts).tags:
        actions.append("TagResource")
    for action in actions:
        yield on_target(action, request, facts, given)


async def _create_bucket(asked: Asked, _authorizer: Authorizer, facts: Facts, reply: Reply) -> None:
    """Reserve the name, have the store make the bucket, confirm; else release the name."""
    bucket = bucket_of(facts)
    content = bucket_records.location_for(asked.gate.store.region)
    outgoing = with_content(asked, facts, content)
    await committed(
        asked, bucket, "reserved", lambda directory: _reserved(asked, facts, bucket, directory)
    )
    try:
        await _done(asked, outgoing)
    except BaseException:
        await committed(asked, bucket, "released", lambda _: Changes([Remove(bucket)]))
        raise
    confirmed = replace(bucket, pending=False)
    await committed(asked, bucket, "confirmed", lambda _: Changes([Put(confirmed)]))
    await reply.whole(200, [(b"location", f"/{bucket.name}".encode())], b"")


def _reserved(asked: Asked, facts: Facts, bucket: Bucket, directory: Directory) -> Changes:
    """Return the changes that reserve a name, allowed by the policies as they are now."""
    require(asked.as_of(directory), facts)
    bucket = bucket_records.tagged(
        bucket, tuple((tag.key, tag.value) for tag in bucket.tags), directory
    )
    return bucket_records.reserve(directory, bucket, bucket.owner)


# DeleteBucket.


async def _delete_bucket(asked: Asked, _authorizer: Authorizer, facts: Facts, reply: Reply) -> None:
    """Have the store delete the bucket, then forget whose it was."""
    bucket = bucket_of(facts)
    try:
        await _done(asked, with_content(asked, facts, b""))
    except S3Error as refused:
        if refused.code != "NoSuchBucket":
            raise
    await committed(asked, bucket, "forgotten", lambda directory: _forgotten(directory, bucket))
    await reply.whole(NO_CONTENT, [], b"")


def _forgotten(directory: Directory, bucket: Bucket) -> Changes:
    """Return the changes that forget a bucket, empty if a newer one has its name."""
    found = directory.of(Bucket).get(bucket.name)
    if found is None or (found.owner, found.created) != (bucket.owner, bucket.created):
        return Changes()
    return Changes([Remove(bucket)])


async def _done(asked: Asked, outgoing: Outgoing) -> None:
    """Have the store do something.

    Raises its refusal, or `S3Error` InternalError for an answer that is no success.
    """
    expected = asked.resolved.row.result
    answer = await asked.gate.store.send(outgoing)
    try:
        refused = await store_answers.refusal(answer, expected)
        if refused is not None:
            raise refused
        await success_answers.document(answer, expected)
    finally:
        answer.release()


# HeadBucket.


def _in_our_region(asked: Asked, headers: Headers) -> Headers:
    """Return the headers with the gate's own region: clients sign by it."""
    kept = [pair for pair in headers if pair[0] != b"x-amz-bucket-region"]
    return [*kept, (b"x-amz-bucket-region", asked.gate.rules.region.encode())]


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
        permissions=_of_new_bucket,
        condition_keys=_new_bucket_keys,
        new_bucket=_new_bucket,
        complete_facts=_with_configuration,
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
        answered_headers=_in_our_region,
    ),
    Operation(
        "GetBucketLocation",
        Level.BUCKET,
        "GET",
        "location",
        "GetBucketLocation",
        handling=Handling.ANSWERED_HERE,
        answer=partial(show, _location),
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
