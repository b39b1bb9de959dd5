"""Who may call what, from which account, and what an account's own policies must say for it.

The operations, their classes and the resources that they are judged by are data:
`cases/operations.json`. Every call is one that changes nothing even where it is permitted: its own
refusal shows that it was.
"""

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import Session
from tests.documents import policy
from tests.services.ssoadmin.conftest import SERVICE, cases, founded

from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.record import Tag
from daypass.server.app import operations_by_service
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog

FILE = cases("operations")
BUILT = operations_by_service(load_catalog(SERVICES))["ssoadmin"]
OPERATIONS = [each for each in FILE["operations"] if each[0] in BUILT]
NAMES = [each[0] for each in OPERATIONS]
WORDS = {
    "You do not have sufficient access to perform this action.": "flat",
    "An account instance cannot be created in the management account of an organization.": (
        "management"
    ),
}
STATUS = 400
"""The HTTP status of every refusal."""
ABSENT = "arn:aws:sso:::instance/ssoins-0000000000000000"


class Stage:
    """An organization with its instance and a permission set, and a caller of every standing."""

    def __init__(self, center, first):
        self.center = center
        member, delegated = center.account(), center.account()
        center.delegate(delegated, "sso.amazonaws.com")
        found = center.instance_id
        self.ids = {
            "management": center.management,
            "member": member,
            "delegated": delegated,
            "outsider": first.standalone(),
            "instance": center.instance,
            "set": f"arn:aws:sso:::permissionSet/{found}/ps-0123456789abcdef",
            "nobody": f"arn:aws:sso:::permissionSet/{found}/ps-fedcba9876543210",
        }
        self._arns = {
            "*": "*",
            "new instance": "arn:aws:sso:::instance/*",
            "new set": f"arn:aws:sso:::permissionSet/{found}/*",
            "account": f"arn:aws:sso:::account/{member}",
            "every account": "arn:aws:sso:::account/*",
        }
        center.put(
            PermissionSet(
                account=found,
                id="ps-0123456789abcdef",
                name="one",
                created=1,
                tags=(Tag("team", "set"),),
            )
        )
        center.sso.tag_resource(
            ResourceArn=center.instance, Tags=[{"Key": "team", "Value": "instance"}]
        )
        self.keys = {}
        for name in ("management", "outsider"):
            iam = center.client("iam", self.ids[name])
            iam.create_user(UserName="user")
            self.keys[name] = iam.create_access_key(UserName="user")["AccessKey"]

    def arn(self, name):
        return self._arns.get(name) or self.ids[name]

    def filled(self, value):
        """Replace a case's placeholders by the stage's ids."""
        return filled(value, self.ids)

    def allow(self, *statements, account="management"):
        """Allow an account's user exactly these actions."""
        iam = self.center.client("iam", self.ids[account])
        if statements:
            iam.put_user_policy(
                UserName="user", PolicyName="own", PolicyDocument=policy(*statements)
            )
        elif iam.list_user_policies(UserName="user")["PolicyNames"]:
            iam.delete_user_policy(UserName="user", PolicyName="own")

    def caller(self, name):
        return self.center.client(SERVICE, self.ids[name])

    def user(self, account="management"):
        return self.center.client(SERVICE, self.ids[account], key=self.keys[account])


def filled(value, ids):
    """Replace the placeholders in a value by ids."""
    if isinstance(value, dict):
        return {key: filled(each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    known = isinstance(value, str) and value[:1] == "$" and value[1:] in ids
    return ids[value[1:]] if known else value


@pytest.fixture(scope="module")
def stage(first):
    return Stage(founded(first), first)


def outcome(caller, operation, params):
    """Make a call; return `ok`, `flat`, `management`, `policies` or the name of the refusal."""
    try:
        getattr(caller, xform_name(operation))(**params)
    except ClientError as caught:
        error = caught.response["Error"]
        code = error["Code"].removesuffix("Exception")
        if (status := caught.response["ResponseMetadata"]["HTTPStatusCode"]) != STATUS:
            return f"{code} with status {status}"
        if code == "AccessDenied" and "is not authorized to perform" in error["Message"]:
            return "policies"
        return WORDS.get(error["Message"], code)
    return "ok"


def test_every_operation_of_the_service_has_its_case() -> None:
    model = set(Session().get_service_model(SERVICE).operation_names)

    assert {each[0] for each in FILE["operations"]} | set(FILE["not_built"]) == model
    assert not {each[0] for each in FILE["operations"]} & set(FILE["not_built"])
    assert not BUILT.keys() & set(FILE["not_built"])


@pytest.mark.parametrize("caller", FILE["callers"])
@pytest.mark.parametrize("case", OPERATIONS, ids=NAMES)
def test_t421_priv_standing_comes_before_every_policy(stage, first, case, caller) -> None:
    operation, kind, params, permitted, _ = case
    expected = FILE["classes"][kind][FILE["callers"].index(caller)]
    if operation == "DeleteInstance" and expected == "yes":
        stage = Stage(founded(first), first)

    found = outcome(stage.caller(caller), operation, stage.filled(params))
    assert found == (permitted if expected == "yes" else expected)


@pytest.mark.parametrize("case", OPERATIONS, ids=NAMES)
def test_exactly_the_action_on_exactly_the_resources_is_enough_and_needed(
    stage, first, case
) -> None:
    operation, kind, params, permitted, resources = case
    if operation == "DeleteInstance":
        stage = Stage(founded(first), first)
    account = "outsider" if kind == "create" else "management"
    params, action = stage.filled(params), f"sso:{operation}"
    arns = [stage.arn(each) for each in resources]

    def asked(action, arns):
        stage.allow({"Effect": "Allow", "Action": action, "Resource": arns}, account=account)
        return outcome(stage.user(account), operation, params)

    for at, arn in enumerate(arns):
        other = f"{arn.rstrip('*')}x" if arn != "*" else "arn:aws:sso:::*"
        assert asked(action, [*arns[:at], other, *arns[at + 1 :]]) == "policies"
    assert asked(f"{action}x", arns) == "policies"
    assert asked(action, arns) == permitted


NAMING = [each for each in OPERATIONS if "InstanceArn" in each[2] or "ResourceArn" in each[2]]


@pytest.mark.parametrize("caller", ["management", "outsider"])
@pytest.mark.parametrize("case", NAMING, ids=[each[0] for each in NAMING])
def test_an_instance_of_others_is_refused_like_one_that_does_not_exist(
    stage, first, case, caller
) -> None:
    # T237-PRIV
    operation, _, params, _, _ = case
    answers = set()
    for arn in (first.instance, ABSENT):
        named = {**stage.ids, "instance": arn}
        for each in ("set", "nobody"):
            last = stage.ids[each].rpartition("/")[2]
            named[each] = f"{arn.replace(':instance/', ':permissionSet/')}/{last}"
        answers.add(outcome(stage.caller(caller), operation, filled(params, named)))

    assert answers == {"flat"}


CONDITIONS = [
    # operation, parameters, the condition, whether it fits
    ("DescribeInstance", {"InstanceArn": "$instance"}, {"sso:PrimaryRegion": "us-east-1"}, True),
    ("DescribeInstance", {"InstanceArn": "$instance"}, {"sso:PrimaryRegion": "eu-west-1"}, False),
    ("ListInstances", {}, {"sso:PrimaryRegion": "us-east-1"}, True),
    ("ListInstances", {}, {"sso:PrimaryRegion": "eu-west-1"}, False),
    ("DescribeInstance", {"InstanceArn": "$instance"}, {"aws:ResourceTag/team": "instance"}, True),
    ("DescribeInstance", {"InstanceArn": "$instance"}, {"aws:ResourceTag/team": "set"}, False),
    ("ListTagsForResource", {"ResourceArn": "$set"}, {"aws:ResourceTag/team": "set"}, True),
    ("ListTagsForResource", {"ResourceArn": "$set"}, {"sso:PrimaryRegion": "us-east-1"}, True),
    ("ListTagsForResource", {"ResourceArn": "$set"}, {"aws:ResourceTag/team": "instance"}, False),
    # A set that does not exist has no tags.
    (
        "UntagResource",
        {"ResourceArn": "$nobody", "TagKeys": ["x"]},
        {"aws:ResourceTag/team": "set"},
        False,
    ),
    ("UntagResource", {"ResourceArn": "$set", "TagKeys": ["x"]}, {"aws:TagKeys": ["x"]}, True),
    ("UntagResource", {"ResourceArn": "$set", "TagKeys": ["y"]}, {"aws:TagKeys": ["x"]}, False),
    (
        "TagResource",
        {"ResourceArn": "$set", "Tags": [{"Key": "stage", "Value": "test"}]},
        {"aws:RequestTag/stage": "test"},
        True,
    ),
    (
        "TagResource",
        {"ResourceArn": "$set", "Tags": [{"Key": "stage", "Value": "live"}]},
        {"aws:RequestTag/stage": "test"},
        False,
    ),
]


@pytest.mark.parametrize(("operation", "params", "condition", "fits"), CONDITIONS)
def test_a_policy_decides_by_the_keys_of_the_instance_the_resource_and_the_request(
    stage, operation, params, condition, fits
) -> None:
    test = "ForAllValues:StringEquals" if "aws:TagKeys" in condition else "StringEquals"
    stage.allow(
        {
            "Effect": "Allow",
            "Action": f"sso:{operation}",
            "Resource": "*",
            "Condition": {test: condition},
        }
    )

    expected = "ok" if fits else "policies"
    assert outcome(stage.user(), operation, stage.filled(params)) == expected


def test_a_set_is_judged_by_its_tags_and_by_its_instances_region(stage) -> None:
    stage.allow(
        {
            "Effect": "Allow",
            "Action": "sso:ListTagsForResource",
            "Resource": stage.ids["set"],
            "Condition": {
                "StringEquals": {"aws:ResourceTag/team": "set", "sso:PrimaryRegion": "us-east-1"}
            },
        }
    )

    assert outcome(stage.user(), "ListTagsForResource", {"ResourceArn": stage.ids["set"]}) == "ok"


def test_an_scp_binds_a_delegated_administrator(first) -> None:
    stage = Stage(founded(first), first)
    deny = {"Effect": "Deny", "Action": "sso:DescribeInstance", "Resource": "*"}
    described = {"InstanceArn": stage.center.instance}
    assert outcome(stage.caller("delegated"), "DescribeInstance", described) == "ok"

    stage.center.policy(policy(deny), on=stage.ids["delegated"])
    assert outcome(stage.caller("delegated"), "DescribeInstance", described) == "policies"


def test_the_rights_of_a_delegated_administrator_end_with_its_registration(first) -> None:
    stage = Stage(founded(first), first)
    described = {"InstanceArn": stage.center.instance}
    assert outcome(stage.caller("delegated"), "DescribeInstance", described) == "ok"

    stage.center.o.deregister_delegated_administrator(
        AccountId=stage.ids["delegated"], ServicePrincipal="sso.amazonaws.com"
    )
    assert outcome(stage.caller("delegated"), "DescribeInstance", described) == "flat"


def test_an_account_outside_does_everything_on_its_own_instance(stage, first) -> None:
    own = stage.center.client(SERVICE, first.standalone())
    arn = own.create_instance(Name="own")["InstanceArn"]

    assert own.describe_instance(InstanceArn=arn)["Name"] == "own"
    assert own.add_region(InstanceArn=arn, RegionName="eu-west-1")["Status"] == "ACTIVE"
    own.update_instance(InstanceArn=arn, PermissionSetsEnabled=True)
    assert own.describe_instance(InstanceArn=arn)["PermissionSetsEnabled"] is True
    assert [each["InstanceArn"] for each in own.list_instances()["Instances"]] == [arn]
    assert outcome(stage.center.sso, "DescribeInstance", {"InstanceArn": arn}) == "flat"
