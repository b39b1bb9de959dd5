"""Bucket policies and public access blocks: validated, stored, and applied to a caller.

Users and roles are stored by id, so that a new one of the same name inherits nothing. Source: S3
user guide, "Bucket policies for Amazon S3" and "Blocking public access to your Amazon S3 storage".
"""

from functools import lru_cache

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.bucket import Bucket, PublicAccess
from daypass.core.domain.compiled_policies import BUCKET_POLICY, compile_bucket_policy
from daypass.core.faults import Malformed
from daypass.core.policy.checks.bucket_rules import check_bucket
from daypass.core.policy.checks.validate import DocumentKind, validate_document
from daypass.core.policy.decision.compile import PolicyGrammar
from daypass.core.policy.decision.policy_sets import PolicySet, single_policy_set
from daypass.core.policy.language import stored_principals
from daypass.gate.buckets.public_policies import is_public, is_public_text
from daypass.gate.protocol import documents
from daypass.gate.protocol.errors import S3Error, access_denied
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.directory import Directory

OWNER_ONLY_ACTIONS = frozenset(
    {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
)
"""Actions that a bucket's policy can neither deny its account's root nor allow another account."""


def malformed_policy(message: str) -> S3Error:
    """Return the error for an invalid policy."""
    return S3Error("MalformedPolicy", message)


def checked_policy(content: bytes, bucket: Bucket, directory: Directory) -> str:
    """Return a policy to be stored, with unique ids for the ARNs of users and roles.

    Raises `S3Error` MalformedPolicy for one that is too long, cannot be parsed, has no principal or
    one that does not exist, or names another bucket's resources; AccessDenied for a public one
    where public policies are blocked.
    """
    if len(content) > quotas.BUCKET_POLICY_BYTES_MAX:
        raise malformed_policy("The policy is larger than 20 KB.")
    try:
        text = content.decode("utf-8")
        document = validate_document(text, DocumentKind.BUCKET)
        for fault in check_bucket(document, bucket.arn):
            raise fault
        stored = stored_principals.with_unique_ids(text, directory.id_of_principal)
    except UnicodeDecodeError:
        raise malformed_policy("This policy contains invalid Json") from None
    except Malformed as fault:
        words = (
            fault.message.partition(":")[0]
            if "Invalid principal" in fault.message
            else fault.message
        )
        raise S3Error("MalformedPolicy", words, details={"Detail": fault.message}) from None
    if (
        bucket.public_access is not None
        and bucket.public_access.block_policy
        and is_public(document)
    ):
        raise access_denied()
    return stored


def policy_text(bucket: Bucket, directory: Directory) -> bytes:
    """Return a bucket's policy with ARNs; raises `S3Error` NoSuchBucketPolicy without one."""
    return stored_principals.with_arns(_stored_policy(bucket), directory.arn_of_principal).encode()


def _stored_policy(bucket: Bucket) -> str:
    if not bucket.policy:
        raise S3Error(
            "NoSuchBucketPolicy",
            "The bucket policy does not exist",
            details={"BucketName": bucket.name},
        )
    return bucket.policy


def effective_policy(bucket: Bucket, caller: Caller, action: str) -> PolicySet | None:
    """Return the bucket's policy as it applies to a caller; None if it does not apply.

    While the policy is public and public access is restricted, it allows other accounts nothing.
    """
    is_own = caller.account == bucket.owner
    if not bucket.policy or (is_own and caller.is_root and action in OWNER_ONLY_ACTIONS):
        return None
    access = bucket.public_access
    if access is not None and access.restrict and not is_own and is_public_text(bucket.policy):
        return _deny_statements(bucket.policy)
    return compile_bucket_policy(bucket.policy)


@lru_cache(maxsize=256)
def _deny_statements(text: str) -> PolicySet:
    return single_policy_set(text, PolicyGrammar.RESOURCE, BUCKET_POLICY).denies_only()


# Public access blocks.

_BLOCK_FLAGS = {
    "BlockPublicAcls": "block_acls",
    "IgnorePublicAcls": "ignore_acls",
    "BlockPublicPolicy": "block_policy",
    "RestrictPublicBuckets": "restrict",
}


def with_public_access_block(bucket: Bucket, body: bytes) -> Bucket:
    """Return the bucket with the document's public access block; raises `S3Error` MalformedXML."""
    root = documents.parse_xml(body)
    values: dict[str, bool] = {}
    for child in root.children:
        if child.name not in _BLOCK_FLAGS or child.name in values or child.text not in _BOOLEANS:
            raise documents.malformed_xml()
        values[child.name] = _BOOLEANS[child.text]
    flags = {_BLOCK_FLAGS[name]: value for name, value in values.items()}
    return replace(bucket, public_access=PublicAccess(**flags))


_BOOLEANS = {"true": True, "TRUE": True, "false": False, "FALSE": False}


def public_access_block_xml(bucket: Bucket) -> str:
    """Return the inside of a bucket's public access block; raises `S3Error` without one."""
    if bucket.public_access is None:
        raise S3Error(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
            details={"BucketName": bucket.name},
        )
    return "".join(
        f"<{name}>{_boolean_text(getattr(bucket.public_access, flag))}</{name}>"
        for name, flag in _BLOCK_FLAGS.items()
    )


def policy_status_xml(bucket: Bucket) -> str:
    """Return `IsPublic` of a bucket's policy; raises `S3Error` NoSuchBucketPolicy."""
    return f"<IsPublic>{_boolean_text(is_public_text(_stored_policy(bucket)))}</IsPublic>"


def _boolean_text(value: object) -> str:
    return "true" if value else "false"
