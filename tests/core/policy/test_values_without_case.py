"""Words in capitals that AWS compares without case."""

import pytest
from tests.documents import deny, policy

from daypass.core.policy.decision.compile import compile_stored_text

CASES = [
    ("StringEquals", "rest-header", True),
    ("StringEquals", "Rest-Header", True),
    ("StringLike", "rest-*", True),
    ("StringNotEquals", "rest-header", False),
    ("StringNotLike", "rest-h*", False),
    ("ForAnyValue:StringEquals", ["post", "rest-header"], True),
    ("ForAllValues:StringEquals", "rest-header", True),
    ("StringEqualsIfExists", "rest-header", True),
    ("StringEqualsIgnoreCase", "rest-header", True),
    ("StringEquals", "post", False),
    ("StringEquals", "${S3:AuthType}", True),
    ("Null", "false", True),
]


@pytest.mark.parametrize(("operator", "value", "holds"), CASES)
def test_how_a_request_is_signed_is_compared_without_case(operator, value, holds) -> None:
    statement = deny(Condition={operator: {"s3:authType": value}})
    [found] = compile_stored_text(policy(statement)).statements

    assert found.conditions_hold({"s3:authtype": "REST-HEADER"}) is holds


def test_other_keys_are_compared_as_they_stand() -> None:
    statement = deny(Condition={"StringEquals": {"s3:prefix": "a"}})
    [found] = compile_stored_text(policy(statement)).statements

    assert not found.conditions_hold({"s3:prefix": "A"})
