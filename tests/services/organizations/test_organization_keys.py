"""Condition keys of organizations in trust policies: from the directory, never from a caller."""

import pytest
from botocore.exceptions import ClientError
from tests.services.organizations.conftest import ALL, Org, client, denied, founded

RIGHT = [
    {"StringEquals": {"aws:PrincipalOrgID": "$organization"}},
    {"StringEquals": {"AWS:principalorgid": "$organization"}},
    {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "$path"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "$organization/$root/*"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "$organization/*/$unit/*"}},
    {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
    {"StringEquals": {"aws:PrincipalOrgMasterAccountId": "$management"}},
]  # fmt: skip
WRONG = [
    {"StringEquals": {"aws:PrincipalOrgID": "o-0000000000"}},
    {"StringEquals": {"aws:PrincipalOrgID": "$ORGANIZATION"}},
    {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "$path$caller/"}},
    {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "$organization/$root/"}},
    {"StringNotEquals": {"aws:ResourceOrgID": "$organization"}},
    {"StringEquals": {"aws:PrincipalOrgMasterAccountId": "$caller"}},
]


@pytest.fixture
def tree(org):
    """An organization with a caller in a unit, and a member with the resource below the root."""
    org.unit_id = org.unit()
    org.caller, org.member = org.account(parent=org.unit_id), org.account()
    return org


def filled(org, condition):
    """Replace a case's placeholders by the organization's ids."""
    names = {
        "$organization": org.id,
        "$ORGANIZATION": org.id.upper(),
        "$root": org.root,
        "$unit": org.unit_id,
        "$management": org.management,
        "$caller": org.caller,
        "$path": f"{org.id}/{org.root}/{org.unit_id}/",
    }

    def put(text):
        for name, value in names.items():
            text = text.replace(name, value)
        return text

    return {
        operator: {key: put(text) for key, text in keys.items()}
        for operator, keys in condition.items()
    }


def role_for(org, condition, account=None):
    """Return the ARN of a role that trusts everybody for whom the condition holds."""
    return org.role(account or org.member, "*", Condition=filled(org, condition))


def entering(org, account, role):
    sts = org.client("sts", key=org.user(account, ALL))
    return lambda **more: sts.assume_role(RoleArn=role, RoleSessionName="me", **more)


@pytest.mark.parametrize("condition", RIGHT, ids=str)
def test_what_holds_of_the_organization_lets_its_members_in_and_nobody_else(
    tree, first, condition
) -> None:
    role = role_for(tree, condition)
    other = founded(first)

    assert entering(tree, tree.caller, role)()
    for stranger in (tree.standalone(), other.management, other.account()):
        denied(entering(tree, stranger, role))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:ResourceOrgID": "$organization"}},
        {"ForAnyValue:StringEquals": {"aws:ResourceOrgPaths": "$organization/$root/"}},
    ],
    ids=str,
)
def test_what_holds_of_the_resource_holds_for_whoever_comes(tree, condition) -> None:
    role = role_for(tree, condition)

    for account in (tree.caller, tree.standalone()):
        assert entering(tree, account, role)()


@pytest.mark.parametrize("condition", WRONG, ids=str)
def test_what_does_not_hold_lets_nobody_in(tree, condition) -> None:
    denied(entering(tree, tree.caller, role_for(tree, condition)))


def test_a_key_is_absent_outside_every_organization(tree) -> None:
    stranger, role = tree.standalone(), None
    absent = dict.fromkeys(
        ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalOrgMasterAccountId"), "true"
    )
    role = role_for(tree, {"Null": absent})

    assert entering(tree, stranger, role)()
    denied(entering(tree, tree.caller, role))
    of_nobody = role_for(tree, {"Null": {"aws:ResourceOrgID": "true"}}, account=stranger)
    assert entering(tree, tree.caller, of_nobody)()
    denied(entering(tree, tree.caller, role_for(tree, {"Null": {"aws:ResourceOrgID": "true"}})))


def test_the_keys_change_when_the_account_moves_leaves_and_founds(tree) -> None:
    here = role_for(tree, {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "$path*"}})
    ours = role_for(tree, {"StringEquals": {"aws:PrincipalOrgID": "$organization"}})
    enter_here, enter = entering(tree, tree.caller, here), entering(tree, tree.caller, ours)
    enter_here()

    tree.move(tree.caller, tree.root)
    denied(enter_here)
    enter()
    tree.o.remove_account_from_organization(AccountId=tree.caller)
    denied(enter)
    Org(tree.live, tree.caller).o.create_organization()
    denied(enter)


def test_a_caller_does_not_say_them_itself(tree) -> None:
    role = role_for(tree, {"StringEquals": {"aws:PrincipalOrgID": "$organization"}})
    stranger = tree.standalone()
    key = tree.user(stranger, ALL)
    enter = entering(tree, stranger, role)

    for name in ("aws:PrincipalOrgID", "PrincipalOrgID", "AWS:PRINCIPALORGID"):
        with pytest.raises(ClientError) as caught:
            enter(Tags=[{"Key": name, "Value": tree.id}], TransitiveTagKeys=[name])
        assert caught.value.response["Error"]["Code"] in {
            "AccessDenied",
            "InvalidParameterValue",
            "ValidationError",
        }
    denied(enter, SourceIdentity=tree.id)
    denied(enter, ExternalId=tree.id)

    def headers(request, **_):
        for name in (
            "aws-PrincipalOrgID",
            "PrincipalOrgID",
            "x-amz-principal-org-id",
            "x-amz-org-id",
        ):
            request.headers[name] = tree.id

    def fields(params, **_):
        params["body"] |= {"aws:PrincipalOrgID": tree.id, "PrincipalOrgID": tree.id}

    for event, hook in (
        ("before-sign.sts.AssumeRole", headers),
        ("before-call.sts.AssumeRole", fields),
    ):
        sts = client(tree.live, "sts", key)
        sts.meta.events.register(event, hook)
        with pytest.raises(ClientError):
            sts.assume_role(RoleArn=role, RoleSessionName="me")


def test_a_users_tags_are_not_the_organizations_keys(tree) -> None:
    role = role_for(tree, {"StringEquals": {"aws:PrincipalOrgID": "$organization"}})
    stranger = tree.standalone()
    key = tree.user(stranger, ALL)
    iam = tree.client("iam", stranger)
    (user,) = iam.list_users()["Users"]
    iam.tag_user(UserName=user["UserName"], Tags=[{"Key": "PrincipalOrgID", "Value": tree.id}])

    denied(tree.client("sts", key=key).assume_role, RoleArn=role, RoleSessionName="me")
