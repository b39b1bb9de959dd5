"""What one account's calls disclose of another's: refusals, simulations, and tags."""

import json

import pytest
from botocore.exceptions import ClientError
from tests.documents import deny, policy
from tests.services.organizations.conftest import ALL, RCP, founded, fresh, refused


@pytest.fixture(scope="module")
def org(first):
    found = founded(first)
    found.enable(RCP)
    return found


def refusal(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]


def test_p_priv_1_a_bucket_policys_secret_is_not_in_the_message_of_whom_it_denies(org) -> None:
    owner, other, name = org.account(), org.account(), fresh("bucket")
    s3 = org.client("s3", owner)
    s3.create_bucket(Bucket=name)
    things = {
        "Principal": {"AWS": f"arn:aws:iam::{other}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    guard = {"Sid": "GuardWord", "Condition": {"StringNotEquals": {"aws:Referer": "open-sesame"}}}
    s3.put_bucket_policy(
        Bucket=name,
        Policy=policy({"Effect": "Allow", **things}, {"Effect": "Deny", **things, **guard}),
    )
    key = org.user(other, ALL)
    error = refusal(org.client("s3", key=key).get_object, Bucket=name, Key="k")
    opened = lambda account: org.client("sts", account).decode_authorization_message(
        EncodedMessage=error["EncodedAuthorizationMessage"]
    )["DecodedMessage"]

    found = json.loads(opened(other))
    assert found["because"]["layer"] == "resource-based policy"
    assert found["because"]["others"] == [{"layer": "resource-based policy"}]
    for words in ("open-sesame", "GuardWord", "Referer", f"{other}:root"):
        assert words not in json.dumps(found)
        assert words not in opened(None)


# The simulator.


@pytest.fixture(scope="module")
def fenced(org):
    """A member whose users are forbidden one action by an SCP; its user's name."""
    member = org.account()
    org.unique_id = org.client("iam", member).create_user(UserName="simulated")["User"]["UserId"]
    org.policy(policy(deny("iam:DeleteUser")), on=member)
    return member, f"arn:aws:iam::{member}:user/simulated"


def simulated(org, account, caller):
    """Return the simulation of another caller, asked by a user who may do everything."""
    iam, name = org.client("iam", account), fresh("source")
    source = iam.create_user(UserName=name)["User"]["Arn"]
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=policy(ALL))
    [found] = iam.simulate_principal_policy(
        PolicySourceArn=source, CallerArn=caller, ActionNames=["iam:DeleteUser"]
    )["EvaluationResults"]
    return found


def test_p_priv_1_another_member_is_not_told_what_stands_above_a_simulated_caller(
    org, fenced
) -> None:
    _, caller = fenced
    free = f"arn:aws:iam::{org.account()}:user/simulated"
    other = org.account()
    found = simulated(org, other, caller)

    assert found["EvalDecision"] == "allowed"
    assert "OrganizationsDecisionDetail" not in found
    assert set(found) == set(simulated(org, other, free))


def test_p_priv_1_an_account_of_no_organization_is_not_told_either(org, fenced) -> None:
    found = simulated(org, org.standalone(), fenced[1])

    assert found["EvalDecision"] == "allowed"
    assert "OrganizationsDecisionDetail" not in found


@pytest.mark.parametrize("whose", ["own", "management"])
def test_the_account_itself_and_its_management_are_told(org, fenced, whose) -> None:
    member, caller = fenced
    found = simulated(org, member if whose == "own" else None, caller)

    assert found["EvalDecision"] == "explicitDeny"
    assert found["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert found["MatchedStatements"] == []


def test_p_priv_4_a_simulation_does_not_tell_which_unique_id_another_accounts_user_has(
    org, fenced
) -> None:
    member, caller = fenced
    resource = {
        "Effect": "Allow",
        "Principal": {"AWS": org.unique_id},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b",
    }
    ask = lambda account: org.client("iam", account).simulate_custom_policy(
        PolicyInputList=[policy(ALL)],
        ActionNames=["s3:GetObject"],
        CallerArn=caller,
        ResourcePolicy=policy(resource),
        ResourceOwner=org.management,
        ResourceArns=["arn:aws:s3:::b"],
    )["EvaluationResults"][0]["EvalDecision"]

    assert ask(member) == "allowed"
    assert ask(org.account()) == "implicitDeny"


@pytest.mark.parametrize(
    "operation", ["simulate_principal_policy", "get_context_keys_for_principal_policy"]
)
def test_p_priv_4_whose_policies_are_read_is_of_ones_own_account(org, fenced, operation) -> None:
    more = {"ActionNames": ["iam:GetUser"]} if operation.startswith("simulate") else {}
    for source in (fenced[1], f"arn:aws:iam::{fenced[0]}:user/none"):
        error = refusal(getattr(org.client("iam"), operation), PolicySourceArn=source, **more)
        assert error["Code"] == "NoSuchEntity"


# Effective policies.


def test_p_priv_1_a_members_effective_policy_is_for_itself_and_for_readers(org) -> None:
    member, other = org.account(), org.account()
    call = org.client("organizations", other).describe_effective_policy

    refused("AccessDenied", call, PolicyType="TAG_POLICY", TargetId=member)


# What can only be named.


def test_p_priv_4_the_tags_of_another_accounts_policies_and_devices_are_no_keys(org) -> None:
    owner, other = org.account(), org.account()
    tags = [{"Key": "secret", "Value": "hidden"}]
    iam = org.client("iam", owner)
    arn = iam.create_policy(PolicyName=fresh("p"), PolicyDocument=policy(deny("ram:*")), Tags=tags)[
        "Policy"
    ]["Arn"]
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=fresh("d"), Tags=tags)[
        "VirtualMFADevice"
    ]["SerialNumber"]
    key = org.user(
        other, {**ALL, "Condition": {"StringEquals": {"aws:ResourceTag/secret": "hidden"}}}
    )
    theirs = org.client("iam", key=key)
    sts = org.client("sts", other)

    for call, named in (
        (theirs.get_policy, {"PolicyArn": arn}),
        (theirs.delete_virtual_mfa_device, {"SerialNumber": serial}),
    ):
        error = refusal(call, **named)
        assert error["Code"] == "AccessDenied"
        told = json.loads(
            sts.decode_authorization_message(EncodedMessage=error["EncodedAuthorizationMessage"])[
                "DecodedMessage"
            ]
        )
        assert not [
            each for each in told["context"]["conditions"]["items"] if "resourcetag" in each["key"]
        ]


def test_p_priv_4_a_session_policy_does_not_tell_which_policies_another_account_has(org) -> None:
    owner = org.account()
    arn = org.client("iam", owner).create_policy(PolicyName=fresh("p"), PolicyDocument=policy(ALL))[
        "Policy"
    ]["Arn"]
    sts = org.client("sts", key=org.user(None, ALL))
    answers = {
        refusal(
            sts.assume_role,
            RoleArn=f"arn:aws:iam::{owner}:role/none",
            RoleSessionName="me",
            PolicyArns=[{"arn": each}],
        )["Code"]
        for each in (arn, f"{arn}none")
    }

    assert answers == {"AccessDenied"}
