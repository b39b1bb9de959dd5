"""What a member may read of the policies above it, and what the management account may."""

import json

import pytest
from botocore.exceptions import ClientError
from tests.documents import deny, policy
from tests.services.organizations.conftest import founded


@pytest.fixture(scope="module")
def org(first):
    return founded(first)


@pytest.fixture(scope="module")
def stopped(org):
    """A member account, and the refusal that its root gets where an SCP denies."""
    account = org.account()
    elsewhere = {"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    fence = deny("iam:CreateUser", Sid="OnlyFromHome", Condition=elsewhere)
    made = org.policy(policy(fence), on=account)
    with pytest.raises(ClientError) as refused:
        org.client("iam", account).create_user(UserName="x")
    return account, made, refused.value.response["Error"]


def decoded(org, account, error):
    sts = org.client("sts", account)
    message = error["EncodedAuthorizationMessage"]
    return json.loads(sts.decode_authorization_message(EncodedMessage=message)["DecodedMessage"])


def test_a_refusal_names_the_layer_and_the_policy(stopped) -> None:
    _, policy, error = stopped

    assert error["Message"].endswith(
        f"with an explicit deny in a service control policy: {policy['Arn']}"
    )


def test_the_management_account_sees_the_statement_and_its_level(org, stopped) -> None:
    _, policy, error = stopped
    because = decoded(org, org.management, error)["because"]

    assert (because["layer"], because["arn"], because["sid"]) == (
        "service control policy",
        policy["Arn"],
        "OnlyFromHome",
    )
    [deciding] = [each for each in because["statements"] if each.get("sid") == "OnlyFromHome"]
    assert (deciding["level"], deciding["applies"]) == (1, True)
    assert deciding["conditions"][0]["wanted"] == ["198.51.100.0/24"]


def test_a_member_sees_that_a_policy_stood_there_and_not_what_it_says(org, stopped) -> None:
    account, policy, error = stopped
    found = decoded(org, account, error)

    assert found["explicitDeny"] is True
    assert (found["because"]["layer"], found["because"]["arn"]) == (
        "service control policy",
        policy["Arn"],
    )
    assert found["because"]["others"] == [{"layer": "service control policy", "arn": policy["Arn"]}]
    assert all(each["layer"] != "service control policy" for each in found["because"]["statements"])
    assert "OnlyFromHome" not in json.dumps(found)
    assert "198.51.100" not in json.dumps(found)
    assert all(
        each["policyType"] != "service control policy"
        for each in found["matchedStatements"]["items"]
    )


def test_another_member_opens_nothing(org, stopped) -> None:
    _, _, error = stopped
    other = org.account()
    with pytest.raises(ClientError) as refused:
        decoded(org, other, error)

    assert refused.value.response["Error"]["Code"] == "InvalidAuthorizationMessageException"


def test_the_simulator_says_what_organizations_allow(org, stopped) -> None:
    account, _, _ = stopped
    iam = org.client("iam", account)
    # No user can be made here: the role by which the management account comes in is simulated.
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    found = iam.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=["iam:CreateUser", "iam:GetUser"]
    )["EvaluationResults"]

    assert [each["EvalDecision"] for each in found] == ["explicitDeny", "allowed"]
    assert [each["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for each in found] == [
        False,
        True,
    ]
    assert found[0]["MatchedStatements"] == []


def test_tags_keep_to_the_organizations_tag_policy(org) -> None:
    account = org.account()
    org.enable("TAG_POLICY")
    content = json.dumps(
        {
            "tags": {
                "costcenter": {
                    "tag_key": {"@@assign": "CostCenter"},
                    "tag_value": {"@@assign": ["100", "2*"]},
                    "enforced_for": {"@@assign": ["iam:role", "iam:user"]},
                }
            }
        }
    )
    org.policy(content, kind="TAG_POLICY", on=account)
    iam = org.client("iam", account)
    iam.create_user(UserName="fits", Tags=[{"Key": "CostCenter", "Value": "200"}])

    for key, value in (("CostCenter", "300"), ("costcenter", "100")):
        with pytest.raises(ClientError) as refused:
            iam.tag_user(UserName="fits", Tags=[{"Key": key, "Value": value}])
        assert refused.value.response["Error"]["Code"] == "InvalidInput"
        assert "CostCenter" in refused.value.response["Error"]["Message"]
    iam.tag_user(UserName="fits", Tags=[{"Key": "Other", "Value": "any"}])
    org.client("iam").create_user(
        UserName="elsewhere", Tags=[{"Key": "costcenter", "Value": "any"}]
    )


def test_roles_of_services_are_nobodys_to_make_or_change(org) -> None:
    iam = org.client("iam", org.account())
    trust = policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    named = {"RoleName": "AWSServiceRoleForOrganizations"}
    calls = [
        (iam.update_role, {"Description": "mine"}),
        (iam.update_role_description, {"Description": "mine"}),
        (iam.update_assume_role_policy, {"PolicyDocument": trust}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": trust}),
        (iam.attach_role_policy, {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        (
            iam.detach_role_policy,
            {
                "PolicyArn": (
                    "arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy"
                )
            },
        ),
        (
            iam.put_role_permissions_boundary,
            {"PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        (iam.delete_role_permissions_boundary, {}),
        (iam.tag_role, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (iam.untag_role, {"TagKeys": ["a"]}),
        (iam.delete_role_policy, {"PolicyName": "p"}),
        (iam.delete_role, {}),
    ]
    for call, params in calls:
        with pytest.raises(ClientError) as refused:
            call(**named, **params)
        assert refused.value.response["Error"]["Code"] == "UnmodifiableEntity", call
    for path in ("/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"):
        with pytest.raises(ClientError) as refused:
            iam.create_role(RoleName="mine", Path=path, AssumeRolePolicyDocument=trust)
        assert refused.value.response["Error"]["Code"] == "InvalidInput"
