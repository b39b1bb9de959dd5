"""The portal's access token: what opens, and everything that does not."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.core import quotas
from daypass.core.faults import BadToken
from daypass.core.identity_center.portal import portal_tokens
from daypass.core.identity_center.portal.portal_tokens import (
    ACCOUNT_ACCESS,
    INVALID,
    PortalToken,
    open_portal_token,
    seal_portal_token,
)
from daypass.core.keyring import KeyRing

RING = KeyRing.new(bytes(range(48)), now=1_000)
OTHER = KeyRing.new(bytes(range(32)) + bytes(16), now=1_000)
TOKEN = PortalToken(
    instance="ssoins-0123456789abcdef",
    store="d-0123456789",
    person="0000000a-0000-4000-8000-000000000000",
    session="0000000b-0000-4000-8000-000000000000",
    scopes=(ACCOUNT_ACCESS,),
    issued=1_000,
    expires=2_000,
)
TEXT = seal_portal_token(TOKEN, ring=RING, nonce=bytes(12))


def test_a_token_opens_to_what_it_states() -> None:
    assert open_portal_token(TEXT, ring=RING) == TOKEN


def test_a_token_is_one_word_of_a_header_and_leaves_room() -> None:
    assert TEXT.isascii()
    assert set(TEXT) <= set(base64.urlsafe_b64encode(bytes(range(256))).decode()) | set("-_")
    assert len(TEXT) < quotas.PORTAL_TOKEN_CHARACTERS_MAX // 2


def test_no_bit_of_a_token_can_be_flipped() -> None:
    raw = base64.urlsafe_b64decode(TEXT + "=" * (-len(TEXT) % 4))
    opened = 0
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            open_portal_token(base64.urlsafe_b64encode(changed).decode().rstrip("="), ring=RING)
            opened += 1
        except BadToken:
            pass

    assert opened == 0


@pytest.mark.parametrize(
    "text",
    ["", "A", TEXT[:-1], TEXT + "A", TEXT + "=", " " + TEXT, TEXT + "\n", "é" + TEXT, TEXT * 9],
    ids=range(9),
)
def test_a_token_has_one_spelling(text) -> None:
    with pytest.raises(BadToken, match=INVALID):
        open_portal_token(text, ring=RING)


def test_a_token_belongs_to_its_deployment() -> None:
    with pytest.raises(BadToken):
        open_portal_token(TEXT, ring=OTHER)


def test_a_token_outlives_a_rotation() -> None:
    assert open_portal_token(TEXT, ring=RING.with_new_key(bytes(32), now=2_000)) == TOKEN


def test_what_was_sealed_for_another_purpose_is_no_token() -> None:
    key = RING.current_key("session token")
    header = b"\x01" + key.id.to_bytes(4, "big")
    body = key.seal(portal_tokens._encoder.encode(TOKEN), context=header, nonce=bytes(12))
    with pytest.raises(BadToken):
        open_portal_token(base64.urlsafe_b64encode(header + body).decode(), ring=RING)


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_is_a_bad_token_and_nothing_worse(text) -> None:
    with pytest.raises(BadToken):
        open_portal_token(text, ring=RING)


def is_alive(steady):
    try:
        TOKEN.check_life(steady=steady)
    except BadToken:
        return False
    return True


@pytest.mark.parametrize(
    ("steady", "expected"),
    [
        (1_000, True),
        (1_999, True),
        (2_000, False),
        (1_000 - quotas.SESSION_AHEAD_SECONDS_MAX, True),
        (999 - quotas.SESSION_AHEAD_SECONDS_MAX, False),
    ],
)
def test_t303_time_a_token_lives_from_its_issue_by_any_clock_to_its_end(steady, expected) -> None:
    assert is_alive(steady) is expected


def test_a_token_is_for_its_scopes_alone() -> None:
    TOKEN.check_scope(ACCOUNT_ACCESS)
    with pytest.raises(BadToken, match=INVALID):
        TOKEN.check_scope("sso:account")
