"""Buckets as the gate keeps them: who owns which, and what is answered from that alone.

Every bucket behaves as "bucket owner enforced": its account owns every object, and ACLs are
refused. Source: S3 user guide, "Controlling ownership of objects".
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from daypass.core.domain.account import Account
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.record import Tag
from daypass.core.organizations.policies import tag_policies
from daypass.core.timestamps import iso8601
from daypass.gate import limits
from daypass.gate.protocol import documents
from daypass.gate.protocol.documents import Element
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved import Resolved
from daypass.state.changes import Changes, Put
from daypass.state.snapshot.directory import Directory
from daypass.wire.errors import xml_text

NO_ACLS = "The bucket does not allow ACLs"


def find(directory: Directory, name: str) -> Bucket:
    """Return a bucket that somebody owns.

    Raises `S3Error` NoSuchBucket for any other, whatever the store has, and AllAccessDisabled where
    the account that owns it was closed: then nobody reaches it, whomever its policy lets in.
    """
    bucket = directory.of(Bucket).get(name)
    if bucket is None or bucket.pending:
        raise S3Error(
            "NoSuchBucket", "The specified bucket does not exist", details={"BucketName": name}
        )
    if not directory.account(bucket.owner).is_open:
        raise S3Error(
            "AllAccessDisabled",
            "All access to this object has been disabled",
            details={"BucketName": name},
        )
    return bucket


def reserve(directory: Directory, bucket: Bucket, account: str) -> Changes:
    """Return the changes that reserve a name while the store makes the bucket; raises `S3Error` where it is taken."""
    taken = directory.of(Bucket).get(bucket.name)
    if taken is not None and taken.owner == account:
        raise S3Error(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            details={"BucketName": bucket.name},
        )
    if taken is not None:
        raise S3Error(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of"
            " the system. Please select a different name and try again.",
            details={"BucketName": bucket.name},
        )
    return Changes([Put(bucket)])


def document(name: str, inside: str) -> bytes:
    """Return an answer's XML."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{documents.outermost(name, inside)}'.encode()


def owner(account: Account | None) -> str:
    """Return the Owner element of a bucket's account."""
    canonical = account.canonical_user if account else ""
    return f"<Owner><ID>{canonical}</ID></Owner>"


def listed(
    buckets: Iterable[Bucket], account: Account | None, arguments: Mapping[str, str]
) -> bytes:
    """Return the buckets of an account as ListBuckets shows them, a page at a time."""
    size = min(int(arguments.get("max-buckets", limits.BUCKETS_MAX)), limits.BUCKETS_MAX) or 1
    after, prefix = arguments.get("continuation-token", ""), arguments.get("prefix", "")
    region = arguments.get("bucket-region", "")
    found = [
        bucket
        for bucket in buckets
        if bucket.name > after
        and bucket.name.startswith(prefix)
        and (not region or bucket.region == region)
    ]
    shown = "".join(
        f"<Bucket><Name>{bucket.name}</Name><CreationDate>{iso8601(bucket.created)}</CreationDate>"
        f"<BucketRegion>{bucket.region}</BucketRegion></Bucket>"
        for bucket in found[:size]
    )
    more = (
        f"<ContinuationToken>{found[size - 1].name}</ContinuationToken>"
        if len(found) > size
        else ""
    )
    return document("ListAllMyBucketsResult", f"{owner(account)}<Buckets>{shown}</Buckets>{more}")


def location(bucket: Bucket) -> bytes:
    """Return a bucket's region; for `us-east-1` the element is empty."""
    return document("LocationConstraint", "" if bucket.region == "us-east-1" else bucket.region)


def acl(account: Account | None) -> bytes:
    """Return the one grant that there is: the owner's."""
    canonical = account.canonical_user if account else ""
    grantee = (
        '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">'
        f"<ID>{canonical}</ID></Grantee>"
    )
    grant = f"<Grant>{grantee}<Permission>FULL_CONTROL</Permission></Grant>"
    return document(
        "AccessControlPolicy", f"{owner(account)}<AccessControlList>{grant}</AccessControlList>"
    )


def check_acl(request: Resolved) -> None:
    """Raise `S3Error` for an ACL that says anything but that the bucket's owner owns it."""
    row, canned = request.row, request.headers.get("x-amz-acl")
    grants = any(name.startswith("x-amz-grant-") for name in request.headers)
    if grants or (canned is not None and canned not in row.canned_acls):
        raise S3Error("AccessControlListNotSupported", NO_ACLS)
    if row.needs_canned_acl and canned is None:
        raise S3Error("AccessControlListNotSupported", NO_ACLS)


def tags(bucket: Bucket) -> bytes:
    """Return a bucket's tags; raises `S3Error` NoSuchTagSet where it has none."""
    if not bucket.tags:
        raise S3Error(
            "NoSuchTagSet", "The TagSet does not exist", details={"BucketName": bucket.name}
        )
    shown = "".join(
        f"<Tag><Key>{xml_text(tag.key)}</Key><Value>{xml_text(tag.value)}</Value></Tag>"
        for tag in bucket.tags
    )
    return document("Tagging", f"<TagSet>{shown}</TagSet>")


def tagged(bucket: Bucket, pairs: tuple[tuple[str, str], ...], directory: Directory) -> Bucket:
    """Return the bucket with tags.

    Raises `S3Error` InvalidTag for more than it may have, and for what its owner's organization has
    against them.
    """
    if len(pairs) > limits.BUCKET_TAGS_MAX:
        raise S3Error("InvalidTag", "Bucket tag count cannot be greater than 50")
    found = tuple(Tag(key, value) for key, value in pairs)
    policy = directory.tag_policy(bucket.owner)
    for problem in tag_policies.tag_violations(policy, "s3:bucket", found):
        raise S3Error("InvalidTag", problem)
    return replace(bucket, tags=found)


def with_abac(bucket: Bucket, body: bytes) -> Bucket:
    """Return the bucket with attribute-based control switched as the document says."""
    status = documents.read(body).one("Status")
    if status not in {"Enabled", "Disabled"}:
        raise documents.malformed()
    return replace(bucket, abac=status == "Enabled")


def abac(bucket: Bucket) -> bytes:
    """Return whether tags of the bucket count in policies."""
    return document("AbacStatus", f"<Status>{'Enabled' if bucket.abac else 'Disabled'}</Status>")


OWNERSHIP = document(
    "OwnershipControls", "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"
)
PAYMENT = document("RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>")


def check_ownership(body: bytes) -> None:
    """Raise `S3Error` InvalidArgument for any ownership but the owner's."""
    rules = [rule.one("ObjectOwnership") for rule in documents.read(body).all("Rule")]
    if rules != ["BucketOwnerEnforced"]:
        raise S3Error(
            "InvalidArgument",
            "Only BucketOwnerEnforced is supported.",
            details={"ArgumentName": "ObjectOwnership"},
        )


def check_payment(body: bytes) -> None:
    """Raise `S3Error` InvalidArgument for any payer but the owner."""
    if documents.read(body).one("Payer") != "BucketOwner":
        raise S3Error(
            "InvalidArgument", "Only BucketOwner is supported.", details={"ArgumentName": "Payer"}
        )


def new_location(root: Element, region: str) -> str:
    """Return the region that a CreateBucket document asks for, empty for none; raises `S3Error` for another than ours."""
    asked = root.one("LocationConstraint") or ""
    if any(child.name not in {"LocationConstraint", "Tags"} for child in root.children):
        raise S3Error("NotImplemented", "This bucket configuration is not implemented.")
    if asked not in {"", region}:
        raise S3Error(
            "IllegalLocationConstraintException",
            f"The {asked[:64]} location constraint is incompatible for the region specific "
            "endpoint this request was sent to.",
        )
    return asked


def new_tags(root: Element) -> tuple[tuple[str, str], ...]:
    """Return the tags that a CreateBucket document asks for; raises `S3Error` for two of one key."""
    sets = list(root.all("Tags"))
    if len(sets) > 1:
        raise documents.malformed()
    return documents.tags_in(sets[0]) if sets else ()


def location_for(region: str) -> bytes:
    """Return the document that asks the store for a bucket in its own region; empty where there is nothing to say."""
    if region == "us-east-1":
        return b""
    return document(
        "CreateBucketConfiguration", f"<LocationConstraint>{region}</LocationConstraint>"
    )
