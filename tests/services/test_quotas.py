"""Quotas of an account, on a live authority; cases are data."""

import uuid

import pytest
from botocore.exceptions import ClientError
from tests.core.policy import cases
from tests.documents import allow, policy, trust

ALL = policy(allow())


def versions(live, name):
    iam = live.client("iam")
    arn = iam.create_policy(PolicyName=name, PolicyDocument=ALL)["Policy"]["Arn"]
    # The first version came with the policy.
    return lambda at: at and iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALL)


def attached(kind):
    def prepare(live, name):
        iam = live.client("iam")
        holder = f"{kind.capitalize()}Name"
        more = {"AssumeRolePolicyDocument": policy(trust("*"))}
        getattr(iam, f"create_{kind}")(**{holder: name}, **(more if kind == "role" else {}))
        arns = [each["Arn"] for each in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
        attach = getattr(iam, f"attach_{kind}_policy")
        return lambda at: attach(**{holder: name}, PolicyArn=arns[at])

    return prepare


def groups(live, name):
    iam = live.client("iam")
    iam.create_user(UserName=name)

    def one_more(at):
        iam.create_group(GroupName=f"{name}-{at}")
        iam.add_user_to_group(GroupName=f"{name}-{at}", UserName=name)

    return one_more


def keys(live, name):
    iam = live.client("iam")
    iam.create_user(UserName=name)
    return lambda _at: iam.create_access_key(UserName=name)


def tags(live, name):
    iam = live.client("iam")
    iam.create_user(UserName=name)
    return lambda at: iam.tag_user(UserName=name, Tags=[{"Key": f"k{at}", "Value": ""}])


def session_policies(live, name):
    key = live.user(name)
    role = live.role(f"{name}-r", f"arn:aws:iam::{live.account}:user/{name}")
    arns = [
        each["Arn"]
        for each in live.client("iam").list_policies(Scope="AWS", MaxItems=11)["Policies"]
    ]
    sts = live.client("sts", key)
    return lambda at: sts.assume_role(
        RoleArn=role, RoleSessionName="me", PolicyArns=[{"arn": arn} for arn in arns[: at + 1]]
    )


MAKERS = {
    "session policies": session_policies,
    "versions of a policy": versions,
    "policies of a user": attached("user"),
    "policies of a role": attached("role"),
    "policies of a group": attached("group"),
    "groups of a user": groups,
    "access keys of a user": keys,
    "tags of a user": tags,
}


@pytest.mark.parametrize("case", cases.COUNTS, ids=[case[1] for case in cases.COUNTS])
def test_t222_pol_there_are_as_many_as_the_case_says_and_no_more(live, case) -> None:
    _, what, most, words = case
    one_more = MAKERS[what](live, f"q{uuid.uuid4().hex[:12]}")
    for at in range(most):
        one_more(at)

    with pytest.raises(ClientError) as refused:
        one_more(most)
    assert words in refused.value.response["Error"]["Message"]
