"""A closed account: no credential of it works, and no role of it can be assumed."""

import pytest
from botocore.exceptions import ClientError
from tests.services.organizations.conftest import ALL, denied


def code(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"]


@pytest.fixture
def closed(org):
    """An organization whose closed member has callers of every kind, and a role for everybody."""
    org.member = org.account()
    trusted = [f"arn:aws:iam::{each}:root" for each in (org.management, org.member)]
    org.entrance = org.role(org.member, trusted)
    user = org.user(org.member, ALL)
    session = org.client("sts", key=user).get_session_token()["Credentials"]
    role = org.client("sts", key=user).assume_role(RoleArn=org.entrance, RoleSessionName="me")
    org.keys = {
        "key of a user": user,
        "session of a user": session,
        "session of a role": role["Credentials"],
        "session from above": org.inside(org.member),
        "root": org.live.root(account=org.member),
    }
    org.clients = {
        (who, service): org.client(service, key=key)
        for who, key in org.keys.items()
        for service in ("iam", "sts", "organizations", "s3")
    }
    for who in org.keys:
        if who != "session of a user":
            org.clients[who, "iam"].list_users()
        org.clients[who, "sts"].get_caller_identity()
        org.clients[who, "organizations"].describe_organization()
    org.o.close_account(AccountId=org.member)
    return org


def test_every_credential_is_refused_from_that_commit_on(closed) -> None:
    for who in closed.keys:
        assert code(closed.clients[who, "sts"].get_caller_identity) == "InvalidClientTokenId"
        assert code(closed.clients[who, "iam"].list_users) == "InvalidClientTokenId"
        assert (
            code(closed.clients[who, "organizations"].describe_organization)
            == "UnrecognizedClientException"
        )
        assert code(closed.clients[who, "s3"].list_buckets) in {
            "InvalidAccessKeyId",
            "InvalidToken",
        }


def test_a_root_that_is_made_afterwards_is_refused_too(closed) -> None:
    iam = closed.client("iam", key=closed.live.root(account=closed.member))

    assert code(iam.list_users) == "InvalidClientTokenId"


def test_its_roles_are_not_assumed(closed) -> None:
    sts = closed.client("sts", key=closed.user(None, ALL))

    for arn in (
        closed.entrance,
        f"arn:aws:iam::{closed.member}:role/OrganizationAccountAccessRole",
    ):
        denied(sts.assume_role, RoleArn=arn, RoleSessionName="me")


def test_it_stays_closed_when_it_is_moved_and_when_it_is_removed(closed) -> None:
    closed.move(closed.member, closed.unit())
    assert code(closed.clients["root", "iam"].list_users) == "InvalidClientTokenId"
    closed.o.remove_account_from_organization(AccountId=closed.member)
    assert code(closed.clients["root", "iam"].list_users) == "InvalidClientTokenId"


def test_its_neighbours_work_as_before(closed) -> None:
    other = closed.account()

    assert closed.client("iam", other).list_users()["Users"] == []
    states = {each["Id"]: each["State"] for each in closed.o.list_accounts()["Accounts"]}
    assert states == {closed.management: "ACTIVE", closed.member: "CLOSED", other: "ACTIVE"}
