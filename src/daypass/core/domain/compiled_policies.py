"""Compiling the resource-based policies in records: a role's trust policy, a bucket's policy."""

import json

from daypass.core.policy.decision.compile import PolicyGrammar
from daypass.core.policy.decision.policy_sets import PolicySet, single_policy_set

BUCKET_POLICY = "bucket policy"
"""The name of a bucket's policy in explanations."""


def compile_trust_policy(text: str) -> PolicySet:
    """Return the compiled policy set of a role's trust policy text; the compiled text is cached."""
    return single_policy_set(text, PolicyGrammar.TRUST, "trust policy")


def _decoy_trust_policy() -> str:
    names = (f"AROANOBODY{number:02d}" for number in range(_DECOY_STATEMENTS))
    statements = [
        {"Effect": "Deny", "Principal": {"AWS": name}, "Action": "sts:*"} for name in names
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


_DECOY_STATEMENTS = 16
DECOY_TRUST_POLICY = _decoy_trust_policy()
"""The trust policy that is evaluated in place of a missing role's.

It allows nobody, and evaluating it costs a time between that of the shortest and that of the
longest trust policy, so that the time of a refusal does not reveal which roles exist.
"""


def compile_bucket_policy(text: str) -> PolicySet:
    """Return the compiled policy set of a bucket policy's text; the compiled text is cached."""
    return single_policy_set(text, PolicyGrammar.RESOURCE, BUCKET_POLICY)
