"""On which absent condition keys a permission rests."""

import pytest
from tests.core.policy.test_trace import explained, reasons
from tests.documents import allow, deny, document

from daypass.core.policy.explanation.absent_keys import absent_key_reliances

ON_ADDRESS = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
OPEN = document(allow())


def keys(context=None, **policies):
    """Return the keys, by the effect of the statement, on which the permission rests."""
    return [
        (each.rule.statement.syntax.effect, *each.keys)
        for each in absent_key_reliances(explained(context, **policies))
    ]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (ON_ADDRESS, ["aws:SourceIp"]),
        ({"Null": {"aws:TokenIssueTime": "false"}}, ["aws:TokenIssueTime"]),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}, ["aws:TagKeys"]),
        ({"StringEquals": {"k": "${aws:userid}"}}, ["aws:userid"]),
        ({**ON_ADDRESS, "StringEquals": {"k": "${aws:userid}"}}, ["aws:SourceIp", "aws:userid"]),
        ({**ON_ADDRESS, "Bool": {"here": "false"}}, None),
        ({"StringEquals": {"k": "other"}}, None),
        ({"StringEquals": {"k": "${aws:userid, 'x'}"}}, None),
        ({"NumericLessThan": {"k": "5"}}, None),
    ],
)
def test_a_deny_that_absent_keys_alone_stop(condition, found) -> None:
    context = {"k": "v", "here": "true"}

    assert keys(context, identity=[OPEN, document(deny(Condition=condition))]) == (
        [] if found is None else [("Deny", *found)]
    )


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (deny(resource="arn:aws:s3:::${aws:userid}"), ["aws:userid"]),
        (deny(resource="arn:aws:s3:::${aws:userid}", Condition=ON_ADDRESS), ["aws:userid", "aws:SourceIp"]),
        (deny(resource="arn:aws:s3:::${k}"), None),
        (deny(resource="arn:aws:s3:::other", Condition=ON_ADDRESS), None),
        (deny("s3:PutObject", Condition=ON_ADDRESS), None),
        ({**deny(resource="*"), "Resource": "arn:aws:s3:::${aws:userid}", "Condition": {"Null": {"k": "true"}}}, None),
    ],
)  # fmt: skip
def test_a_deny_whose_resource_has_a_variable_without_a_value(statement, found) -> None:
    assert keys({"k": "v"}, identity=[OPEN, document(statement)]) == (
        [] if found is None else [("Deny", *found)]
    )


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, ["aws:SourceVpc"]),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, ["aws:MultiFactorAuthPresent"]),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}, ["aws:TagKeys"]),
        ({"Null": {"aws:TokenIssueTime": "true"}}, ["aws:TokenIssueTime"]),
        ({"StringNotEquals": {"k": "${aws:userid}"}}, ["aws:userid"]),
        ({"StringEquals": {"k": ["v", "${aws:userid}"]}}, None),
        ({"StringNotEquals": {"k": "x"}}, None),
    ],
)
def test_an_allow_that_absent_keys_uphold(condition, found) -> None:
    assert keys({"k": "v"}, identity=[document(allow(Condition=condition))]) == (
        [] if found is None else [("Allow", *found)]
    )


def test_an_allow_beside_one_that_needs_no_key_is_not_rested_on() -> None:
    resting = document(allow(Condition={"StringNotEquals": {"x": "y"}}))

    assert keys(identity=[resting, OPEN]) == []
    assert keys(identity=[resting, resting]) == [("Allow", "x"), ("Allow", "x")]
    assert keys(identity=[OPEN], scp=[[OPEN], [resting]]) == [("Allow", "x")]
    assert keys(identity=[resting], boundary=[resting]) == [("Allow", "x"), ("Allow", "x")]


def test_either_of_two_layers_may_be_what_a_permission_rests_on() -> None:
    """The bucket's policy or the user's would do: without both of them it is denied."""
    resting = {"Condition": {"StringNotEquals": {"x": "y"}}}
    bucket = document({**allow(**resting), "Principal": "*"})

    assert keys(identity=[document(allow(**resting))], resource=bucket) == [
        ("Allow", "x"),
        ("Allow", "x"),
    ]
    assert keys(identity=[OPEN], resource=bucket) == []


def test_a_not_resource_with_a_variable_without_a_value_exempts_no_resource() -> None:
    statement = {**allow(), "NotResource": "arn:aws:s3:::${aws:userid}"}
    del statement["Resource"]

    assert keys(identity=[document(statement)]) == [("Allow", "aws:userid")]


def test_a_denial_rests_on_no_absent_key() -> None:
    assert keys(identity=[document(deny(Condition=ON_ADDRESS))]) == []
    assert keys() == []


def test_the_reasons_say_by_which_statement() -> None:
    found = reasons(identity=[OPEN, document(deny(Sid="Office", Condition=ON_ADDRESS))])

    assert found["rests_on_absent"] == [
        {
            "keys": ["aws:SourceIp"],
            "layer": "identity-based policy",
            "policy": "policies.identity[1]",
            "statement": 0,
            "sid": "Office",
            "effect": "Deny",
        }
    ]
    assert "rests_on_absent" not in reasons(identity=[OPEN])
