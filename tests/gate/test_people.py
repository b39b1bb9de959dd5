"""Sessions of people at the gate: each ends with the access, at the next request."""

import pytest
from botocore.exceptions import ClientError
from tests.conftest import serving
from tests.documents import policy, trust
from tests.services import portal_records as records
from tests.services.portal_live import LivePortal
from tests.services.portal_records import ADMIN, ENGINEERS, MEMBER

from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role

EVERYTHING = (InlinePolicy("own", policy({"Effect": "Allow", "Action": "*", "Resource": "*"})),)


def chained_role(name, trusted):
    return Role(
        account=MEMBER,
        name=name,
        unique_id=f"AROA{name.upper():0<17}",
        created=1,
        trust=policy(trust(trusted)),
        inline=EVERYTHING,
    )


@pytest.fixture(scope="module")
def portal(store_url, tmp_path_factory):
    path = tmp_path_factory.mktemp("people-gate") / "data"
    for live in serving(path, store_url):
        made = LivePortal(live)
        made.put(chained_role("second", MEMBER), chained_role("third", MEMBER))
        root = live.client("s3", live.root(account=MEMBER))
        root.create_bucket(Bucket="of-people")
        root.put_object(Bucket="of-people", Key="k", Body=b"content")
        yield made


def assume(portal, credentials, name):
    return portal.live.client("sts", credentials).assume_role(
        RoleArn=f"arn:aws:iam::{MEMBER}:role/{name}", RoleSessionName="chained"
    )["Credentials"]


def clients(portal, who, role="Admin"):
    """Return clients of S3 with a person's session, and with two that are chained from it."""
    first = portal.credentials(portal.open_session(who).token, role=role)
    second = assume(portal, first, "second")
    third = assume(portal, second, "third")
    return [portal.live.client("s3", each) for each in (first, second, third)]


def read(client):
    return client.get_object(Bucket="of-people", Key="k")["Body"].read()


def ended(client):
    with pytest.raises(ClientError) as found:
        read(client)
    error = found.value.response["Error"]
    return error["Code"] == "ExpiredToken" and error["Message"].endswith(
        "Run: aws sso logout, then aws sso login"
    )


ENDINGS = {
    "disabled": lambda portal, who: portal.end_person(who, is_enabled=False),
    "signed out by an administrator": lambda portal, who: portal.end_person(who),
    "deleted": lambda portal, who: portal.remove(portal.person(who.id)),
    "unassigned": lambda portal, who: portal.remove(records.assignment(who.id)),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
def test_t424_priv_no_session_of_a_person_reads_an_object_after_the_end(portal, end) -> None:
    who = portal.newcomer((MEMBER, ADMIN))
    found = clients(portal, who)
    assert [read(each) for each in found] == [b"content"] * 3
    end(portal, who)

    assert [ended(each) for each in found] == [True] * 3


def test_t424_priv_a_left_group_ends_and_a_second_assignment_keeps(portal) -> None:
    who = portal.newcomer()
    portal.put(records.membership(who.id), records.assignment(ENGINEERS, MEMBER, ADMIN))
    found = clients(portal, who)
    portal.put(records.assignment(who.id))
    portal.remove(records.membership(who.id))

    assert [read(each) for each in found] == [b"content"] * 3
    portal.remove(records.assignment(who.id))
    assert [ended(each) for each in found] == [True] * 3


def test_a_link_of_an_ended_session_opens_nothing(portal) -> None:
    who = portal.newcomer((MEMBER, ADMIN))
    first, *_ = clients(portal, who)
    link = first.generate_presigned_url(
        "get_object", Params={"Bucket": "of-people", "Key": "k"}, ExpiresIn=600
    )
    path = link.removeprefix(portal.live.url)
    assert portal.send("GET", path)[0] == 200
    portal.end_person(who)

    status, _, body = portal.send("GET", path)
    assert status == 400
    assert b"<Code>ExpiredToken</Code>" in body


def test_logout_leaves_the_session_at_the_gate(portal) -> None:
    who = portal.newcomer((MEMBER, ADMIN))
    opened = portal.open_session(who)
    client = portal.live.client("s3", portal.credentials(opened.token))
    portal.portal().logout(accessToken=opened.token)

    assert read(client) == b"content"
