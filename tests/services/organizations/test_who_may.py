"""Who may call what, from which account, and what an account's own policies must say for it.

The operations, their classes and the resources that they are judged by are data:
`cases/operations.json`. Every call is one that changes nothing even where it is permitted: its own
refusal shows that it was.
"""

import json

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import Session
from tests.documents import policy
from tests.services.organizations.conftest import (
    ALL,
    FLAT,
    HARMLESS,
    SCP,
    cases,
    client,
    founded,
    fresh,
)

FILE = cases("operations")
OPERATIONS = FILE["operations"]
NAMES = [f"{each[0]}-{each[4][-1]}" for each in OPERATIONS]
MANAGING = (
    "AttachPolicy",
    "CreatePolicy",
    "DeletePolicy",
    "DetachPolicy",
    "DisablePolicyType",
    "EnablePolicyType",
    "TagResource",
    "UntagResource",
    "UpdatePolicy",
)
CONDITIONS = cases("condition_keys")
WORDS = {FLAT: "flat", "Your account is not a member of an organization.": "none"}


class Stage:
    """An organization with a resource of every kind, and a caller of every kind."""

    def __init__(self, org):
        self.org = org
        unit = org.unit("unit")
        first = {"Email": f"{fresh()}@example.com", "AccountName": "member"}
        creation = org.o.create_account(**first)["CreateAccountStatus"]["Id"]
        told = org.o.describe_create_account_status(CreateAccountRequestId=creation)
        member = told["CreateAccountStatus"]["AccountId"]
        org.move(member, unit, org.root)
        delegated, named = org.account(), org.account()
        org.delegate(delegated)
        actions = [f"organizations:{each}" for each in (*MANAGING, "Describe*", "List*")]
        content = policy(
            {"Effect": "Allow", "Principal": {"AWS": named}, "Action": actions, "Resource": "*"}
        )
        kept = org.o.put_resource_policy(Content=content)["ResourcePolicy"]["ResourcePolicySummary"]
        made = org.policy(HARMLESS, on=unit)
        self.ids = {
            "organization": org.id,
            "root": org.root,
            "unit": unit,
            "inner": org.unit("inner", unit),
            "management": org.management,
            "member": member,
            "delegated": delegated,
            "named": named,
            "other": org.account(),
            "outsider": org.standalone(),
            "creation": creation,
            "policy": made["Id"],
            "resource policy": kept["Id"],
        }
        self._arns = {
            "*": "*",
            "policy": made["Arn"],
            "full access": (
                "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
            ),
            "new policy": f"{org.prefix}:policy/{org.id}/{SCP.lower()}/*",
            "resource policy": kept["Arn"],
        }
        for kind in ("root", "unit", "member", "policy", "resource policy"):
            org.o.tag_resource(ResourceId=self.ids[kind], Tags=[{"Key": "team", "Value": kind}])
        iam = org.client("iam")
        iam.create_user(UserName="user")
        self.key = iam.create_access_key(UserName="user")["AccessKey"]
        self.user = client(org.live, "organizations", self.key)

    def arn(self, name):
        return self._arns.get(name) or self.org.arn(self.ids[name])

    def filled(self, value):
        """Replace a case's placeholders by the stage's ids."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return self.ids[value[1:]] if value[:1] == "$" else value

    def allow(self, *statements):
        """Allow the management account's user exactly these actions."""
        iam = self.org.client("iam")
        if statements:
            iam.put_user_policy(
                UserName="user", PolicyName="own", PolicyDocument=policy(*statements)
            )
        elif iam.list_user_policies(UserName="user")["PolicyNames"]:
            iam.delete_user_policy(UserName="user", PolicyName="own")

    def caller(self, name):
        return self.user if name == "user" else self.org.client(account=self.ids[name])


@pytest.fixture(scope="module")
def stage(first):
    return Stage(founded(first))


def outcome(caller, operation, params):
    """Make a call; return `ok`, `flat`, `none`, `policies` or the name of the refusal."""
    try:
        getattr(caller, xform_name(operation))(**params)
    except ClientError as caught:
        error = caught.response["Error"]
        if error["Code"] == "AccessDeniedException":
            return WORDS.get(error["Message"], "policies")
        if error["Code"] == "AWSOrganizationsNotInUseException":
            return WORDS[error["Message"]]
        return error["Code"].removesuffix("Exception")
    return "ok"


def test_every_operation_of_the_service_has_its_case() -> None:
    model = set(Session().get_service_model("organizations").operation_names)

    assert {each[0] for each in OPERATIONS} | set(FILE["elsewhere"]) == model
    assert not {each[0] for each in OPERATIONS} & set(FILE["elsewhere"])


@pytest.mark.parametrize("caller", FILE["callers"])
@pytest.mark.parametrize("case", OPERATIONS, ids=NAMES)
def test_membership_comes_before_every_policy(stage, first, case, caller) -> None:
    operation, kind, params, permitted, _ = case
    expected = FILE["classes"][kind][FILE["callers"].index(caller)]
    changes = (
        permitted == "ok"
        and expected == "yes"
        and operation in {"LeaveOrganization", "CreateOrganization", "DeleteResourcePolicy"}
    )
    if changes:
        stage = Stage(founded(first))
    stage.allow()

    found = outcome(stage.caller(caller), operation, stage.filled(params))
    assert found == (permitted if expected == "yes" else expected)


@pytest.mark.parametrize("case", OPERATIONS, ids=NAMES)
def test_exactly_the_action_on_exactly_the_resources_is_enough_and_needed(
    stage, first, case
) -> None:
    operation, kind, params, permitted, resources = case
    if operation == "DeleteResourcePolicy":
        stage = Stage(founded(first))
    expected = FILE["classes"][kind][0]
    params, action = stage.filled(params), f"organizations:{operation}"
    arns = [stage.arn(each) for each in resources]

    def asked(action, arns):
        stage.allow({"Effect": "Allow", "Action": action, "Resource": arns})
        return outcome(stage.user, operation, params)

    for at, arn in enumerate(arns):
        other = f"{arn.rstrip('*')}x" if arn != "*" else f"{stage.org.prefix}:*"
        assert asked(action, [*arns[:at], other, *arns[at + 1 :]]) == "policies"
    assert asked(f"{action}x", arns) == "policies"
    assert asked(action, arns) == (permitted if expected == "yes" else expected)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("CreateOrganizationalUnit", {"ParentId": "$root", "Name": "unit"}),
        ("CreatePolicy", {"Content": "{}", "Description": "", "Name": "x", "Type": SCP}),
        ("CreateAccount", {"Email": "a(b@example.com", "AccountName": "x"}),
        ("PutResourcePolicy", {"Content": "{"}),
    ],
)
def test_tags_in_a_request_need_a_permission_of_their_own(stage, operation, params) -> None:
    params = stage.filled(params)
    tagged = {**params, "Tags": [{"Key": "a", "Value": "b"}]}
    allowed = {**ALL, "Action": f"organizations:{operation}"}

    stage.allow(allowed)
    assert outcome(stage.user, operation, params) != "policies"
    assert outcome(stage.user, operation, tagged) == "policies"
    stage.allow(allowed, {**ALL, "Action": "organizations:TagResource"})
    assert outcome(stage.user, operation, tagged) != "policies"
    stage.allow(
        allowed,
        {
            **ALL,
            "Action": "organizations:TagResource",
            "Condition": {"StringEquals": {"aws:RequestTag/a": "c"}},
        },
    )
    assert outcome(stage.user, operation, tagged) == "policies"


@pytest.mark.parametrize(
    "case", CONDITIONS, ids=[f"{at}-{case[0]}" for at, case in enumerate(CONDITIONS)]
)
def test_a_request_brings_the_condition_keys_that_its_case_names(stage, case) -> None:
    operation, params, condition, passes = case
    condition = stage.filled(condition)
    stage.allow({**ALL, "Action": f"organizations:{operation}", "Condition": condition})

    found = outcome(stage.user, operation, stage.filled(params))
    assert (found != "policies") == passes, found
    # The same condition on a deny holds where it allowed, and only there.
    stage.allow(ALL, {**ALL, "Effect": "Deny", "Condition": condition})
    assert (outcome(stage.user, operation, stage.filled(params)) == "policies") == passes


@pytest.mark.parametrize("caller", ["delegated", "named"])
def test_who_may_read_needs_a_permission_of_its_own_account(stage, caller) -> None:
    account = stage.ids[caller]
    without = stage.org.client(key=stage.org.user(account))
    may = {**ALL, "Action": "organizations:ListAccounts"}
    reader = stage.org.client(key=stage.org.user(account, may))

    assert outcome(without, "ListAccounts", {}) == "policies"
    assert outcome(reader, "ListAccounts", {}) == "ok"
    assert outcome(reader, "ListRoots", {}) == "policies"


def test_no_policy_of_a_member_opens_what_membership_closes(stage) -> None:
    administrator = stage.org.client(key=stage.org.user(stage.ids["member"], ALL))

    for operation, kind, params, _, _ in OPERATIONS:
        if kind in {"management", "readers", "policy managers"}:
            assert outcome(administrator, operation, stage.filled(params)) == "flat"


def test_a_call_that_is_not_signed_is_nobodys(stage) -> None:
    stranger = client(stage.org.live, "organizations", {**stage.key, "SecretAccessKey": "x" * 40})

    assert outcome(stranger, "DescribeOrganization", {}) == "InvalidSignature"


def test_the_cases_name_each_thing_once() -> None:
    rows = [json.dumps(each[:3]) for each in OPERATIONS]

    assert len(rows) == len(set(rows))
