"""GetSessionToken: the session for each kind of caller, and its refusals."""

import pytest
from tests.services.support import ACCOUNT, NOW, Snapshot, code, refused, role, user

from daypass.core.domain.iam import totp
from daypass.core.domain.iam.user import User
from daypass.core.faults import Denied, Expired, Invalid, WrongCode
from daypass.core.sessions.token import Origin, SessionKind
from daypass.services.sts import session_token

SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/phone"


@pytest.fixture
def known():
    return Snapshot(user("alice"))


@pytest.fixture
def alice(known):
    return known.caller(known.account.of(User).find("alice"))


def issue(known, caller=None, **more):
    return known.call(session_token.get_session_token, caller, **more)["Credentials"]


def test_a_users_credentials_are_its_own_for_twelve_hours(known, alice) -> None:
    before = known.directory
    credentials = issue(known, alice)

    caller = known.proved(credentials)
    assert sorted(credentials) == ["AccessKeyId", "Expiration", "SecretAccessKey", "SessionToken"]
    assert credentials["Expiration"] == NOW + 43200
    assert (caller.record, caller.principal.arn) == (alice.record, alice.principal.arn)
    assert (caller.session.kind, caller.session.origin) == (
        SessionKind.USER,
        Origin.GET_SESSION_TOKEN,
    )
    assert (caller.session.mfa_time, caller.session.policies) == (None, None)
    assert caller.session.secret == credentials["SecretAccessKey"]
    assert known.directory is before


@pytest.mark.parametrize("seconds", [900, 129600])
def test_a_users_credentials_last_as_long_as_is_asked(known, alice, seconds) -> None:
    credentials = issue(known, alice, DurationSeconds=seconds)

    assert known.proved(credentials, now=NOW + seconds - 1)
    with pytest.raises(Expired):
        known.proved(credentials, now=NOW + seconds)


@pytest.mark.parametrize(
    ("more", "seconds"),
    [({}, 3600), ({"DurationSeconds": 129600}, 3600), ({"DurationSeconds": 900}, 900)],
)
def test_roots_credentials_last_an_hour_at_most(known, more, seconds) -> None:
    credentials = issue(known, **more)

    assert credentials["Expiration"] == NOW + seconds
    assert known.proved(credentials).is_root
    assert known.proved(credentials).session.principal_id == ""


def test_two_calls_have_neither_an_id_nor_a_secret_in_common(known, alice) -> None:
    one, other = issue(known, alice), issue(known, alice)

    assert not {*map(str, one.values())} & {
        other[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    }


def test_a_code_is_used_up_and_is_the_sessions(known, alice) -> None:
    known.device("phone", owner=alice.record)
    credentials = issue(known, alice, SerialNumber=SERIAL, TokenCode=code(steps=1))

    assert known.proved(credentials).session.mfa_time == NOW
    assert [(each.ticket.key, each.ticket.state) for each in known.tickets] == [
        (SERIAL, NOW // totp.STEP_SECONDS + 1)
    ]


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"SerialNumber": SERIAL}, Invalid),
        ({"TokenCode": code()}, Invalid),
        ({"SerialNumber": SERIAL, "TokenCode": code(steps=5)}, WrongCode),
        ({"SerialNumber": f"{SERIAL}s", "TokenCode": code()}, Denied),
    ],
)
def test_a_device_or_a_code_that_proves_nothing_is_refused(known, alice, more, fault) -> None:
    known.device("phone", owner=alice.record)

    with pytest.raises(fault) as found:
        issue(known, alice, **more)
    assert type(found.value) is fault
    assert known.tickets == []


def test_a_users_device_is_not_roots(known, alice) -> None:
    known.device("phone", owner=alice.record)

    with pytest.raises(Denied, match="unable to validate MFA code"):
        issue(known, SerialNumber=SERIAL, TokenCode=code())


def test_a_session_of_a_role_becomes_nobody(known) -> None:
    # T062-STS
    worker = known.caller(known.put(role("worker")))

    with refused(Denied, "Cannot call GetSessionToken with session credentials"):
        issue(known, worker)
