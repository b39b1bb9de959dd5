"""Session tokens of people: a version of their own, and who the session belongs to."""

import base64

import pytest
from msgspec.structs import replace

from daypass.core.keyring import KeyRing
from daypass.core.sessions.person_session import PersonSession
from daypass.core.sessions.token import Origin, Session, SessionKind, open_session, seal_session

RING = KeyRing.new(bytes(range(48)), now=1_000)
KEY_ID = "ASIAQNZGKIQY56JQ7WML"
PERSON = PersonSession(
    instance="ssoins-0123456789abcdef",
    store="d-0123456789",
    person="0000000a-0000-4000-8000-000000000000",
    account="111122223333",
    permission_set="ps-0123456789abcdef",
    role_id="AROAEXAMPLE",
    generation=3,
    started=1,
)
PLAIN = Session(
    kind=SessionKind.ROLE,
    origin=Origin.ASSUME_ROLE,
    account="111122223333",
    principal_id="AROAEXAMPLE",
    session_name="alice",
    issued=1,
    expires=3_601,
    secret="s" * 40,
)
FIRST = replace(
    PLAIN,
    origin=Origin.GET_ROLE_CREDENTIALS,
    person=PERSON,
    saml_provider="p",
)
CHAINED = replace(PLAIN, person=PERSON)
NARROWED = replace(PLAIN, scope_downs=("{}",))


@pytest.mark.parametrize(
    ("session", "version"),
    [
        (PLAIN, 1),
        (NARROWED, 2),
        (FIRST, 3),
        (CHAINED, 3),
        (replace(FIRST, scope_downs=("{}",)), 3),
    ],
    ids=["plain", "narrowed", "a person's", "chained", "a person's, narrowed"],
)
def test_a_token_has_the_oldest_version_that_sees_all_of_the_session(session, version) -> None:
    token = seal_session(session, key_id=KEY_ID, ring=RING, nonce=bytes(12))

    assert base64.b64decode(token)[0] == version
    assert open_session(token, key_id=KEY_ID, ring=RING) == session


@pytest.mark.parametrize(
    ("session", "user"),
    [
        (FIRST, PERSON.person),
        (replace(FIRST, scope_downs=("{}",)), PERSON.person),
        (CHAINED, ""),
        (PLAIN, ""),
    ],
)
def test_only_the_first_session_is_that_of_the_identity_stores_user(session, user) -> None:
    assert session.identity_store_user == user
