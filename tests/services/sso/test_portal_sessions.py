"""Opening a portal session, who its token stands for, and how it ends."""

import pytest
from msgspec.structs import replace
from tests.services import portal_records as records
from tests.services.portal_snapshot import PortalSnapshot
from tests.services.support import NOW, refused

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.core.faults import BadToken, Denied, Invalid, NotFound
from daypass.core.identity_center.network_lock import NOT_FROM_HERE
from daypass.core.identity_center.portal.portal_sessions import SECONDS_MAX, SECONDS_MIN
from daypass.core.identity_center.portal.portal_tokens import INVALID, open_portal_token
from daypass.services.identitystore import users
from daypass.services.sso import portal_sessions
from daypass.state.snapshot.tracking_directory import TrackingDirectory

HOUR = 3_600


@pytest.fixture
def snapshot():
    return PortalSnapshot()


def sessions(snapshot, who=records.ALICE):
    return list(snapshot.directory.partition(person_partition(who)).of(PortalSession))


def test_a_session_lasts_eight_hours_and_says_who_opened_it(snapshot) -> None:
    opened = snapshot.open_session()

    assert sessions(snapshot) == [opened.session]
    assert (opened.expires, opened.session.expires) == (NOW + 8 * HOUR, NOW + 8 * HOUR)
    assert (opened.session.opened_by, opened.session.person) == ("operator", records.ALICE)
    assert opened.token not in repr(opened)


def test_a_token_names_the_session_and_what_it_is_for(snapshot) -> None:
    opened = snapshot.open_session()
    token = open_portal_token(opened.token, ring=snapshot.ring)

    assert token.session == opened.session.id
    assert (token.instance, token.store, token.person) == (
        records.INSTANCE,
        records.STORE,
        records.ALICE,
    )
    assert token.scopes == ("sso:account:access",)


@pytest.mark.parametrize("seconds", [SECONDS_MIN, SECONDS_MAX])
def test_a_session_lasts_from_a_quarter_of_an_hour_to_ninety_days(snapshot, seconds) -> None:
    assert snapshot.open_session(seconds=seconds).expires == NOW + seconds


@pytest.mark.parametrize("seconds", [SECONDS_MIN - 1, SECONDS_MAX + 1])
def test_no_session_is_shorter_or_longer(snapshot, seconds) -> None:
    with pytest.raises(Invalid, match="A portal session lasts from 900 to 7776000 seconds"):
        snapshot.open_session(seconds=seconds)


def test_no_session_is_opened_for_a_disabled_person(snapshot) -> None:
    snapshot.end_person(is_enabled=False)
    with refused(Denied, "The user is disabled."):
        snapshot.open_session()


def test_no_session_is_opened_in_a_store_without_an_instance(snapshot) -> None:
    snapshot.remove(snapshot.directory.instance(records.INSTANCE).record)
    with pytest.raises(NotFound):
        snapshot.open_session()


ENDINGS = {
    "signed out": lambda snapshot, opened: snapshot.remove(opened.session),
    "signed out by an administrator": lambda snapshot, _: snapshot.end_person(),
    "disabled": lambda snapshot, _: snapshot.end_person(is_enabled=False),
    "disabled without a new generation": lambda snapshot, _: snapshot.change_person(
        is_enabled=False
    ),
    "deleted": lambda snapshot, _: snapshot.remove(snapshot.person()),
    "the instance is deleted": lambda snapshot, _: snapshot.remove(
        snapshot.directory.instance(records.INSTANCE).record
    ),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
def test_a_token_ends_with_session_and_person(snapshot, end) -> None:
    opened = snapshot.open_session()
    assert snapshot.signed_in(opened=opened).person.person.id == records.ALICE
    end(snapshot, opened)

    with refused(BadToken, INVALID):
        snapshot.signed_in(opened=opened)


def test_t304_time_a_token_ends_by_itself_though_its_record_is_not_swept(snapshot) -> None:
    opened = snapshot.open_session()

    assert snapshot.signed_in(opened=opened, now=opened.expires - 1)
    with refused(BadToken, INVALID):
        snapshot.signed_in(opened=opened, now=opened.expires)


def test_t303_time_a_token_of_a_node_whose_clock_is_ahead_is_taken_within_a_bound(snapshot) -> None:
    opened = snapshot.open_session(now=NOW + 90)

    assert snapshot.signed_in(opened=opened, now=NOW)
    with refused(BadToken, INVALID):
        snapshot.signed_in(opened=snapshot.open_session(now=NOW + 86_400), now=NOW)


def test_an_assignment_that_goes_leaves_the_portal_session(snapshot) -> None:
    opened = snapshot.open_session()
    snapshot.remove(records.assignment(), records.membership())

    assert snapshot.signed_in(opened=opened)


def test_logout_ends_its_own_session_alone(snapshot) -> None:
    first, second = snapshot.open_session(), snapshot.open_session()
    answer = snapshot.call(
        portal_sessions.logout, snapshot.signed_in(opened=first), accessToken="-"
    )

    assert answer == {}
    assert sessions(snapshot) == [second.session]
    with refused(BadToken, INVALID):
        snapshot.signed_in(opened=first)
    assert snapshot.signed_in(opened=second)


LOCK = NetworkLock(("192.0.2.0/24",))


@pytest.mark.parametrize("address", ["198.51.100.1", "", "unknown", "2001:db8::1"])
def test_t425_priv_the_network_lock_covers_the_portal(snapshot, address) -> None:
    instance = snapshot.directory.instance(records.INSTANCE).record
    snapshot.put(replace(instance, network=LOCK))

    assert snapshot.signed_in(address="192.0.2.7")
    with refused(Denied, NOT_FROM_HERE):
        snapshot.signed_in(address=address)


def create_user(snapshot):
    """Return what CreateUser has staged, with all that it has read."""
    context = snapshot.context()
    context.directory = TrackingDirectory(snapshot.directory)
    named = {"UserName": "carol", "DisplayName": "Carol"}
    users.create_user(context, {"IdentityStoreId": records.STORE, **named})
    return context.directory.with_read_set(context.changes)


def test_no_sign_in_and_no_sign_out_makes_another_change_run_again(snapshot) -> None:
    staged = create_user(snapshot)
    first, second = snapshot.open_session(), snapshot.open_session(records.BOB)
    snapshot.call(portal_sessions.logout, snapshot.signed_in(opened=first), accessToken="-")

    assert staged.read
    assert sessions(snapshot, records.BOB) == [second.session]
    assert not snapshot.directory.makes_stale(staged)
    snapshot.change_person(revision=2)
    assert snapshot.directory.makes_stale(staged)
