"""Service control policies on the wire: they apply to all principals of a member account."""

import pytest
from tests.conftest import serving
from tests.documents import deny, policy
from tests.services.organizations.conftest import ALL, FULL, HARMLESS, SCP, Org, denied, fresh

PLACES = ["root", "unit", "account"]
NO_USERS = policy(deny("iam:CreateUser"))


@pytest.fixture
def tree(org):
    """An organization with a unit and an account in it, and the three nodes above that account."""
    org.unit_id = org.unit()
    org.member = org.account(parent=org.unit_id)
    org.places = {"root": org.root, "unit": org.unit_id, "account": org.member}
    return org


def callers(org):
    """Return credentials of every kind of caller that may do everything in the member."""
    return {
        "root": org.live.root(account=org.member),
        "administrator": org.user(org.member, ALL),
        "session from above": org.inside(org.member),
    }


def make_user(org, account=None, key=None):
    org.client("iam", account, key=key).create_user(UserName=fresh())


@pytest.mark.parametrize("place", PLACES)
def test_a_deny_above_stops_everybody_in_a_member_and_is_named(tree, place) -> None:
    known = {who: tree.client("iam", key=key) for who, key in callers(tree).items()}
    made = tree.policy(NO_USERS, on=tree.places[place])

    for iam in known.values():
        words = denied(iam.create_user, UserName="x")
        assert words.endswith(
            "is not authorized to perform: iam:CreateUser on resource:"
            f" arn:aws:iam::{tree.member}:user/x"
            f" with an explicit deny in a service control policy: {made['Arn']}"
        )
        assert iam.list_users()
    make_user(tree)
    make_user(tree, key=tree.user(None, ALL))


def test_a_deny_that_cannot_be_read_is_not_void(tree) -> None:
    iam = tree.client("iam", key=tree.user(tree.member, ALL))
    iam.create_user(UserName=fresh())

    unread = {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/33"}}
    tree.policy(policy(deny("iam:CreateUser", Condition=unread)), on=tree.unit_id)

    assert "with an explicit deny in a service control policy" in denied(
        iam.create_user, UserName="x"
    )


@pytest.mark.parametrize("place", PLACES)
def test_it_holds_and_ends_with_the_commit_for_sessions_that_live_already(tree, place) -> None:
    known = {who: tree.client("iam", key=key) for who, key in callers(tree).items()}
    made = tree.policy(HARMLESS)["Id"]
    link = {"PolicyId": made, "TargetId": tree.places[place]}

    def all_may():
        for iam in known.values():
            iam.create_user(UserName=fresh())

    def nobody_may():
        for iam in known.values():
            denied(iam.create_user, UserName="x")

    all_may()
    tree.o.attach_policy(**link)
    all_may()
    tree.o.update_policy(PolicyId=made, Content=NO_USERS)
    nobody_may()
    tree.o.update_policy(PolicyId=made, Content=HARMLESS)
    all_may()
    tree.o.update_policy(PolicyId=made, Content=NO_USERS)
    tree.o.detach_policy(**link)
    all_may()


@pytest.mark.parametrize("place", PLACES)
def test_a_level_without_an_allow_denies(tree, place) -> None:
    target = tree.places[place]
    tree.policy(policy({**ALL, "Action": "iam:List*"}), on=target)
    make_user(tree, tree.member)
    tree.o.detach_policy(PolicyId=FULL, TargetId=target)
    iam = tree.client("iam", tree.member)

    words = denied(iam.create_user, UserName="x")
    assert words.endswith("because no service control policy allows the iam:CreateUser action")
    assert iam.list_users()
    make_user(tree)
    tree.o.attach_policy(PolicyId=FULL, TargetId=target)
    make_user(tree, tree.member)


def test_levels_narrow_one_after_the_other(tree) -> None:
    for place, actions in (
        ("unit", ["iam:ListUsers", "iam:ListRoles"]),
        ("account", ["iam:ListUsers", "iam:ListGroups"]),
    ):
        tree.policy(policy({**ALL, "Action": actions}), on=tree.places[place])
        tree.o.detach_policy(PolicyId=FULL, TargetId=tree.places[place])
    iam = tree.client("iam", tree.member)

    assert iam.list_users()
    denied(iam.list_roles)
    denied(iam.list_groups)


def test_an_allow_above_gives_nothing_by_itself(tree) -> None:
    iam = tree.client("iam", key=tree.user(tree.member))

    assert "identity-based policy" in denied(iam.create_user, UserName="x")


def test_the_management_account_is_under_no_policy(tree) -> None:
    tree.policy(policy(deny("*")), on=[tree.root, tree.management])

    make_user(tree)
    make_user(tree, key=tree.user(None, ALL))
    denied(tree.client("iam", tree.member).list_users)
    assert tree.o.list_accounts()["Accounts"]


def test_a_disabled_type_holds_nothing_and_comes_back_empty(tree) -> None:
    tree.policy(NO_USERS, on=list(tree.places.values()))
    switch = {"RootId": tree.root, "PolicyType": SCP}
    denied(tree.client("iam", tree.member).create_user, UserName="x")

    tree.o.disable_policy_type(**switch)
    make_user(tree, tree.member)
    tree.o.enable_policy_type(**switch)
    make_user(tree, tree.member)


def test_an_account_that_moves_comes_under_what_is_above_it_now(tree) -> None:
    other = tree.unit()
    inner = tree.unit(parent=other)
    tree.policy(NO_USERS, on=other)
    iam = tree.client("iam", key=tree.inside(tree.member))

    iam.create_user(UserName=fresh())
    for destination, may in (
        (inner, False),
        (tree.root, True),
        (other, False),
        (tree.unit_id, True),
    ):
        tree.move(tree.member, destination)
        if may:
            iam.create_user(UserName=fresh())
        else:
            denied(iam.create_user, UserName="x")


def test_a_new_account_is_under_the_roots_policies_at_once(tree) -> None:
    tree.policy(NO_USERS, on=tree.root)

    denied(tree.client("iam", tree.account()).create_user, UserName="x")


def test_an_account_that_goes_is_under_no_policy_at_once(tree) -> None:
    known = {who: tree.client("iam", key=key) for who, key in callers(tree).items()}
    tree.policy(NO_USERS, on=[tree.root, tree.member])
    for iam in known.values():
        denied(iam.create_user, UserName="x")
    tree.o.remove_account_from_organization(AccountId=tree.member)

    for iam in known.values():
        iam.create_user(UserName=fresh())


def test_an_organization_that_is_let_go_takes_its_policies_along(org) -> None:
    member = org.account()
    org.policy(policy(deny("*")), on=org.root)
    denied(org.client("iam", member).list_users)
    org.o.remove_account_from_organization(AccountId=member)
    org.o.delete_organization()

    make_user(org, member)
    make_user(org)


def test_a_member_that_founds_its_own_is_under_nobody(tree) -> None:
    tree.policy(policy(deny("*")), on=tree.root)
    tree.o.remove_account_from_organization(AccountId=tree.member)
    own = Org(tree.live, tree.member)
    own.o.create_organization()

    make_user(own)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "$organization"}}, True),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "$organization"}}, False),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "$organization/*"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": "$member"}}, True),
        (
            {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}},
            True,
        ),
        (
            {
                "ArnNotLike": {
                    "aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"
                }
            },
            False,
        ),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
    ],
)
def test_conditions_above_are_evaluated_of_the_caller(tree, condition, holds) -> None:
    text = policy(deny("iam:CreateUser", Condition=condition))
    text = text.replace("$organization", tree.id).replace("$member", tree.member)
    tree.policy(text, on=tree.root)
    iam = tree.client("iam", key=tree.inside(tree.member))

    if holds:
        denied(iam.create_user, UserName="x")
    else:
        iam.create_user(UserName="x")


def test_a_restart_changes_nothing_of_what_stands_above(store_url, tmp_path) -> None:
    path = tmp_path / "data"
    for live in serving(path, store_url):
        org = Org(live, live.account)
        member, closed, unit = org.account(), org.account(), org.unit()
        org.move(member, unit)
        made = org.policy(NO_USERS, on=unit)
        org.o.close_account(AccountId=closed)
        ids = (org.id, org.root)
    for live in serving(path, store_url):
        org = Org(live, live.account)
        assert (org.id, org.root) == ids
        assert made["Arn"] in denied(org.client("iam", member).create_user, UserName="x")
        make_user(org)
        states = [each["State"] for each in org.o.list_accounts()["Accounts"]]
        assert states == ["ACTIVE", "ACTIVE", "CLOSED"]
        org.o.detach_policy(PolicyId=made["Id"], TargetId=unit)
        make_user(org, member)


# Between accounts.


def test_the_callers_policies_hold_when_it_assumes_a_role_elsewhere(tree) -> None:
    other = tree.account()
    role = tree.role(other, f"arn:aws:iam::{tree.member}:root")
    sts = tree.client("sts", key=tree.user(tree.member, ALL))
    assume = {"RoleArn": role, "RoleSessionName": "me"}

    sts.assume_role(**assume)
    # Those of the role's account do not, until the session calls.
    made = tree.policy(policy(deny(["sts:AssumeRole", "iam:CreateUser"])), on=other)
    key = sts.assume_role(**assume)["Credentials"]
    assert made["Arn"] in denied(tree.client("iam", key=key).create_user, UserName="x")
    tree.policy(policy(deny("sts:AssumeRole")), on=tree.member)
    denied(sts.assume_role, **assume)


def test_a_stranger_is_not_a_principal_of_the_account_that_it_enters(tree) -> None:
    stranger = tree.standalone()
    role = tree.role(tree.member, f"arn:aws:iam::{stranger}:root")
    tree.policy(policy(deny(["sts:AssumeRole", "iam:CreateUser"])), on=tree.root)
    sts = tree.client("sts", key=tree.user(stranger, ALL))

    key = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    denied(tree.client("iam", key=key).create_user, UserName="x")


def test_who_is_above_reaches_a_member_whatever_holds_there(tree) -> None:
    tree.policy(policy(deny("*")), on=tree.member)

    key = tree.inside(tree.member)
    assert tree.client("sts", key=key).get_caller_identity()["Account"] == tree.member
    denied(tree.client("iam", key=key).list_users)


def test_policies_above_hold_for_calls_to_organizations_too(tree) -> None:
    tree.delegate(tree.member)
    own = tree.client(account=tree.member)
    made = tree.policy(policy(deny("organizations:List*")), on=tree.member)

    words = denied(own.list_accounts)
    assert words.endswith(f"with an explicit deny in a service control policy: {made['Arn']}")
    assert own.describe_organization()
    tree.policy(policy(deny("organizations:LeaveOrganization")), on=tree.root)
    other = tree.client(account=tree.account())
    denied(other.leave_organization)


def test_a_member_does_not_get_out_from_under_a_policy_by_itself(tree) -> None:
    tree.policy(policy(deny("organizations:*")), on=tree.member)

    denied(tree.client(account=tree.member).describe_organization)
    denied(tree.client(account=tree.member).leave_organization)
