"""The simulator's answers: where each member stands, and which keys are missing."""

import pytest
from msgspec.structs import replace
from tests.documents import allow, deny, policy
from tests.services.organizations.organized import MEMBER, Organized
from tests.services.support import Snapshot, managed_policy, user

from daypass.services.iam.simulation import simulate

OBJECT = "arn:aws:s3:::b/k"
LISTING, ALL_BUCKETS = "s3:ListAllMyBuckets", "arn:aws:s3:::*"


def simulated(*statements, action="s3:GetObject", **more):
    (found,) = Snapshot().call(
        simulate.simulate_custom_policy,
        PolicyInputList=[policy(*statements)],
        ActionNames=[action],
        **more,
    )["EvaluationResults"]
    return found


@pytest.fixture
def organized():
    known = Organized()
    known.account_id = MEMBER
    known.member()
    return known


@pytest.mark.parametrize(
    ("control", "decision"), [(None, "allowed"), ("s3:*", "explicitDeny"), ("ec2:*", "allowed")]
)
def test_what_an_organization_decides_stands_on_the_result_alone(
    organized, control, decision
) -> None:
    alice = organized.put(
        user("alice", MEMBER, attached=("arn:aws:iam::aws:policy/ReadOnlyAccess",))
    )
    if control:
        organized.policy("limit", content=policy(deny(control)), on=[MEMBER])

    (found,) = organized.call(
        simulate.simulate_principal_policy,
        PolicySourceArn=alice.arn,
        ActionNames=["s3:GetObject"],
        ResourceArns=[OBJECT],
    )["EvaluationResults"]
    (specific,) = found["ResourceSpecificResults"]

    assert found["EvalDecision"] == specific["EvalResourceDecision"] == decision
    allowed = decision == "allowed"
    assert found["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": allowed}
    assert found["EvalDecisionDetails"] == {}
    assert list(specific) == [
        "EvalResourceName",
        "EvalResourceDecision",
        "MatchedStatements",
        "MissingContextValues",
    ]


def test_a_boundary_stands_on_both(organized) -> None:
    limit = organized.put(managed_policy("limit", policy(allow("ec2:*")), account=MEMBER))
    bound = organized.put(replace(user("alice", MEMBER), boundary=limit.arn))

    (found,) = organized.call(
        simulate.simulate_principal_policy,
        PolicySourceArn=bound.arn,
        ActionNames=["s3:GetObject"],
        ResourceArns=[OBJECT],
    )["EvaluationResults"]

    detail = {"AllowedByPermissionsBoundary": False}
    assert found["PermissionsBoundaryDecisionDetail"] == detail
    assert found["ResourceSpecificResults"][0]["PermissionsBoundaryDecisionDetail"] == detail


def test_across_accounts_both_have_each_policys_decision() -> None:
    found = simulated(allow(), ResourceArns=[OBJECT], ResourceOwner="444455556666")

    assert found["EvalDecisionDetails"] == {"IAM Policy": "allowed"}
    assert found["ResourceSpecificResults"][0]["EvalDecisionDetails"] == {"IAM Policy": "allowed"}


def when(key, value="1"):
    return {"Condition": {"StringEquals": {key: value}}}


@pytest.mark.parametrize(
    ("statements", "missing"),
    [
        (
            [allow(**when("aws:SourceVpc")), allow(**when("aws:TagKeys"))],
            ["aws:SourceVpc", "aws:TagKeys"],
        ),
        # Whichever statements apply, each key once, whatever its case.
        (
            [allow("s3:*", OBJECT, **when("aws:SourceVpc")), allow("ec2:*", **when("aws:TagKeys"))],
            ["aws:SourceVpc", "aws:TagKeys"],
        ),
        (
            [allow(), deny(**when("aws:SourceVpc")), allow(**when("AWS:sourcevpc"))],
            ["aws:SourceVpc"],
        ),
        # A variable asks for its key; a key that is there is not missing.
        ([allow(resource="arn:aws:s3:::${s3:prefix}/*")], ["s3:prefix"]),
        ([allow(**when("aws:username", "${aws:principaltag/a}"))], ["aws:principaltag/a"]),
        ([allow()], []),
    ],
)
@pytest.mark.parametrize("resources", [[OBJECT], ["*"], None])
def test_missing_keys_are_those_of_all_policies_at_the_top_and_below(
    statements, missing, resources
) -> None:
    found = simulated(*statements, **({"ResourceArns": resources} if resources else {}))

    assert found["MissingContextValues"] == missing
    below = [each["MissingContextValues"] for each in found.get("ResourceSpecificResults", ())]
    assert below == ([missing] if resources == [OBJECT] else [])


def test_a_resources_policy_and_a_boundary_ask_for_keys_too() -> None:
    resource = policy({"Principal": "*", **allow("s3:*", OBJECT, **when("aws:SourceVpc"))})
    found = simulated(
        allow(**when("aws:TagKeys")),
        ResourceArns=[OBJECT],
        ResourcePolicy=resource,
        CallerArn="arn:aws:iam::111122223333:user/alice",
        PermissionsBoundaryPolicyInputList=[policy(allow(**when("aws:PrincipalTag/a")))],
    )

    assert found["MissingContextValues"] == ["aws:TagKeys", "aws:PrincipalTag/a", "aws:SourceVpc"]


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([allow(LISTING, ALL_BUCKETS)], "allowed"),
        ([allow(LISTING)], "allowed"),
        ([allow(LISTING, "arn:aws:s3:::b")], "implicitDeny"),
        ([allow("s3:*"), deny("s3:*", ALL_BUCKETS)], "explicitDeny"),
        ([allow(LISTING, **when("aws:ResourceAccount", "111122223333"))], "implicitDeny"),
    ],
)
def test_an_action_on_the_whole_account_acts_on_the_arn_that_aws_documents(
    statements, decision
) -> None:
    for action in (LISTING, LISTING.lower()):
        found = simulated(*statements, action=action)

        assert (found["EvalResourceName"], found["EvalDecision"]) == (ALL_BUCKETS, decision)
        assert "ResourceSpecificResults" not in found


def test_every_other_action_acts_on_a_star_where_no_resource_is_named() -> None:
    found = simulated(allow("s3:GetObject", ALL_BUCKETS))

    assert (found["EvalResourceName"], found["EvalDecision"]) == ("*", "implicitDeny")
