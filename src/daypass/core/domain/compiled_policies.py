"""The policies that records carry, compiled: a role's trust policy, a bucket's policy."""

import json

from daypass.core.policy.decision.compile import PolicyGrammar
from daypass.core.policy.decision.policy_sets import PolicySet, single_policy_set

BUCKET_POLICY = "bucket policy"
"""What a bucket's policy is called in explanations."""


def compile_trust_policy(text: str) -> PolicySet:
    """Return a role's trust policy, compiled."""
    return single_policy_set(text, PolicyGrammar.TRUST, "trust policy")


def _decoy_trust_policy() -> str:
    names = (f"AROANOBODY{number:02d}" for number in range(_DECOY_STATEMENTS))
    statements = [
        {"Effect": "Deny", "Principal": {"AWS": name}, "Action": "sts:*"} for name in names
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


_DECOY_STATEMENTS = 16
DECOY_TRUST_POLICY = _decoy_trust_policy()
"""The trust policy of a role that is not there.

It cannot allow, and asking it costs what lies between the shortest and the longest trust policy, so that how long a refusal
takes does not tell which roles exist.
"""


def compile_bucket_policy(text: str) -> PolicySet:
    """Return a bucket's policy, compiled."""
    return single_policy_set(text, PolicyGrammar.RESOURCE, BUCKET_POLICY)
