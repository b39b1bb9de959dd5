"""The gate's records of buckets: who owns each, and the documents made from a record alone.

Every bucket behaves as "bucket owner enforced": its account owns every object, and ACLs are
refused. Source: S3 user guide, "Controlling ownership of objects".
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from daypass.core.domain.account import Account
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.record import Tag
from daypass.core.organizations.policies import tag_policies
from daypass.core.time.timestamps import iso8601
from daypass.gate import limits
from daypass.gate.protocol import documents, tag_sets
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.state.changes import Changes, Put
from daypass.state.snapshot.directory import Directory
from daypass.wire.errors import xml_text

NO_ACLS = "The bucket does not allow ACLs"


def find_bucket(directory: Directory, name: str) -> Bucket:
    """Return the record of a bucket, whichever account owns it.

    Raises `S3Error` NoSuchBucket if the gate has no record of it, even if the store has it, and
    AllAccessDisabled if the account that owns it is closed: then nobody reaches it, whomever its
    policy allows.
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


LENIENT_REGION = "us-east-1"
"""The region in which an account may create a bucket that it has."""


def is_created_again(directory: Directory, bucket: Bucket) -> bool:
    """Return whether a new bucket is one that its account has, in the region that allows it."""
    existing = directory.of(Bucket).get(bucket.name)
    return (
        existing is not None
        and not existing.pending
        and (existing.owner, existing.region, bucket.region)
        == (bucket.owner, LENIENT_REGION, LENIENT_REGION)
    )


def reserve_name(directory: Directory, bucket: Bucket, account: str) -> Changes:
    """Return the changes that reserve a bucket's name; raises `S3Error` if it is taken.

    The name stays reserved while the store creates the bucket.
    """
    existing = directory.of(Bucket).get(bucket.name)
    if existing is not None and existing.owner == account:
        raise S3Error(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            details={"BucketName": bucket.name},
        )
    if existing is not None:
        raise S3Error(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all"
            " users of the system. Please select a different name and try again.",
            details={"BucketName": bucket.name},
        )
    return Changes([Put(bucket)])


def xml_document(name: str, inside: str) -> bytes:
    """Return an XML document with a root in S3's namespace and `inside` as its content."""
    root = documents.root_element_xml(name, inside)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}'.encode()


def owner_xml(account: Account | None) -> str:
    """Return the Owner element for a bucket's account."""
    canonical = account.canonical_user if account else ""
    return f"<Owner><ID>{canonical}</ID></Owner>"


def bucket_list(
    buckets: Iterable[Bucket], account: Account | None, arguments: Mapping[str, str]
) -> bytes:
    """Return a page of ListBuckets for an account."""
    size = min(int(arguments.get("max-buckets", limits.BUCKETS_MAX)), limits.BUCKETS_MAX) or 1
    after, prefix = arguments.get("continuation-token", ""), arguments.get("prefix", "")
    region = arguments.get("bucket-region", "")
    matching = [
        bucket
        for bucket in buckets
        if bucket.name > after
        and bucket.name.startswith(prefix)
        and (not region or bucket.region == region)
    ]
    page = "".join(
        f"<Bucket><Name>{bucket.name}</Name><CreationDate>{iso8601(bucket.created)}</CreationDate>"
        f"<BucketRegion>{bucket.region}</BucketRegion></Bucket>"
        for bucket in matching[:size]
    )
    token = (
        f"<ContinuationToken>{matching[size - 1].name}</ContinuationToken>"
        if len(matching) > size
        else ""
    )
    return xml_document(
        "ListAllMyBucketsResult", f"{owner_xml(account)}<Buckets>{page}</Buckets>{token}"
    )


def location_document(bucket: Bucket) -> bytes:
    """Return a bucket's region as a document; for `us-east-1` the element is empty."""
    return xml_document("LocationConstraint", "" if bucket.region == "us-east-1" else bucket.region)


def acl_document(account: Account | None) -> bytes:
    """Return the fixed ACL of every bucket and object: one grant, to the owner."""
    canonical = account.canonical_user if account else ""
    grantee = (
        '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">'
        f"<ID>{canonical}</ID></Grantee>"
    )
    grant = f"<Grant>{grantee}<Permission>FULL_CONTROL</Permission></Grant>"
    return xml_document(
        "AccessControlPolicy", f"{owner_xml(account)}<AccessControlList>{grant}</AccessControlList>"
    )


def check_acl(request: ResolvedRequest) -> None:
    """Raise `S3Error` for an ACL other than that the bucket's owner owns the object."""
    row, canned = request.row, request.headers.get("x-amz-acl")
    grants = any(name.startswith("x-amz-grant-") for name in request.headers)
    if grants or (canned is not None and canned not in row.canned_acls):
        raise S3Error("AccessControlListNotSupported", NO_ACLS)
    if row.needs_canned_acl and canned is None:
        raise S3Error("AccessControlListNotSupported", NO_ACLS)


def tags_document(bucket: Bucket) -> bytes:
    """Return a bucket's tags; raises `S3Error` NoSuchTagSet without any."""
    if not bucket.tags:
        raise S3Error(
            "NoSuchTagSet", "The TagSet does not exist", details={"BucketName": bucket.name}
        )
    elements = "".join(
        f"<Tag><Key>{xml_text(tag.key)}</Key><Value>{xml_text(tag.value)}</Value></Tag>"
        for tag in bucket.tags
    )
    return xml_document("Tagging", f"<TagSet>{elements}</TagSet>")


def with_tags(bucket: Bucket, pairs: tuple[tuple[str, str], ...], directory: Directory) -> Bucket:
    """Return the bucket with tags.

    Raises `S3Error` InvalidTag for too many, and for tags that violate the tag policy of the
    owner's organization.
    """
    if len(pairs) > limits.BUCKET_TAGS_MAX:
        raise S3Error("InvalidTag", "Bucket tag count cannot be greater than 50")
    tags = tuple(Tag(key, value) for key, value in pairs)
    policy = directory.tag_policy(bucket.owner)
    for problem in tag_policies.tag_violations(policy, "s3:bucket", tags):
        raise S3Error("InvalidTag", problem)
    return replace(bucket, tags=tags)


def with_abac(bucket: Bucket, body: bytes) -> Bucket:
    """Return the bucket with ABAC enabled or disabled as the document says."""
    status = documents.parse_xml(body).child_text("Status")
    if status not in {"Enabled", "Disabled"}:
        raise documents.malformed_xml()
    return replace(bucket, abac=status == "Enabled")


def abac_document(bucket: Bucket) -> bytes:
    """Return whether ABAC is enabled for a bucket."""
    return xml_document(
        "AbacStatus", f"<Status>{'Enabled' if bucket.abac else 'Disabled'}</Status>"
    )


OWNERSHIP_DOCUMENT = xml_document(
    "OwnershipControls", "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"
)
PAYMENT_DOCUMENT = xml_document("RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>")


def check_ownership(body: bytes) -> None:
    """Raise `S3Error` InvalidArgument for any ownership but BucketOwnerEnforced."""
    rules = [
        rule.child_text("ObjectOwnership")
        for rule in documents.parse_xml(body).children_named("Rule")
    ]
    if rules != ["BucketOwnerEnforced"]:
        raise S3Error(
            "InvalidArgument",
            "Only BucketOwnerEnforced is supported.",
            details={"ArgumentName": "ObjectOwnership"},
        )


def check_payment(body: bytes) -> None:
    """Raise `S3Error` InvalidArgument for any payer but BucketOwner."""
    if documents.parse_xml(body).child_text("Payer") != "BucketOwner":
        raise S3Error(
            "InvalidArgument", "Only BucketOwner is supported.", details={"ArgumentName": "Payer"}
        )


def requested_location(root: XMLElement, region: str) -> str:
    """Return the region in a CreateBucket document, empty without one.

    Raises `S3Error` for another region than the gate's.
    """
    requested = root.child_text("LocationConstraint") or ""
    if any(child.name not in {"LocationConstraint", "Tags"} for child in root.children):
        raise S3Error("NotImplemented", "This bucket configuration is not implemented.")
    if requested not in {"", region}:
        raise S3Error(
            "IllegalLocationConstraintException",
            f"The {requested[:64]} location constraint is incompatible for the region specific "
            "endpoint this request was sent to.",
        )
    return requested


def requested_tags(root: XMLElement) -> tuple[tuple[str, str], ...]:
    """Return the tags in a CreateBucket document; raises `S3Error` for a repeated key."""
    sets = list(root.children_named("Tags"))
    if len(sets) > 1:
        raise documents.malformed_xml()
    return tag_sets.child_tags(sets[0]) if sets else ()


def store_location_document(region: str) -> bytes:
    """Return the CreateBucket document for the store's own region; empty for `us-east-1`."""
    if region == "us-east-1":
        return b""
    return xml_document(
        "CreateBucketConfiguration", f"<LocationConstraint>{region}</LocationConstraint>"
    )
