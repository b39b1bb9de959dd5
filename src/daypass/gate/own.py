"""What the gate does by itself: bucket records, documents that it checks, and the operations answered from its own knowledge."""

import dataclasses
from collections.abc import Callable

from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.gate import limits
from daypass.gate.authority import Deed
from daypass.gate.buckets import bucket_policies, bucket_records
from daypass.gate.decision import existing_tags, permissions
from daypass.gate.decision.decide import Judge
from daypass.gate.decision.object_facts import Facts, ObjectName
from daypass.gate.decision.permissions import Need
from daypass.gate.exchange import Asked
from daypass.gate.gate import Gate
from daypass.gate.protocol import answers, documents, success
from daypass.gate.protocol.documents import Element, Entry
from daypass.gate.protocol.errors import S3Error, denied, unimplemented
from daypass.gate.request import headers, schema
from daypass.gate.request.resolved import Resolved
from daypass.gate.request.target import is_reserved
from daypass.gate.store.upstream import Outgoing, hash_of
from daypass.services.kit.caller import Caller
from daypass.state.changes import Changes, Put, Remove
from daypass.state.snapshot.directory import Directory
from daypass.wire.errors import xml_text


def new_bucket(resolved: Resolved, caller: Caller, gate: Gate, *, now: int) -> Bucket:
    """Return the record of a bucket that is to be; raises `S3Error` InvalidBucketName for a name that AWS keeps."""
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
        owner=caller.account,
        region=gate.rules.region,
        created=now,
        pending=True,
    )


def check_expected_owner(resolved: Resolved, bucket: Bucket, header: str) -> None:
    """Raise `S3Error` AccessDenied where the client expects somebody else to own the bucket."""
    if resolved.headers.get(header, bucket.owner) != bucket.owner:
        raise denied()


_ELEMENTS = {
    "DeleteObjects": limits.DELETE_ELEMENTS_MAX,
    "CompleteMultipartUpload": limits.COMPLETE_ELEMENTS_MAX,
}


async def checked_document(resolved: Resolved, content: bytes) -> Element | None:
    """Return a request's document, nothing where there may be none.

    Raises `S3Error` for one that the operation cannot take or that has two readings, and for what the gate never passes on.
    """
    name = resolved.row.name
    if not content:
        if name in {"CreateBucket", "PutObjectAcl", "PutBucketAcl"}:
            return None
        raise S3Error("MissingRequestBodyError", "Request Body is empty")
    if name == "DeleteObjects":
        checks = {
            "content-md5",
            *(header for header in resolved.headers if header.startswith("x-amz-checksum-")),
        }
        if not checks & set(resolved.headers):
            raise S3Error(
                "InvalidRequest",
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
            )
    elements = _ELEMENTS.get(name, limits.XML_ELEMENTS_MAX)
    root = await documents.read_in_turns(content, elements=elements)
    if name == "PutBucketVersioning" and root.one("MfaDelete") is not None:
        raise unimplemented("MfaDelete")
    if name == "RestoreObject" and any(
        child.name in {"SelectParameters", "OutputLocation"} for child in root.children
    ):
        raise unimplemented("RestoreObject with a select")
    if not schema.rewrites(resolved.row):
        return root
    return await schema.understood_in_turns(name, root)


async def copies_no_tags(
    gate: Gate, judge: Judge, resolved: Resolved, facts: Facts, wanted: tuple[Need, ...]
) -> bool:
    """Say whether a copy has to leave tags behind: the caller may not carry them along, and there are none.

    Raises `S3Error` AccessDenied where there are some. Forwarded with `REPLACE`, nothing can slip in between.
    """
    refused = next((found for need in wanted if (found := judge.refused(need)) is not None), None)
    source = resolved.source
    if refused is None or source is None:
        return False
    name = ObjectName(source.bucket, source.key, source.version_id)
    tags = facts.tags.get(name) or await existing_tags.read(gate.store, name)
    if tags.pairs:
        raise refused
    return True


async def create_bucket(asked: Asked, facts: Facts, outgoing: Outgoing) -> None:
    """Reserve the name, have the store make the bucket, confirm; release the name if the store does not."""
    gate, bucket = asked.gate, facts.bucket
    assert bucket is not None  # noqa: S101 - the caller made it
    await _committed(
        asked, bucket, "reserved", lambda directory: _reserved(asked, facts, bucket, directory)
    )
    try:
        await _done(gate, outgoing, "CreateBucket")
    except BaseException:
        await _committed(asked, bucket, "released", lambda _: Changes([Remove(bucket)]))
        raise
    confirmed = replace(bucket, pending=False)
    await _committed(asked, bucket, "confirmed", lambda _: Changes([Put(confirmed)]))


def _reserved(asked: Asked, facts: Facts, bucket: Bucket, directory: Directory) -> Changes:
    """Return the changes that reserve a name, allowed by the policies as they are now."""
    now = asked.as_of(directory)
    _require(now, facts)
    bucket = bucket_records.tagged(
        bucket, tuple((tag.key, tag.value) for tag in bucket.tags), directory
    )
    return bucket_records.reserve(directory, bucket, bucket.owner)


async def delete_bucket(asked: Asked, bucket: Bucket, outgoing: Outgoing) -> None:
    """Have the store delete the bucket, then forget whose it was."""
    try:
        await _done(asked.gate, outgoing, "DeleteBucket")
    except S3Error as refused:
        if refused.code != "NoSuchBucket":
            raise
    await _committed(asked, bucket, "forgotten", lambda directory: _forgotten(directory, bucket))


async def _done(gate: Gate, outgoing: Outgoing, operation: str) -> None:
    """Have the store do something; raises its refusal, or `S3Error` InternalError for an answer that is no success."""
    answer = await gate.store.send(outgoing)
    try:
        refused = await answers.refusal(answer, operation)
        if refused is not None:
            raise refused
        await success.document(answer, operation)
    finally:
        answer.release()


def _forgotten(directory: Directory, bucket: Bucket) -> Changes:
    """Return the changes that forget a bucket, but not one of the same name that somebody has made since."""
    found = directory.of(Bucket).get(bucket.name)
    if found is None or (found.owner, found.created) != (bucket.owner, bucket.created):
        return Changes()
    return Changes([Remove(bucket)])


async def _committed(
    asked: Asked, bucket: Bucket, what: str, change: Callable[[Directory], Changes]
) -> None:
    """Have a change of a bucket's record committed, with what the audit log is told of it."""
    caller = asked.caller
    deed = Deed(
        change=what,
        bucket=bucket.name,
        request=asked.request,
        operation=asked.resolved.row.name,
        account=caller.account,
        principal=caller.principal.arn,
        key=asked.claimed.credential_id if asked.claimed else "",
        source=asked.peer.address,
    )
    await asked.gate.authority.settle(change, deed)


async def answer(asked: Asked, facts: Facts) -> tuple[int, bytes]:
    """Return status and document of an operation that is answered from the gate's own records."""
    gate, directory, resolved, caller = asked.gate, asked.directory, asked.resolved, asked.caller
    name, bucket = resolved.row.name, facts.bucket
    if name == "ListBuckets":
        account = directory.account(caller.account).record
        mine = [
            each
            for each in directory.of(Bucket)
            if each.owner == caller.account and not each.pending
        ]
        return 200, bucket_records.listed(mine, account, resolved.arguments)
    assert bucket is not None  # noqa: S101 - a bucket that is not known was refused
    shown = {
        "GetBucketLocation": lambda: bucket_records.location(bucket),
        "GetBucketAcl": lambda: bucket_records.acl(directory.account(bucket.owner).record),
        "GetObjectAcl": lambda: bucket_records.acl(directory.account(bucket.owner).record),
        "GetBucketTagging": lambda: bucket_records.tags(bucket),
        "GetBucketAbac": lambda: bucket_records.abac(bucket),
        "GetBucketOwnershipControls": lambda: bucket_records.OWNERSHIP,
        "GetBucketRequestPayment": lambda: bucket_records.PAYMENT,
        "GetBucketPolicy": lambda: bucket_policies.shown(bucket, directory),
        "GetBucketPolicyStatus": lambda: bucket_records.document(
            "PolicyStatus", bucket_policies.status(bucket)
        ),
        "GetPublicAccessBlock": lambda: bucket_records.document(
            "PublicAccessBlockConfiguration", bucket_policies.block(bucket)
        ),
    }
    if name in shown:
        if name == "GetObjectAcl":
            await _exists(gate, resolved)
        return 200, shown[name]()
    return await _changed(asked, facts, bucket)


async def _changed(asked: Asked, facts: Facts, bucket: Bucket) -> tuple[int, bytes]:
    name, body = asked.resolved.row.name, facts.body
    if name == "PutBucketOwnershipControls":
        bucket_records.check_ownership(body)
        return 200, b""
    if name == "DeleteBucketOwnershipControls":
        return 204, b""
    if name == "PutBucketRequestPayment":
        bucket_records.check_payment(body)
        return 200, b""
    if name in {"PutObjectAcl", "PutBucketAcl"}:
        return 200, b""
    how: Callable[[Bucket, Asked], Bucket] = {
        "PutBucketTagging": lambda found, now: bucket_records.tagged(
            found, documents.tagging(body), now.directory
        ),
        "DeleteBucketTagging": lambda found, _: replace(found, tags=()),
        "PutBucketAbac": lambda found, _: bucket_records.with_abac(found, body),
        "PutBucketPolicy": lambda found, now: _with_policy(now, facts, found),
        "DeleteBucketPolicy": lambda found, _: replace(found, policy=""),
        "PutPublicAccessBlock": lambda found, _: bucket_policies.with_block(found, body),
        "DeletePublicAccessBlock": lambda found, _: replace(found, public_access=None),
    }[name]
    await _committed(
        asked, bucket, "changed", lambda now: _change(asked, facts, bucket.name, how, now)
    )
    return (204 if name in _WITHOUT_CONTENT else 200), b""


_WITHOUT_CONTENT = frozenset(
    {
        "DeleteBucketTagging",
        "PutBucketTagging",
        "PutBucketPolicy",
        "DeleteBucketPolicy",
        "DeletePublicAccessBlock",
    }
)


def _change(
    asked: Asked,
    facts: Facts,
    name: str,
    how: Callable[[Bucket, Asked], Bucket],
    directory: Directory,
) -> Changes:
    """Return the change of a bucket as it is now, allowed by the policies as they are now."""
    bucket = bucket_records.known(directory, name)
    now = asked.as_of(directory)
    _require(now, dataclasses.replace(facts, bucket=bucket))
    return Changes([Put(how(bucket, now))])


def _require(asked: Asked, facts: Facts) -> None:
    asked.judge().require(permissions.needs(asked.resolved, facts))


def _with_policy(asked: Asked, facts: Facts, bucket: Bucket) -> Bucket:
    """Return the bucket with its new policy; raises `S3Error` AccessDenied for one that locks its author out."""
    before = asked.directory
    after = replace(bucket, policy=bucket_policies.checked(facts.body, bucket, before))
    if "x-amz-confirm-remove-self-bucket-access" in asked.resolved.headers:
        return after
    _require(
        dataclasses.replace(asked, directory=before.changed([Put(after)], before.revision)), facts
    )
    return after


async def _exists(gate: Gate, resolved: Resolved) -> None:
    """Raise what the store says of an object that is not there."""
    version = "&".join(
        piece for piece in resolved.query.split("&") if piece.startswith("versionId=")
    )
    found = await gate.store.send(Outgoing("HEAD", resolved.target.path, version))
    refused = await answers.refusal(found, "HeadObject")
    found.release()
    if refused is not None:
        raise refused
    success.check_head(found.status, found.headers, "HeadObject")


async def delete_objects(
    gate: Gate, resolved: Resolved, entries: tuple[Entry, ...], take: Callable[[int], None]
) -> Element:
    """Have the store delete the allowed entries, by a new document, and return its result; `take` takes room for that.

    Where none is allowed the store is not asked.
    """
    if not entries:
        return Element("DeleteResult")
    content = documents.write_deletion(entries)
    going = headers.of_document({}, content)
    if "x-amz-bypass-governance-retention" in resolved.headers:
        going["x-amz-bypass-governance-retention"] = resolved.headers[
            "x-amz-bypass-governance-retention"
        ]
    outgoing = Outgoing(
        "POST", resolved.target.path, "delete=", going, content, len(content), hash_of(content)
    )
    answer = await gate.store.send(outgoing)
    try:
        refused = await answers.refusal(answer, "DeleteObjects")
        if refused is not None:
            raise refused
        success.check_head(answer.status, answer.headers, "DeleteObjects")
        return await _read_result(
            await answers.whole(answer, limits.DELETE_BODY_BYTES_MAX, take=take)
        )
    finally:
        answer.release()


async def _read_result(content: bytes) -> Element:
    """Read what the store says of a deletion; one that cannot be read is not the client's mistake."""
    try:
        result = await documents.read_in_turns(content, elements=limits.DELETE_ELEMENTS_MAX)
        for child in result.children:
            child.one("Key")
    except S3Error:
        raise answers.misunderstood("the store's DeleteResult cannot be read") from None
    success.check(result, content, "DeleteObjects")
    return result


def deletion_result(
    result: Element, allowed: tuple[Entry, ...], refused: tuple[Entry, ...], *, quiet: bool
) -> bytes:
    """Return the answer: what the store says of the entries that it was asked for, and a refusal for each other.

    The store was asked to tell of each: one of which it says neither that it is deleted nor why not may still be there.
    """
    asked = {entry.key for entry in allowed}
    told = [
        (child.one("Key"), child)
        for child in result.children
        if child.name in {"Deleted", "Error"} and child.one("Key") in asked
    ]
    parts = [
        documents.written(child) for _, child in told if not (quiet and child.name == "Deleted")
    ]
    known = {key for key, _ in told}
    parts += [
        _error(entry, "InternalError", answers.INTERNAL)
        for entry in allowed
        if entry.key not in known
    ]
    parts += [_error(entry, "AccessDenied", "Access Denied") for entry in refused]
    return bucket_records.document("DeleteResult", "".join(parts))


def _error(entry: Entry, code: str, message: str) -> str:
    """Return what a DeleteResult says of an entry that was not deleted."""
    version = f"<VersionId>{xml_text(entry.version_id)}</VersionId>" if entry.version_id else ""
    return (
        f"<Error><Key>{xml_text(entry.key)}</Key>{version}"
        f"<Code>{code}</Code><Message>{message}</Message></Error>"
    )
