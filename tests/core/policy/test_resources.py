"""Resource: which ARN patterns match which resources."""

import pytest
from tests.core.policy.sample_requests import BUCKET

from daypass.core.policy.language.resources import compile_resource


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        ("*", "*", True),
        ("**", "*", True),
        ("*", BUCKET, True),
        (BUCKET, "*", False),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z", True),
        ("arn:aws:s3:::b?", "arn:aws:s3:::bc", True),
        ("arn:aws:s3:::b/A", "arn:aws:s3:::b/a", False),
        ("arn:aws:s3", BUCKET, True),
        ("arn:*", BUCKET, True),
        ("arn:aws:s*:::b", BUCKET, True),
        ("arn:aws:s*3:::b", "arn:aws:s:3:::b", False),
        ("arn:aws:logs:eu:1:log-group:*", "arn:aws:logs:eu:1:log-group:g:log-stream:s", True),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", True),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:2:role/x", True),
        ("arn:aws:iam::1*2:role/x", "arn:aws:iam::1:2:role/x", False),
        ("arn:aws:iam:*:x", "arn:aws:iam::1:x", False),
        ("arn:aws:s3:::a.c", "arn:aws:s3:::abc", False),
        ("arn:aws:s3:::b", "arn:aws:s3::", False),
        ("b", BUCKET, False),
        ("arn:aws:s3:::a*c", "arn:aws:s3:::abcc", True),
        ("arn:aws:s?:::b", BUCKET, True),
        ("arn:aws:s*:x", "arn:aws:s3:1:2:x", False),
    ],
)
def test_a_resource_pattern_matches_as_specified(pattern, resource, matches) -> None:
    assert compile_resource(pattern, variables=True)(resource, {}) is matches
