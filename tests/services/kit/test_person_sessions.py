"""What ends the role session of a person, and every session that is chained from it."""

import gc
import weakref

import pytest
from msgspec.structs import replace
from tests.services import portal_records as records
from tests.services.portal_records import ALICE, ENGINEERS, MEMBER, OTHER, READ_ONLY
from tests.services.portal_snapshot import PortalSnapshot
from tests.services.support import NOW, role

from daypass.core.faults import Expired, SessionEnded
from daypass.core.identity_center.reserved_roles import SESSION_SECONDS_MAX
from daypass.services.kit.authorization_question import AuthorizationQuestion, Circumstances
from daypass.services.kit.caller import refresh_caller
from daypass.services.kit.context_keys import RequestKeys
from daypass.services.kit.identity_center import person_sessions
from daypass.services.sso import portal_sessions
from daypass.services.sts import assume_role, scoped_credentials
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory

WHAT_TO_DO = "Run: aws sso logout, then aws sso login"


@pytest.fixture
def snapshot():
    made = PortalSnapshot()
    made.put(role("second", OTHER, attached=("arn:aws:iam::aws:policy/AdministratorAccess",)))
    made.put(role("third", MEMBER))
    return made


def assume(snapshot, credentials, name, account):
    return snapshot.call(
        assume_role.assume_role,
        snapshot.proved(credentials),
        RoleArn=f"arn:aws:iam::{account}:role/{name}",
        RoleSessionName="chained",
    )["Credentials"]


def chain(snapshot, **more):
    """Return credentials of a person, of a role assumed with them, and of one assumed with those;
    and of each the narrowed ones.
    """
    first = snapshot.credentials(**more)
    second = assume(snapshot, first, "second", OTHER)
    third = assume(snapshot, second, "third", MEMBER)
    narrowed = [
        snapshot.call(
            scoped_credentials.get_scoped_credentials, snapshot.proved(each), DurationSeconds=900
        )["Credentials"]
        for each in (first, third)
    ]
    return [first, second, third, *narrowed]


def ended(snapshot, credentials, *, now=NOW):
    """Return what is said of credentials that have ended."""
    with pytest.raises(SessionEnded) as found:
        snapshot.proved(credentials, now=now)
    assert found.value.message.endswith(WHAT_TO_DO)
    return found.value.message


def close(snapshot):
    snapshot.put(records.account(MEMBER, closed=NOW))


def leave(snapshot):
    snapshot.put(records.account(MEMBER, ""))


def make_role_again(snapshot):
    again = records.role(unique_id="AROAAGAIN")
    snapshot.remove(records.role())
    snapshot.put(again, records.provisioned(role_id="AROAAGAIN"))


def delete_instance(snapshot):
    snapshot.remove(snapshot.directory.instance(records.INSTANCE).record)


def remove_role_and_assignment(snapshot):
    snapshot.remove(records.assignment(), records.provisioned(), records.role())


ENDINGS = {
    "the person is disabled": (
        lambda snapshot: snapshot.end_person(is_enabled=False),
        person_sessions.ENDED_BY_ADMINISTRATOR,
    ),
    "the person is disabled, whatever the generation": (
        lambda snapshot: snapshot.change_person(is_enabled=False),
        person_sessions.ENDED_BY_ADMINISTRATOR,
    ),
    "an administrator signs the person out": (
        PortalSnapshot.end_person,
        person_sessions.ENDED_BY_ADMINISTRATOR,
    ),
    "the person ends it": (
        lambda snapshot: snapshot.end_person(by="person"),
        person_sessions.ENDED_BY_PERSON,
    ),
    "the person is deleted": (
        lambda snapshot: snapshot.remove(snapshot.person()),
        person_sessions.NO_PERSON,
    ),
    "the assignment is removed": (
        lambda snapshot: snapshot.remove(records.assignment()),
        person_sessions.NO_ASSIGNMENT,
    ),
    "the last assignment is removed, and the role with it": (
        remove_role_and_assignment,
        person_sessions.NO_ASSIGNMENT,
    ),
    "the role is made again": (make_role_again, person_sessions.NO_ASSIGNMENT),
    "the account is closed": (close, person_sessions.NO_ACCOUNT),
    "the account leaves": (leave, person_sessions.NO_ACCOUNT),
    "the instance is deleted": (delete_instance, person_sessions.NO_INSTANCE),
}


@pytest.mark.parametrize(("end", "reason"), ENDINGS.values(), ids=ENDINGS)
def test_t424_priv_every_session_of_a_person_ends_with_the_access(snapshot, end, reason) -> None:
    sessions = chain(snapshot)
    for each in sessions:
        assert snapshot.proved(each).session.person.person == ALICE
    end(snapshot)

    for each in sessions:
        assert f": {reason}. " in ended(snapshot, each)


def test_t424_priv_a_left_group_ends_the_sessions_that_it_gave(snapshot) -> None:
    sessions = chain(snapshot, role="ReadOnly")
    others = chain(snapshot)
    snapshot.remove(records.membership())

    for each in sessions:
        assert person_sessions.NO_ASSIGNMENT in ended(snapshot, each)
    for each in others:
        assert snapshot.proved(each)


def test_a_second_assignment_to_the_same_set_keeps_the_session(snapshot) -> None:
    snapshot.put(records.assignment(ENGINEERS))
    sessions = chain(snapshot)

    snapshot.remove(records.assignment())
    for each in sessions:
        assert snapshot.proved(each)
    snapshot.remove(records.membership())
    for each in sessions:
        ended(snapshot, each)


def test_an_assignment_of_another_account_or_set_keeps_no_session(snapshot) -> None:
    session = snapshot.credentials()
    snapshot.put(records.assignment(ALICE, OTHER), *records.provisioned_records(OTHER))
    snapshot.remove(records.assignment())

    ended(snapshot, session)
    assert snapshot.proved(snapshot.credentials(OTHER))


def test_whoever_is_enabled_again_has_no_earlier_session(snapshot) -> None:
    session = snapshot.credentials()
    snapshot.end_person(is_enabled=False)
    snapshot.change_person(is_enabled=True)

    ended(snapshot, session)
    assert snapshot.proved(snapshot.credentials())


def test_what_happens_to_one_person_ends_no_other_persons_session(snapshot) -> None:
    snapshot.put(records.assignment(records.BOB))
    bobs = snapshot.credentials(who=records.BOB)
    alices = snapshot.credentials()
    snapshot.end_person(is_enabled=False)

    ended(snapshot, alices)
    assert snapshot.proved(bobs)


def test_logout_leaves_role_credentials_alive(snapshot) -> None:
    sessions = chain(snapshot)
    snapshot.call(portal_sessions.logout, snapshot.signed_in(), accessToken="-")

    for each in sessions:
        assert snapshot.proved(each)


def test_a_session_past_its_end_is_expired_whoever_still_has_access(snapshot) -> None:
    session = snapshot.credentials()
    with pytest.raises(Expired) as found:
        snapshot.proved(session, now=NOW + 3_600)

    assert type(found.value) is Expired
    assert snapshot.proved(session, now=NOW + 3_599)


def test_a_caller_is_looked_up_again_with_the_same_care(snapshot) -> None:
    for each in chain(snapshot):
        caller = snapshot.proved(each)
        assert refresh_caller(caller, snapshot.directory, steady=NOW) == caller
        changed = snapshot.directory
        snapshot.end_person()
        with pytest.raises(SessionEnded):
            refresh_caller(caller, snapshot.directory, steady=NOW)
        snapshot.directory = changed


def test_a_session_stands_on_the_instance_and_the_store(snapshot) -> None:
    session = snapshot.credentials()
    for _ in range(2):
        seen = TrackingDirectory(snapshot.directory)
        person_sessions.check_person_session(seen, snapshot.proved(session).session.person)
        assert set(seen.read) == {records.INSTANCE, records.STORE, MEMBER}


def test_the_answer_is_kept_on_the_views_that_it_was_made_from(snapshot, monkeypatch) -> None:
    session = snapshot.proved(snapshot.credentials()).session.person
    asked = []
    why = person_sessions._why_ended
    monkeypatch.setattr(
        person_sessions, "_why_ended", lambda *args: asked.append(args) or why(*args)
    )
    for _ in range(3):
        person_sessions.check_person_session(snapshot.directory, session)
    assert len(asked) == 0

    snapshot.change_person(records.BOB, revision=2)
    for _ in range(3):
        person_sessions.check_person_session(snapshot.directory, session)
    assert len(asked) == 1
    snapshot.put(records.permission_set(READ_ONLY, "ReadOnly", version=2))
    person_sessions.check_person_session(snapshot.directory, session)
    assert len(asked) == 2


def test_a_deployment_that_knows_no_such_instance_lets_nobody_in(snapshot) -> None:
    session = snapshot.proved(snapshot.credentials()).session.person
    with pytest.raises(SessionEnded):
        person_sessions.check_person_session(Directory(), session)


def keys(snapshot, credentials):
    question = AuthorizationQuestion(
        action="s3:GetObject", resource="arn:aws:s3:::b/k", account=MEMBER, keys={}
    )
    circumstances = Circumstances(NOW, "192.0.2.1", secure=True, region="us-east-1")
    caller = snapshot.proved(credentials)
    return dict(RequestKeys(question, caller, snapshot.directory, circumstances))


def test_the_keys_of_the_person_are_not_passed_on_by_chaining(snapshot) -> None:
    first, second, third, narrowed, narrowed_third = chain(snapshot)

    for each in (first, narrowed):
        assert keys(snapshot, each)["identitystore:userid"] == ALICE
        assert keys(snapshot, each)["aws:federatedprovider"] == records.provider().arn
    for each in (second, third, narrowed_third):
        found = keys(snapshot, each)
        assert "identitystore:userid" not in found
        assert "aws:federatedprovider" not in found
        assert found["aws:multifactorauthpresent"] == "false"


def test_a_chained_session_lasts_an_hour_at_most(snapshot) -> None:
    snapshot.put(replace(records.provisioned(), session_seconds=SESSION_SECONDS_MAX))
    second = snapshot.proved(assume(snapshot, snapshot.credentials(), "second", OTHER)).session

    assert second.expires - second.issued == 3_600
    assert second.person.started == NOW


def test_what_is_kept_of_a_session_keeps_no_old_view_of_everybody(snapshot) -> None:
    """People who do not come back would else keep each a copy of the store of their time."""
    credentials = snapshot.credentials()
    snapshot.proved(credentials)
    store = weakref.ref(snapshot.directory.identity_store(records.STORE))
    account = weakref.ref(snapshot.directory.account(MEMBER))

    snapshot.change_person(records.BOB, is_enabled=False)
    snapshot.put(role("another", MEMBER))
    gc.collect()

    assert (store(), account()) == (None, None)
    assert snapshot.proved(credentials).session is not None
