"""A bucket's policy, and what keeps it from being public.

Users and roles are kept by id, so that a new one of the same name inherits nothing. Source: S3 user
guide, "Bucket policies for Amazon S3" and "Blocking public access to your Amazon S3 storage".
"""

from functools import lru_cache

from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket, PublicAccess
from daypass.core.domain.compiled_policies import BUCKET_POLICY, compile_bucket_policy
from daypass.core.faults import Malformed
from daypass.core.policy.checks.validate import DocumentKind, validate_document
from daypass.core.policy.decision.compile import PolicyGrammar
from daypass.core.policy.decision.policy_sets import PolicySet, single_policy_set
from daypass.core.policy.language import stored_principals
from daypass.core.policy.language.model import Statement
from daypass.gate import limits
from daypass.gate.buckets.public import is_public, is_public_text
from daypass.gate.protocol import documents
from daypass.gate.protocol.errors import S3Error, denied
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.directory import Directory

OWNERS_ALONE = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})
"""What a bucket's policy cannot take from its account's root, and cannot give to another
account."""


def malformed(message: str) -> S3Error:
    """Return the refusal of a policy."""
    return S3Error("MalformedPolicy", message)


def checked(content: bytes, bucket: Bucket, directory: Directory) -> str:
    """Return a policy to be stored, with ids for the ARNs of users and roles.

    Raises `S3Error` MalformedPolicy for one that is too long, cannot be read, names nobody,
    somebody who is not there, or another bucket's things; AccessDenied for a public one where
    public policies are blocked.
    """
    if len(content) > limits.BUCKET_POLICY_BYTES_MAX:
        raise malformed("The policy is larger than 20 KB.")
    try:
        text = content.decode("utf-8")
        document = validate_document(text, DocumentKind.RESOURCE)
        for statement in document.statements:
            _check(statement, bucket)
        stored = stored_principals.with_unique_ids(text, directory.id_of_principal)
    except UnicodeDecodeError:
        raise malformed("This policy contains invalid Json") from None
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
        raise denied()
    return stored


def _check(statement: Statement, bucket: Bucket) -> None:
    for action in (*(statement.actions or ()), *(statement.not_actions or ())):
        if action != "*" and not action.lower().startswith("s3:"):
            raise malformed("Policy has invalid action")
    for resource in (*(statement.resources or ()), *(statement.not_resources or ())):
        if not (resource == bucket.arn or resource.startswith(f"{bucket.arn}/")):
            raise malformed("Policy has invalid resource")


def policy_text(bucket: Bucket, directory: Directory) -> bytes:
    """Return a bucket's policy as it was written; raises `S3Error` NoSuchBucketPolicy where there is none."""
    return stored_principals.with_arns(_policy(bucket), directory.arn_of_principal).encode()


def _policy(bucket: Bucket) -> str:
    if not bucket.policy:
        raise S3Error(
            "NoSuchBucketPolicy",
            "The bucket policy does not exist",
            details={"BucketName": bucket.name},
        )
    return bucket.policy


def effective_policy(bucket: Bucket, caller: Caller, action: str) -> PolicySet | None:
    """Return the bucket's policy as it counts for a caller; nothing without one.

    While the policy is public and public access is restricted, it grants nothing to other accounts.
    """
    is_own = caller.account == bucket.owner
    if not bucket.policy or (is_own and caller.is_root and action in OWNERS_ALONE):
        return None
    access = bucket.public_access
    if access is not None and access.restrict and not is_own and is_public_text(bucket.policy):
        return _denials(bucket.policy)
    return compile_bucket_policy(bucket.policy)


@lru_cache(maxsize=256)
def _denials(text: str) -> PolicySet:
    return single_policy_set(text, PolicyGrammar.RESOURCE, BUCKET_POLICY).denies_only()


# Public access blocks.

_FLAGS = {
    "BlockPublicAcls": "block_acls",
    "IgnorePublicAcls": "ignore_acls",
    "BlockPublicPolicy": "block_policy",
    "RestrictPublicBuckets": "restrict",
}


def with_block(bucket: Bucket, body: bytes) -> Bucket:
    """Return the bucket with its public access blocked as the document says; raises `S3Error` MalformedXML."""
    root = documents.read(body)
    found: dict[str, bool] = {}
    for child in root.children:
        if child.name not in _FLAGS or child.name in found or child.text not in _TRUTHS:
            raise documents.malformed()
        found[child.name] = _TRUTHS[child.text]
    flags = {_FLAGS[name]: value for name, value in found.items()}
    return replace(bucket, public_access=PublicAccess(**flags))


_TRUTHS = {"true": True, "TRUE": True, "false": False, "FALSE": False}


def block(bucket: Bucket) -> str:
    """Return what is blocked, as XML's inside; raises `S3Error` where nothing was ever said."""
    if bucket.public_access is None:
        raise S3Error(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
            details={"BucketName": bucket.name},
        )
    return "".join(
        f"<{name}>{_said(getattr(bucket.public_access, flag))}</{name}>"
        for name, flag in _FLAGS.items()
    )


def status(bucket: Bucket) -> str:
    """Return whether the bucket's policy is public, as XML's inside; raises `S3Error` NoSuchBucketPolicy without one."""
    return f"<IsPublic>{_said(is_public_text(_policy(bucket)))}</IsPublic>"


def _said(value: object) -> str:
    return "true" if value else "false"
