"""Who may call what on an organization's store, and what the caller's policies must say for it.

The operations, their classes and the resources that they are judged by are data:
`cases/operations.json`. Every call is one that changes no more than a revision where it is
permitted: its own refusal shows that it was.
"""

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import Session
from tests.documents import policy
from tests.services.identitystore.conftest import cases
from tests.services.organizations.conftest import ALL, client

FILE = cases("operations")
OPERATIONS = FILE["operations"]
NAMES = [each[0] for each in OPERATIONS]
NOBODY = "00000000-0000-4000-8000-000000000000"
PERSONAL = ("secretive", "told.to.nobody@example.com", "Hidden Things", "Keeper of Keys")
FLAT = "You do not have sufficient access to perform this action."


class Stage:
    """An organization with a person in a group, and a caller of every kind."""

    def __init__(self, org):
        self.org = org
        user, group, other = org.person("person"), org.group("group"), org.group("other")
        membership = org.join(group, user)
        delegated, member, outsider = org.account(), org.account(), org.standalone()
        org.delegate(delegated, "sso.amazonaws.com")
        self.ids = {
            "store": org.store,
            "user": user,
            "group": group,
            "other": other,
            "membership": membership,
            "nobody": NOBODY,
            "management": org.management,
            "delegated": delegated,
            "member": member,
            "outsider": outsider,
        }
        base = "arn:aws:identitystore:::"
        self.arns = {
            "*": "*",
            "store": f"arn:aws:identitystore::{org.management}:identitystore/{org.store}",
            "user": f"{base}user/{user}",
            "group": f"{base}group/{group}",
            "other": f"{base}group/{other}",
            "membership": f"{base}membership/{membership}",
            "nobody's membership": f"{base}membership/{NOBODY}",
            "users": f"{base}user/*",
            "groups": f"{base}group/*",
            "memberships": f"{base}membership/*",
        }
        iam = org.client("iam")
        iam.create_user(UserName="caller")
        self.key = iam.create_access_key(UserName="caller")["AccessKey"]
        self.user = client(org.live, "identitystore", self.key)

    def filled(self, value):
        """Replace a case's placeholders by the stage's ids."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return self.ids[value[1:]] if value[:1] == "$" else value

    def allow(self, *statements):
        """Allow the management account's user exactly these actions."""
        document = policy(*statements) if statements else policy({**ALL, "Effect": "Deny"})
        self.org.client("iam").put_user_policy(
            UserName="caller", PolicyName="own", PolicyDocument=document
        )

    def administrator(self, name):
        """Return a client of a user with every permission in an account."""
        return client(self.org.live, "identitystore", self.org.user(self.ids[name], ALL))


@pytest.fixture(scope="module")
def stage(org):
    return Stage(org)


def outcome(caller, operation, params):
    """Make a call; return `ok`, `flat`, `policies` or the name of the refusal."""
    try:
        getattr(caller, xform_name(operation))(**params)
    except ClientError as caught:
        error = caught.response["Error"]
        if error["Code"] == "AccessDeniedException":
            return "flat" if error["Message"] == FLAT else "policies"
        return error["Code"].removesuffix("Exception")
    return "ok"


def test_every_operation_of_the_service_has_its_case() -> None:
    model = Session().get_service_model("identitystore")

    assert sorted(NAMES) == sorted(model.operation_names)


@pytest.mark.parametrize("caller", FILE["callers"])
def test_standing_comes_before_every_policy(stage, caller) -> None:
    """T421: a member account's administrator reads, and nothing more, whatever its policies say."""
    administrator = stage.administrator(caller)
    found, expected = {}, {}
    for operation, kind, params, permitted, _ in OPERATIONS:
        may = FILE["classes"][kind][FILE["callers"].index(caller)]
        expected[operation] = permitted if may == "yes" else may
        found[operation] = outcome(administrator, operation, stage.filled(params))

    assert found == expected


def test_a_store_that_is_not_there_is_refused_as_one_of_others(stage) -> None:
    """T237, T421: nobody learns which stores exist."""
    other = stage.arns["store"].replace(stage.org.management, stage.ids["outsider"])
    for caller in ("management", "outsider"):
        administrator = stage.administrator(caller)
        for store in ("d-0000000000", NOBODY, other):
            for operation, _, params, _, _ in OPERATIONS:
                if "IdentityStoreId" in params:
                    named = {**stage.filled(params), "IdentityStoreId": store}
                    assert outcome(administrator, operation, named) == "flat"


def test_a_member_is_refused_before_the_resource_is_looked_up(stage) -> None:
    administrator = stage.administrator("member")
    params = {"IdentityStoreId": stage.ids["store"], "UserId": NOBODY}

    assert outcome(administrator, "DeleteUser", params) == "flat"
    assert outcome(administrator, "DescribeUser", params) == "ResourceNotFound"


@pytest.mark.parametrize("case", OPERATIONS, ids=NAMES)
def test_exactly_the_action_on_every_resource_is_enough_and_needed(stage, case) -> None:
    operation, _, params, permitted, resources = case
    params, action = stage.filled(params), f"identitystore:{operation}"
    arns = [stage.arns[each] for each in resources]

    def asked(action, arns):
        stage.allow({"Effect": "Allow", "Action": action, "Resource": arns})
        return outcome(stage.user, operation, params)

    for at, arn in enumerate(arns):
        other = f"{arn.rstrip('*')}x" if arn != "*" else "arn:aws:identitystore:::user/*"
        assert asked(action, [*arns[:at], other, *arns[at + 1 :]]) == "policies", arn
    assert asked(f"{action}x", arns) == "policies"
    assert asked(action, arns) == permitted


def test_a_refusal_has_a_sentence_for_each_resource_that_is_not_allowed(stage) -> None:
    action, params = (
        "identitystore:DescribeUser",
        {
            "IdentityStoreId": stage.ids["store"],
            "UserId": stage.ids["user"],
        },
    )
    caller = f"arn:aws:iam::{stage.org.management}:user/caller"

    def sentence(name):
        return (
            f"User: {caller} is not authorized to perform: {action} on resource:"
            f" {stage.arns[name]} because no identity-based policy allows the {action} action"
        )

    def refusal(*allowed):
        may = [stage.arns[each] for each in allowed]
        stage.allow(
            {"Effect": "Allow", "Action": action if may else "s3:*", "Resource": may or "*"}
        )
        with pytest.raises(ClientError) as refused:
            stage.user.describe_user(**params)
        return refused.value.response

    both = refusal()
    assert both["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"{sentence('store')}, {sentence('user')}",
    }
    assert both["RequestId"] == both["ResponseMetadata"]["RequestId"]
    assert refusal("user")["Error"]["Message"] == sentence("store")
    assert refusal("store")["Error"]["Message"] == sentence("user")


def test_a_refusal_names_ten_resources_at_most(stage) -> None:
    stage.allow({**ALL, "Action": "s3:*"})
    groups = [f"{number:08}-0000-4000-8000-000000000000" for number in range(100)]
    with pytest.raises(ClientError) as refused:
        stage.user.is_member_in_groups(
            IdentityStoreId=stage.ids["store"],
            MemberId={"UserId": stage.ids["user"]},
            GroupIds=groups,
        )
    assert refused.value.response["Error"]["Message"].count("is not authorized to perform") == 10


@pytest.mark.parametrize(
    ("caller", "condition", "passes"),
    [
        ("management", {"StringEquals": {"identitystore:PrimaryRegion": "us-east-1"}}, True),
        ("management", {"StringEquals": {"identitystore:PrimaryRegion": "eu-west-1"}}, False),
        ("management", {"Null": {"identitystore:UserExternalIdIssuers": "true"}}, True),
        ("management", {"Null": {"identitystore:ReservedUserId": "true"}}, True),
        ("management", {"StringEquals": {"aws:ResourceAccount": "$management"}}, True),
        ("member", {"StringEquals": {"aws:ResourceAccount": "$management"}}, True),
        ("member", {"StringEquals": {"aws:ResourceAccount": "$member"}}, False),
        ("member", {"StringEquals": {"identitystore:PrimaryRegion": "us-east-1"}}, True),
    ],
)
def test_a_request_brings_its_condition_keys(stage, caller, condition, passes) -> None:
    may = {**ALL, "Action": "identitystore:DescribeUser", "Condition": stage.filled(condition)}
    reader = client(stage.org.live, "identitystore", stage.org.user(stage.ids[caller], may))
    params = {"IdentityStoreId": stage.ids["store"], "UserId": stage.ids["user"]}

    assert outcome(reader, "DescribeUser", params) == ("ok" if passes else "policies")


def test_the_store_is_named_by_its_arn_too(stage) -> None:
    administrator = stage.administrator("management")
    found = administrator.describe_user(
        IdentityStoreId=stage.arns["store"], UserId=stage.arns["user"]
    )

    assert (found["IdentityStoreId"], found["UserId"]) == (stage.ids["store"], stage.ids["user"])


def test_two_organizations_see_nothing_of_each_other(stage, first) -> None:
    stranger = first.people()

    assert outcome(stranger, "ListUsers", {"IdentityStoreId": stage.ids["store"]}) == "flat"
    assert (
        outcome(
            stranger, "DescribeUser", {"IdentityStoreId": first.store, "UserId": stage.ids["user"]}
        )
        == "ResourceNotFound"
    )


def test_the_log_has_ids_of_people_and_no_attribute(stage) -> None:
    stage.org.people().create_user(
        IdentityStoreId=stage.ids["store"],
        UserName=PERSONAL[0],
        Emails=[{"Value": PERSONAL[1], "Primary": True}],
        Extensions={"aws:identitystore:enterprise": {"department": PERSONAL[2]}},
    )
    stage.org.people().update_user(
        IdentityStoreId=stage.ids["store"],
        UserId=stage.ids["user"],
        Operations=[{"AttributePath": "title", "AttributeValue": PERSONAL[3]}],
    )
    text = (stage.org.live.config.data / "audit.log").read_text()

    assert stage.ids["user"] in text
    assert [each for each in PERSONAL if each in text] == []
