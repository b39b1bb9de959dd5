"""People on two servers over one data directory: what ends on one is refused by the other."""

import time

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace
from tests.services import portal_records as records
from tests.services.portal_live import LivePortal
from tests.services.portal_records import ADMIN, MEMBER

from daypass.core.identity_center.portal.portal_tokens import PortalToken, seal_portal_token
from daypass.server import clock


@pytest.fixture(scope="module")
def portal(two_nodes):
    return LivePortal(two_nodes[0])


def code_of(call, **params):
    with pytest.raises(ClientError) as refused:
        call(**params)
    return refused.value.response["Error"]["Code"]


ENDINGS = {
    "disabled": lambda portal, who: portal.end_person(who, is_enabled=False),
    "signed out by an administrator": lambda portal, who: portal.end_person(who),
    "deleted": lambda portal, who: portal.remove(portal.person(who.id)),
    "unassigned": lambda portal, who: portal.remove(records.assignment(who.id)),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
def test_t308_ha_what_was_ended_on_one_node_is_refused_on_the_other(two_nodes, portal, end) -> None:
    _, other = two_nodes
    who = portal.newcomer((MEMBER, ADMIN))
    credentials = portal.credentials(portal.open_session(who).token)
    other.caught_up()
    sts = other.client("sts", credentials)
    assert sts.get_caller_identity()["Account"] == MEMBER
    end(portal, who)
    other.caught_up()

    assert code_of(sts.get_caller_identity) == "ExpiredToken"


def test_t308_ha_a_token_signed_out_on_one_node_is_dead_on_the_other(two_nodes, portal) -> None:
    _, other = two_nodes
    token = portal.open_session(portal.newcomer((MEMBER, ADMIN))).token
    other.caught_up()
    theirs = portal.portal(other)
    assert theirs.list_accounts(accessToken=token)["accountList"]
    portal.portal().logout(accessToken=token)
    other.caught_up()

    assert code_of(theirs.list_accounts, accessToken=token) == "UnauthorizedException"


def test_t309_ha_no_change_is_made_on_a_node_that_has_not_heard_of_the_end(
    two_nodes, portal
) -> None:
    _, other = two_nodes
    who = portal.newcomer((MEMBER, ADMIN))
    credentials = portal.credentials(portal.open_session(who).token)
    other.caught_up()
    iam = other.client("iam", credentials)
    portal.end_person(who)

    assert code_of(iam.create_user, UserName="too-late") == "ExpiredToken"


@pytest.mark.parametrize("seconds", [-90, 90])
def test_t303_time_a_token_of_a_node_whose_clock_differs_is_taken_and_lasts_no_longer(
    two_nodes, portal, seconds
) -> None:
    _, other = two_nodes
    who = portal.newcomer((MEMBER, ADMIN))
    opened = portal.open_session(who)
    now = int(time.time())

    def token(issued, expires):
        portal.put(replace(opened.session, expires=expires))
        other.caught_up()
        stated = PortalToken(
            instance=records.INSTANCE,
            store=records.STORE,
            person=who.id,
            session=opened.session.id,
            scopes=("sso:account:access",),
            issued=issued,
            expires=expires,
        )
        ring = two_nodes[0].data.keyring
        return seal_portal_token(stated, ring=ring, nonce=clock.entropy(12))

    theirs = portal.portal(other)
    alive = token(now + seconds, now + seconds + 900)
    assert theirs.list_accounts(accessToken=alive)["accountList"]
    dead = token(now + seconds - 900, now - 1)
    assert code_of(theirs.list_accounts, accessToken=dead) == "UnauthorizedException"
