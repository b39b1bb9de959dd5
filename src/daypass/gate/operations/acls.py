"""ACLs: the one there is says that the bucket's owner owns everything in it, and cannot be changed.

Source: S3 user guide, "Controlling ownership of objects".
"""

from functools import partial

from daypass.core.domain.bucket import Bucket
from daypass.gate.buckets import bucket_records
from daypass.gate.decision import condition_keys
from daypass.gate.decision.condition_keys import ACL
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.request_facts import Facts, Keys
from daypass.gate.operations.bucket_answers import accept, show
from daypass.gate.operations.objects import HEAD_OBJECT, VERSION
from daypass.gate.operations.operation import Operation
from daypass.gate.protocol import store_answers, success_answers
from daypass.gate.protocol.reply import Reply
from daypass.gate.request.operation_row import Handling, Level
from daypass.gate.request.resolved_request import Resolved
from daypass.gate.request_context import Asked
from daypass.gate.store.upstream import Outgoing
from daypass.state.snapshot.directory import Directory


def _acl(bucket: Bucket, directory: Directory) -> bytes:
    return bucket_records.acl(directory.account(bucket.owner).record)


def _any_acl(_body: bytes) -> None:
    """Take every document: no ACL is kept, and the canned one was checked before."""


async def _show_of_object(asked: Asked, authorizer: Authorizer, facts: Facts, reply: Reply) -> None:
    """Answer with the one ACL; raises what the store says of an object that is not there."""
    resolved, expected = asked.resolved, HEAD_OBJECT.result
    version = "&".join(
        piece for piece in resolved.query.split("&") if piece.startswith("versionId=")
    )
    found = await asked.gate.store.send(Outgoing("HEAD", resolved.target.path, version))
    refused = await store_answers.refusal(found, expected)
    found.release()
    if refused is not None:
        raise refused
    success_answers.check_head(found.status, found.headers, expected)
    await show(_acl, asked, authorizer, facts, reply)


def _bucket_keys(request: Resolved, _facts: Facts) -> Keys:
    return condition_keys.of_headers(request.headers, *ACL)


def _object_keys(request: Resolved, _facts: Facts) -> Keys:
    return condition_keys.of_headers(request.headers, *ACL, "x-amz-storage-class")


OPERATIONS = (
    Operation(
        "GetBucketAcl",
        Level.BUCKET,
        "GET",
        "acl",
        "GetBucketAcl",
        handling=Handling.ANSWERED_HERE,
        answer=partial(show, _acl),
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
        answer=partial(accept, _any_acl),
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
        answer=_show_of_object,
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
        answer=partial(accept, _any_acl),
    ),
)
