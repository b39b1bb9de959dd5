"""Resource control policies on the wire: they apply to members' resources, for every caller."""

import http.client

import pytest
from botocore.exceptions import ClientError
from tests.conftest import serving
from tests.documents import deny, policy
from tests.services.organizations.conftest import ALL, RCP, Org, denied, founded, fresh

PLACES = ["root", "unit", "account"]


def outsiders(org, action="sts:AssumeRole"):
    """Return a policy that denies everybody outside the organization."""
    return policy(
        deny(
            action,
            Principal="*",
            Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": org.id}},
        )
    )


@pytest.fixture
def tree(org):
    """An organization with RCPs, a unit and a member in it, and an account outside."""
    org.enable(RCP)
    org.unit_id = org.unit()
    org.member = org.account(parent=org.unit_id)
    org.stranger = org.standalone()
    org.places = {"root": org.root, "unit": org.unit_id, "account": org.member}
    return org


def entering(org, account, role):
    """Return a function by which an administrator of an account assumes a role."""
    sts = org.client("sts", key=org.user(account, ALL))
    return lambda: sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]


@pytest.mark.parametrize("place", PLACES)
def test_a_stranger_whom_a_role_trusts_is_kept_out(tree, place) -> None:
    role = tree.role(
        tree.member, [f"arn:aws:iam::{tree.stranger}:root", f"arn:aws:iam::{tree.management}:root"]
    )
    enter, above = entering(tree, tree.stranger, role), entering(tree, None, role)
    enter()
    made = tree.policy(outsiders(tree), kind=RCP, on=tree.places[place])

    denied(enter)
    above()
    tree.o.detach_policy(PolicyId=made["Id"], TargetId=tree.places[place])
    enter()


def test_a_disabled_type_keeps_nobody_out(tree) -> None:
    role = tree.role(tree.member, f"arn:aws:iam::{tree.stranger}:root")
    enter = entering(tree, tree.stranger, role)
    tree.policy(outsiders(tree), kind=RCP, on=tree.root)
    denied(enter)
    tree.o.disable_policy_type(RootId=tree.root, PolicyType=RCP)

    enter()


def test_what_is_the_management_accounts_is_under_none(tree) -> None:
    role = tree.role(None, f"arn:aws:iam::{tree.stranger}:root")
    tree.policy(outsiders(tree), kind=RCP, on=[tree.root, tree.management])

    entering(tree, tree.stranger, role)()


def test_a_caller_of_a_member_is_under_none_where_it_goes(tree) -> None:
    role = tree.role(tree.stranger, f"arn:aws:iam::{tree.member}:root")
    tree.policy(policy(deny("sts:AssumeRole", Principal="*")), kind=RCP, on=tree.root)

    entering(tree, tree.member, role)()


def test_iam_and_organizations_are_under_none(tree) -> None:
    services = ["iam:*", "organizations:*", "sts:*"]
    tree.policy(policy(deny(services, Principal="*")), kind=RCP, on=tree.root)
    iam = tree.client("iam", tree.member)

    iam.create_user(UserName=fresh())
    assert iam.list_users()["Users"]
    assert tree.client(account=tree.member).describe_organization()
    sts = tree.client("sts", tree.member)
    assert sts.get_caller_identity()["Account"] == tree.member


def test_moving_and_leaving_change_what_holds(tree) -> None:
    role = tree.role(tree.member, f"arn:aws:iam::{tree.stranger}:root")
    enter = entering(tree, tree.stranger, role)
    tree.policy(outsiders(tree), kind=RCP, on=tree.unit_id)
    denied(enter)

    tree.move(tree.member, tree.root)
    enter()
    tree.move(tree.member, tree.unit_id)
    denied(enter)
    tree.o.remove_account_from_organization(AccountId=tree.member)
    enter()


# In front of a store.


def bucket(org, account, *readers):
    """Create a bucket of an account that lets these accounts read; return its name."""
    s3, name = org.client("s3", account), fresh("rcp")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    if readers:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": list(readers)},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        s3.put_bucket_policy(Bucket=name, Policy=policy(statement))
    return name


def words(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    return error["Message"]


def test_an_object_of_a_member_is_kept_from_everybody_its_root_included(tree) -> None:
    other = tree.account()
    name = bucket(tree, tree.member, other, tree.stranger)
    thing = {"Bucket": name, "Key": "k"}
    readers = [tree.client("s3", account) for account in (tree.member, other, tree.stranger)]
    for s3 in readers:
        assert s3.get_object(**thing)["Body"].read() == b"x"
    made = tree.policy(policy(deny("s3:GetObject", Principal="*")), kind=RCP, on=tree.unit_id)

    own, neighbour, stranger = (words(s3.get_object, **thing) for s3 in readers)
    layer = f"with an explicit deny in a resource control policy: {made['Arn']}"
    assert own.endswith(layer)
    # Of one organization: told why. From outside: not.
    assert neighbour.endswith(layer)
    assert "policy" not in stranger
    assert tree.client("s3", tree.member).list_objects_v2(Bucket=name)["KeyCount"] == 1


def test_what_is_open_to_everybody_is_kept_from_whom_nobody_knows(store_url, tmp_path) -> None:
    for live in serving(tmp_path / "data", store_url, anonymous=True):
        org = Org(live, live.account)
        org.enable(RCP)
        member = org.account()
        names = [bucket(org, account) for account in (member, org.management)]
        for name, account in zip(names, (member, org.management), strict=True):
            everybody = {
                **ALL,
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{name}/*",
            }
            s3 = org.client("s3", account)
            s3.delete_public_access_block(Bucket=name)
            s3.put_bucket_policy(Bucket=name, Policy=policy(everybody))

        def status(name, port=live.config.port):
            asking = http.client.HTTPConnection("127.0.0.1", port)
            asking.request("GET", f"/{name}/k")
            found = asking.getresponse().status
            asking.close()
            return found

        assert [status(name) for name in names] == [200, 200]
        org.policy(outsiders(org, "s3:GetObject"), kind=RCP, on=org.root)
        assert [status(name) for name in names] == [403, 200]


def test_an_object_of_the_management_account_is_kept_from_nobody(tree) -> None:
    name = bucket(tree, tree.management, tree.stranger)
    tree.policy(policy(deny("s3:*", Principal="*")), kind=RCP, on=[tree.root, tree.management])

    for account in (tree.management, tree.stranger):
        assert tree.client("s3", account).get_object(Bucket=name, Key="k")


def test_a_service_control_policy_holds_in_front_of_the_store(tree) -> None:
    name = bucket(tree, tree.member)
    key = tree.user(tree.member, ALL)
    made = tree.policy(policy(deny("s3:DeleteObject")), on=tree.root)

    for s3 in (tree.client("s3", tree.member), tree.client("s3", key=key)):
        found = words(s3.delete_object, Bucket=name, Key="k")
        assert found.endswith(f"with an explicit deny in a service control policy: {made['Arn']}")
        assert s3.get_object(Bucket=name, Key="k")


def test_a_bucket_policy_may_speak_of_the_organization(tree, first) -> None:
    name = bucket(tree, tree.member)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": tree.id}},
    }
    tree.client("s3", tree.member).put_bucket_policy(Bucket=name, Policy=policy(statement))
    other = founded(first)

    for account in (tree.management, tree.account()):
        assert tree.client("s3", account).get_object(Bucket=name, Key="k")
    for account in (tree.stranger, other.management, other.account()):
        words(tree.client("s3", account).get_object, Bucket=name, Key="k")


def test_a_second_organization_has_policies_of_its_own(tree, first) -> None:
    other = founded(first)
    member = other.account()
    role = other.role(member, f"arn:aws:iam::{tree.stranger}:root")
    tree.policy(outsiders(tree), kind=RCP, on=tree.root)

    entering(Org(tree.live, other.management), tree.stranger, role)()
