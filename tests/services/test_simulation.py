"""IAM's policy simulator: decisions of the engine, without the calls that they are about."""

import pytest
from botocore.exceptions import ClientError
from tests.documents import allow, deny, policy, trust

A = "111122223333"
ALICE = f"arn:aws:iam::{A}:user/alice"


@pytest.fixture
def name(request):
    return "s" + str(abs(hash(request.node.nodeid)))[:16]


@pytest.fixture
def iam(live):
    return live.client("iam")


def in_lines(*statements):
    """Return a policy as text with one line per element."""
    return policy(*statements, indent=2)


def custom(iam, *policies, actions=("s3:GetObject",), **more):
    return iam.simulate_custom_policy(
        PolicyInputList=list(policies), ActionNames=list(actions), **more
    )["EvaluationResults"]


def refused(code, call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    assert error.value.response["Error"]["Code"] == code
    return error.value.response["Error"]["Message"]


def test_a_statement_that_allows_is_named_with_its_place(iam) -> None:
    (found,) = custom(iam, in_lines(allow("ec2:*")), in_lines(allow("s3:Get*")))

    assert found["EvalDecision"] == "allowed"
    assert found["EvalResourceName"] == "*"
    assert found["MatchedStatements"] == [
        {
            "SourcePolicyId": "PolicyInputList.2",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 4, "Column": 5},
            "EndPosition": {"Line": 8, "Column": 6},
        }
    ]
    assert found["MissingContextValues"] == []


def test_a_deny_is_the_only_statement_that_is_named(iam) -> None:
    (found,) = custom(iam, in_lines(allow(), deny("s3:*")))

    assert found["EvalDecision"] == "explicitDeny"
    assert len(found["MatchedStatements"]) == 1


def test_every_action_meets_every_resource_and_pages_follow(iam) -> None:
    resources = [f"arn:aws:s3:::b/{n}" for n in range(3)]
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[in_lines(allow("s3:GetObject", resources[0]))],
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=resources,
        PaginationConfig={"PageSize": 4},
    )
    found = [each for page in pages for each in page["EvaluationResults"]]

    assert [each["EvalDecision"] for each in found] == ["allowed"] + ["implicitDeny"] * 5
    assert found[0]["ResourceSpecificResults"][0]["EvalResourceDecision"] == "allowed"


def test_keys_that_are_missing_are_told_and_those_given_count(iam) -> None:
    document = in_lines(
        allow(
            Condition={
                "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                "ForAnyValue:StringEquals": {"aws:TagKeys": "a"},
            }
        )
    )
    (found,) = custom(iam, document)
    assert found["EvalDecision"] == "implicitDeny"
    assert found["MissingContextValues"] == ["aws:SourceIp", "aws:TagKeys"]
    (found,) = custom(iam, document, ResourceArns=["arn:aws:s3:::b"])
    missing = ["aws:SourceIp", "aws:TagKeys"]
    assert found["MissingContextValues"] == missing
    assert found["ResourceSpecificResults"][0]["MissingContextValues"] == missing

    entries = [
        {
            "ContextKeyName": "AWS:SourceIp",
            "ContextKeyValues": ["10.1.1.1"],
            "ContextKeyType": "ip",
        },
        {
            "ContextKeyName": "aws:TagKeys",
            "ContextKeyValues": ["a", "b"],
            "ContextKeyType": "stringList",
        },
    ]
    (found,) = custom(iam, document, ContextEntries=entries)
    assert found["EvalDecision"] == "allowed"


def test_a_boundary_caps_and_is_told(iam) -> None:
    (found,) = custom(
        iam, in_lines(allow()), PermissionsBoundaryPolicyInputList=[in_lines(allow("ec2:*"))]
    )
    assert found["EvalDecision"] == "implicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    (found,) = custom(
        iam, in_lines(allow()), PermissionsBoundaryPolicyInputList=[in_lines(allow())]
    )
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}


def test_a_resources_policy_counts_at_home_and_across_accounts(iam) -> None:
    resource = in_lines({"Principal": {"AWS": ALICE}, **allow("s3:*", "arn:aws:s3:::b")})
    common = {"ResourcePolicy": resource, "CallerArn": ALICE, "ResourceArns": ["arn:aws:s3:::b"]}

    (found,) = custom(iam, in_lines(allow("ec2:*")), **common)
    assert found["EvalDecision"] == "allowed"
    assert found["MatchedStatements"][0]["SourcePolicyType"] == "Resource Policy"
    assert found["EvalDecisionDetails"] == {}

    (found,) = custom(iam, in_lines(allow("ec2:*")), ResourceOwner="444455556666", **common)
    assert found["EvalDecision"] == "implicitDeny"
    assert found["EvalDecisionDetails"] == {
        "IAM Policy": "implicitDeny",
        "Resource Policy": "allowed",
    }
    (found,) = custom(
        iam, in_lines(allow()), ResourceOwner="arn:aws:iam::444455556666:root", **common
    )
    assert found["EvalDecision"] == "allowed"


def test_a_trust_policy_counts_for_sts(iam) -> None:
    role = f"arn:aws:iam::{A}:role/r"
    common = {"actions": ["sts:AssumeRole"], "CallerArn": ALICE, "ResourceArns": [role]}

    assert (
        custom(iam, in_lines(allow()), ResourcePolicy=policy(trust(A)), **common)[0]["EvalDecision"]
        == "allowed"
    )
    assert (
        custom(iam, in_lines(allow()), ResourcePolicy=policy(trust(ALICE + "x")), **common)[0][
            "EvalDecision"
        ]
        == "implicitDeny"
    )
    assert custom(iam, in_lines(allow()), **common)[0]["EvalDecision"] == "allowed"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"PolicyInputList": ["{}"]}, "Statement"),
        ({"ActionNames": ["GetObject"]}, "Invalid Action Name"),
        ({"ActionNames": ["s3:*"]}, "Invalid Action Name"),
        ({"ResourcePolicy": in_lines(allow())}, "CallerArn is required"),
        ({"ResourcePolicy": "{}", "CallerArn": ALICE}, "ResourcePolicy"),
        ({"CallerArn": f"arn:aws:sts::{A}:assumed-role/r/s"}, "Invalid Caller ARN"),
        ({"ResourceOwner": "12", "ResourceArns": ["arn:aws:s3:::b"]}, "Invalid ResourceOwner"),
        (
            {"PermissionsBoundaryPolicyInputList": [in_lines(allow())] * 2},
            "one permissions boundary",
        ),
        (
            {
                "ContextEntries": [
                    {
                        "ContextKeyName": "a:bcd",
                        "ContextKeyValues": ["1", "2"],
                        "ContextKeyType": "numeric",
                    }
                ]
            },
            "several values",
        ),
        (
            {"ContextEntries": [{"ContextKeyName": "a:bcd"}, {"ContextKeyName": "A:bcd"}]},
            "of its own",
        ),
        (
            {
                "ResourceHandlingOption": "EC2-VPC-EBS",
                "ResourceArns": [f"arn:aws:ec2:eu:{A}:instance/i"],
            },
            "image, security-group, network-interface, volume",
        ),
        ({"ResourceHandlingOption": "EC2-Classic-EBS"}, "Invalid ResourceHandlingOption"),
    ],
)
def test_what_cannot_be_simulated_is_refused(iam, params, words) -> None:
    given = {"PolicyInputList": [in_lines(allow())], "ActionNames": ["s3:GetObject"], **params}

    assert words in refused("InvalidInput", iam.simulate_custom_policy, **given)


def test_a_user_is_simulated_with_everything_that_it_holds(iam, live, name) -> None:
    user = iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "red"}])["User"]["Arn"]
    iam.put_user_policy(
        UserName=name, PolicyName="own", PolicyDocument=in_lines(allow("s3:GetObject"))
    )
    iam.create_group(GroupName=name)
    iam.put_group_policy(
        GroupName=name,
        PolicyName="shared",
        PolicyDocument=in_lines(
            allow("s3:PutObject", Condition={"StringEquals": {"aws:PrincipalTag/Team": "red"}})
        ),
    )
    iam.add_user_to_group(GroupName=name, UserName=name)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=in_lines(allow("s3:ListBucket")))[
        "Policy"
    ]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    actions = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject"]

    def simulate(**more):
        results = iam.simulate_principal_policy(PolicySourceArn=user, ActionNames=actions, **more)[
            "EvaluationResults"
        ]
        return [
            [each["SourcePolicyId"] for each in result["MatchedStatements"]] for result in results
        ]

    assert simulate() == [[f"user_{name}_own"], [f"group_{name}_shared"], [name], []]
    assert simulate(PolicyInputList=[in_lines(allow("s3:DeleteObject"))])[3] == [
        "PolicyInputList.1"
    ]
    assert simulate(PolicyExclusionList=[{"PolicyType": "inline"}]) == [[], [], [name], []]
    assert simulate(PolicyExclusionList=[{"PolicyArn": arn[:-2] + "*"}])[2] == []
    inline = {"PolicyName": "shared", "AttachmentType": "group", "AttachmentName": f"{name[:3]}*"}
    assert simulate(PolicyExclusionList=[{"InlinePolicyIdentifier": inline}])[:2] == [
        [f"user_{name}_own"],
        [],
    ]
    for wrong in (
        [{"PolicyArn": f"arn:aws:iam::*:policy/{name}"}],
        [{"InlinePolicyIdentifier": {**inline, "AttachmentName": "*a*"}}],
    ):
        refused(
            "InvalidInput",
            iam.simulate_principal_policy,
            PolicySourceArn=user,
            ActionNames=actions,
            PolicyExclusionList=wrong,
        )

    bound = iam.create_policy(PolicyName=f"{name}b", PolicyDocument=in_lines(allow("s3:Put*")))[
        "Policy"
    ]["Arn"]
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=bound)
    assert simulate() == [[], [f"group_{name}_shared"], [], []]
    assert simulate(PolicyExclusionList=[{"PolicyType": "permission-boundary"}])[0] == [
        f"user_{name}_own"
    ]
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=user)["ContextKeyNames"]
    assert keys == ["aws:PrincipalTag/Team"]


SIMULATED = [
    [],
    [allow("iam:*")],
    [allow("iam:Get*")],
    [allow("iam:*", "arn:aws:iam::*:user/${aws:username}")],
    [allow("iam:*"), deny("iam:List*")],
    [allow("iam:*"), deny("*", "arn:aws:iam::*:group/*")],
    [allow(Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})],
    [allow(Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})],
    [allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})],
    [allow(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}})],
    [allow(Condition={"Null": {"aws:TokenIssueTime": "true"}})],
    [{"Effect": "Allow", "NotAction": "iam:Get*", "Resource": "*"}],
    [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:iam::*:group/*"}],
]


@pytest.mark.parametrize("bound", [None, "iam:Get*"])
@pytest.mark.parametrize("statements", SIMULATED)
def test_t224_pol_what_is_simulated_is_what_happens(iam, live, name, statements, bound) -> None:
    user = iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "red"}])["User"]["Arn"]
    group = iam.create_group(GroupName=name)["Group"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=in_lines(*statements))
    if bound:
        made = iam.create_policy(PolicyName=name, PolicyDocument=in_lines(allow(bound)))["Policy"]
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=made["Arn"])
    mine = live.client("iam", key)

    for action, arn, call, params in (
        ("GetUser", user, mine.get_user, {"UserName": name}),
        ("ListUserTags", user, mine.list_user_tags, {"UserName": name}),
        ("GetGroup", group, mine.get_group, {"GroupName": name}),
        ("ListUsers", "*", mine.list_users, {}),
    ):
        asked = {"PolicySourceArn": user, "ActionNames": [f"iam:{action}"], "ResourceArns": [arn]}
        [simulated] = iam.simulate_principal_policy(**asked)["EvaluationResults"]
        try:
            call(**params)
        except ClientError as error:
            happened = error.response["Error"]["Code"]
        else:
            happened = "allowed"
        expected = "allowed" if simulated["EvalDecision"] == "allowed" else "AccessDenied"
        assert happened == expected, action


def test_a_role_and_a_group_are_simulated_too(iam, live, name) -> None:
    live.role(name, f"arn:aws:iam::{live.account}:root", allow("s3:GetObject"))
    role = iam.get_role(RoleName=name)["Role"]["Arn"]
    group = iam.create_group(GroupName=name)["Group"]["Arn"]

    for arn, expected in ((role, "allowed"), (group, "implicitDeny")):
        answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
        assert answer["EvaluationResults"][0]["EvalDecision"] == expected


def test_whom_there_is_not_cannot_be_simulated(iam, live) -> None:
    nobody = f"arn:aws:iam::{live.account}:user/nobody"
    refused(
        "NoSuchEntity",
        iam.simulate_principal_policy,
        PolicySourceArn=nobody,
        ActionNames=["s3:GetObject"],
    )
    for arn in (f"arn:aws:sts::{A}:assumed-role/r/s", f"arn:aws:iam::{A}:policy/x"):
        refused(
            "InvalidInput",
            iam.simulate_principal_policy,
            PolicySourceArn=arn,
            ActionNames=["s3:GetObject"],
        )


def test_keys_are_listed_once_whatever_their_case(iam) -> None:
    document = in_lines(
        allow(
            "s3:*",
            "arn:aws:s3:::${aws:username}/*",
            Condition={"StringEquals": {"aws:SourceVpc": "${aws:PrincipalTag/Vpc}"}},
        ),
        allow(
            "s3:*",
            Condition={
                "StringLike": {"AWS:SourceVPC": "x"},
                "NumericLessThan": {"s3:max-keys": "${nothing}"},
            },
        ),
    )
    found = iam.get_context_keys_for_custom_policy(PolicyInputList=[document])["ContextKeyNames"]

    assert found == ["aws:SourceVpc", "aws:principaltag/vpc", "aws:username", "s3:max-keys"]
    refused("InvalidInput", iam.get_context_keys_for_custom_policy, PolicyInputList=["nonsense"])


def test_an_operator_that_there_is_not_is_refused_wherever_a_policy_is_given(iam) -> None:
    wrong, given = (
        in_lines(allow(Condition={"StringMatch": {"k": "v"}})),
        {"ActionNames": ["s3:GetObject"]},
    )
    words = "Syntax errors in policy. (Statement[0].Condition.StringMatch)"

    assert words in refused(
        "InvalidInput", iam.simulate_custom_policy, PolicyInputList=[wrong], **given
    )
    assert words in refused(
        "InvalidInput",
        iam.simulate_custom_policy,
        PolicyInputList=[in_lines(allow())],
        CallerArn=ALICE,
        ResourcePolicy=wrong,
        **given,
    )
    assert words in refused(
        "InvalidInput", iam.get_context_keys_for_custom_policy, PolicyInputList=[wrong]
    )
