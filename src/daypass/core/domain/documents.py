"""The policies that a record carries, compiled when it is learned, so that no request waits for it."""

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.policies import Identity
from daypass.core.domain.policy import ManagedPolicy
from daypass.core.domain.record import Record
from daypass.core.domain.role import Role
from daypass.core.policy.compile import Form, compiled
from daypass.core.policy.sets import PolicySet, alone

BUCKET = "bucket policy"
"""What a bucket's policy is called in explanations."""


def trust(text: str) -> PolicySet:
    """Return a role's trust policy, compiled."""
    return alone(text, Form.TRUST, "trust policy")


def of_bucket(bucket: Bucket) -> PolicySet:
    """Return a bucket's policy, compiled."""
    return alone(bucket.policy, Form.RESOURCE, BUCKET)


def learn(record: Record) -> None:
    """Compile every document of a record; what was compiled is kept by its text."""
    if isinstance(record, Identity):
        for policy in record.inline:
            compiled(policy.document)
    if isinstance(record, Role):
        trust(record.trust)
    elif isinstance(record, ManagedPolicy):
        compiled(record.document)
    elif isinstance(record, Bucket) and record.policy:
        of_bucket(record)
