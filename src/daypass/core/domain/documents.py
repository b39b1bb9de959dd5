"""The policies that a record carries, compiled when it is learned, so that no request waits for it."""

import json

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


def _of_nobody() -> str:
    names = (f"AROANOBODY{number:02d}" for number in range(_NOBODIES))
    statements = [
        {"Effect": "Deny", "Principal": {"AWS": name}, "Action": "sts:*"} for name in names
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


_NOBODIES = 16
NOBODY = _of_nobody()
"""The trust policy of a role that is not there.

It cannot allow, and asking it costs what lies between the shortest and the longest trust policy, so that how long a refusal
takes does not tell which roles exist.
"""


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
