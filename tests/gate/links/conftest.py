"""A bucket with an object, and who signs links to it."""

import pytest
from tests.gate.test_objects import allow

from .asking import PAYLOAD


@pytest.fixture(scope="session")
def bucket(live):
    live.client("s3").create_bucket(Bucket="linked")
    live.client("s3").create_bucket(Bucket="linked-too")
    for each in ("linked", "linked-too"):
        live.client("s3").put_object(Bucket=each, Key="k", Body=PAYLOAD, ContentType="a/b")
    return "linked"


@pytest.fixture(scope="session")
def alice(live):
    """A user with a key, who may do everything in S3."""
    return live.user("linker", allow(["s3:*", "sts:AssumeRole"]))


@pytest.fixture(scope="session")
def role_session(live, alice):
    arn = live.role(
        "linked-role",
        f"arn:aws:iam::{live.account}:user/linker",
        allow(["s3:*", "sts:GetScopedCredentials"]),
    )
    made = live.client("sts", alice).assume_role(RoleArn=arn, RoleSessionName="page")
    return made["Credentials"]


@pytest.fixture(scope="session", params=["a user's key", "a role's session", "root's session"])
def sender(request, live):
    if request.param == "root's session":
        return live.root()
    name = "alice" if request.param == "a user's key" else "role_session"
    return request.getfixturevalue(name)


# Making a client takes longer than what a test does with it.


@pytest.fixture(scope="session")
def owner(live):
    return live.client("s3")


@pytest.fixture(scope="session")
def sender_s3(live, sender):
    return live.client("s3", sender)


@pytest.fixture(scope="session")
def alice_s3(live, alice):
    return live.client("s3", alice)


@pytest.fixture(scope="session")
def role_s3(live, role_session):
    return live.client("s3", role_session)
