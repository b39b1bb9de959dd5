"""Key rings, sealed secrets and session tokens: what opens, and everything that does not."""

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.core import keyring
from daypass.core.domain.record import Tag
from daypass.core.faults import BadToken
from daypass.core.keyring import KeyRing, UnreadableKeyRing
from daypass.core.sealing import Unopenable
from daypass.core.sessions.keyids import access_key_id, account_of, secret_access_key, unique_id
from daypass.core.sessions.secrets import UnreadableSecret, open_secret, seal_secret
from daypass.core.sessions.token import Origin, Session, SessionKind, open_session, seal_session

MASTER = bytes(range(32))
RING = KeyRing.new(bytes(range(48)), now=1_000)
OTHER = KeyRing.new(bytes(range(32)) + bytes(16), now=1_000)
KEY_ID = "ASIAQNZGKIQY56JQ7WML"
SESSION = Session(
    kind=SessionKind.ROLE,
    origin=Origin.ASSUME_ROLE,
    account="111122223333",
    principal_id="AROAEXAMPLE",
    session_name="alice",
    issued=1,
    expires=3601,
    secret="s" * 40,
    policies=('{"Version":"2012-10-17"}',),
    tags=(Tag("team", "data"),),
    transitive=("team",),
    source_identity="alice",
    mfa_time=7,
)
TOKEN = seal_session(SESSION, key_id=KEY_ID, ring=RING, nonce=bytes(12))


def test_a_token_opens_to_the_session_that_was_sealed() -> None:
    assert open_session(TOKEN, key_id=KEY_ID, ring=RING) == SESSION


def test_a_session_does_not_show_its_secret() -> None:
    assert SESSION.secret not in repr(SESSION)
    assert repr(RING.keys[0].key) not in repr(RING.keys)


def test_t056_sts_no_bit_of_a_token_can_be_flipped() -> None:
    raw = base64.b64decode(TOKEN)
    opened = 0
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            open_session(base64.b64encode(changed).decode(), key_id=KEY_ID, ring=RING)
            opened += 1
        except BadToken:
            pass

    assert opened == 0


@pytest.mark.parametrize(
    "token",
    [
        "",
        "A",
        "====",
        TOKEN[:-4],
        TOKEN[:-1],
        TOKEN + "AAAA",
        TOKEN + "=",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN.replace("=", ""),
        "é" + TOKEN[1:],
        TOKEN * 100,
    ],
    ids=range(12),
)
def test_t056_sts_a_token_has_one_spelling(token) -> None:
    if token == TOKEN:
        pytest.skip("this token needs no padding")
    with pytest.raises(BadToken):
        open_session(token, key_id=KEY_ID, ring=RING)


def test_t056_sts_padding_twins_are_refused() -> None:
    padded = next(
        token
        for size in range(3)
        if (token := seal_session(
            Session(
                kind=SessionKind.ROOT, origin=Origin.OPERATOR, account="1" * 12, principal_id="",
                session_name="x" * size, issued=0, expires=1, secret="s",
            ),
            key_id=KEY_ID, ring=RING, nonce=bytes(12),
        )).endswith("=")
    )  # fmt: skip
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = padded.rstrip("=")
    twin = body[:-1] + alphabet[alphabet.index(body[-1]) ^ 1] + padded[len(body) :]

    assert base64.b64decode(twin) == base64.b64decode(padded)
    with pytest.raises(BadToken):
        open_session(twin, key_id=KEY_ID, ring=RING)


@pytest.mark.parametrize(
    ("key_id", "ring"),
    [("ASIAQNZGKIQY56JQ7WMM", RING), (KEY_ID, OTHER), ("ASIAÉ", RING)],
    ids=["another key id", "another deployment", "no key id"],
)
def test_a_token_belongs_to_its_key_and_deployment(key_id, ring) -> None:
    with pytest.raises(BadToken):
        open_session(TOKEN, key_id=key_id, ring=ring)


@given(st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_any_text_is_a_bad_token_and_nothing_worse(text) -> None:
    with pytest.raises(BadToken):
        open_session(text, key_id=KEY_ID, ring=RING)


def test_what_was_sealed_correctly_but_is_no_session_is_a_bad_token() -> None:
    key = RING.current_key("session token")
    header = b"\x01" + key.id.to_bytes(4, "big")
    sealed = key.seal(b"\x00", context=header + KEY_ID.encode(), nonce=bytes(12))

    with pytest.raises(BadToken):
        open_session(base64.b64encode(header + sealed).decode(), key_id=KEY_ID, ring=RING)


def test_t276_key_tokens_outlive_a_rotation() -> None:
    rotated = RING.with_new_key(bytes(32), now=2_000)
    newer = seal_session(SESSION, key_id=KEY_ID, ring=rotated, nonce=bytes(12))

    assert open_session(TOKEN, key_id=KEY_ID, ring=rotated) == SESSION
    assert open_session(newer, key_id=KEY_ID, ring=rotated) == SESSION
    with pytest.raises(BadToken):
        open_session(newer, key_id=KEY_ID, ring=RING)


def test_an_older_key_seals_for_whoever_lacks_the_newest_and_every_key_opens() -> None:
    rotated = RING.with_new_key(bytes(32), now=2_000).with_new_key(bytes(32), now=3_000)
    older = rotated.sealing_up_to(2)
    sealed = seal_session(SESSION, key_id=KEY_ID, ring=older, nonce=bytes(12))

    assert (rotated.sealing_key_id, older.sealing_key_id) == (3, 2)
    assert (
        open_session(sealed, key_id=KEY_ID, ring=RING.with_new_key(bytes(32), now=2_000)) == SESSION
    )
    assert open_session(TOKEN, key_id=KEY_ID, ring=older) == SESSION
    newest_first = rotated.mac_keys("x")
    assert older.mac_keys("x") == (newest_first[1], newest_first[0], newest_first[2])
    assert older.opens_all_of(rotated), "it has the newest key, though another one seals"


@pytest.mark.parametrize("opened", [0, 2, 9])
def test_a_ring_stays_as_it_is_for_whoever_has_no_key_of_it_or_all(opened) -> None:
    rotated = RING.with_new_key(bytes(32), now=2_000)

    assert rotated.sealing_up_to(opened) is rotated


def test_t279_key_a_key_for_one_purpose_opens_nothing_of_another() -> None:
    sealed = RING.current_key("one").seal(b"x", context=b"", nonce=bytes(12))

    with pytest.raises(Unopenable):
        RING.current_key("another").open(sealed, context=b"")
    with pytest.raises(Unopenable):
        RING.current_key("one").open(b"short", context=b"")


def test_a_ring_comes_back_from_its_file() -> None:
    again = keyring.open_key_ring(RING.seal(MASTER, nonce=bytes(12)), MASTER)

    assert again.keys == RING.keys
    assert again.deployment == RING.deployment


@pytest.mark.parametrize(
    ("data", "master"),
    [
        (b"", MASTER),
        (b"something else entirely", MASTER),
        (RING.seal(MASTER, nonce=bytes(12))[:-1], MASTER),
        (RING.seal(MASTER, nonce=bytes(12)), bytes(32)),
        (RING.seal(MASTER, nonce=bytes(12)), MASTER[:-1]),
    ],
    ids=["empty", "another file", "truncated", "another master key", "short master key"],
)
def test_t274_key_a_ring_opens_with_its_master_key_alone(data, master) -> None:
    with pytest.raises(UnreadableKeyRing):
        keyring.open_key_ring(data, master)


def test_t278_key_a_secret_opens_only_in_its_own_record() -> None:
    sealed = seal_secret("open sesame", RING, owner="AKIA1", nonce=bytes(12))

    assert open_secret(sealed, RING, owner="AKIA1") == "open sesame"
    assert b"sesame" not in sealed
    for moved, ring, owner in [
        (sealed, RING, "AKIA2"),
        (sealed[:-1] + b"x", RING, "AKIA1"),
        (b"\0\0\0\x09" + sealed[4:], RING, "AKIA1"),
        (sealed, OTHER, "AKIA1"),
    ]:
        with pytest.raises(UnreadableSecret):
            open_secret(moved, ring, owner=owner)


def test_an_access_key_id_holds_its_account_as_awss_do() -> None:
    assert account_of(KEY_ID) == "029608264753"


@given(st.integers(0, 10**12 - 1), st.binary(min_size=10, max_size=10))
def test_every_account_comes_back_from_a_key_id(number, entropy) -> None:
    account = f"{number:012d}"
    made = access_key_id("AKIA", account, entropy)

    assert len(made) == 20
    assert account_of(made) == account


@pytest.mark.parametrize(
    "text", ["", "AKIA", "AKIA" + "1" * 16, "XXXXQNZGKIQY56JQ7WML", "ASIA7777777777777777", "ASIA" + "é" * 16]
)  # fmt: skip
def test_other_texts_hold_no_account(text) -> None:
    assert account_of(text) is None


def test_ids_and_secrets_have_awss_lengths() -> None:
    assert len(unique_id("AIDA", bytes(11))) == 21
    assert len(secret_access_key(bytes(30))) == 40


def test_a_token_from_before_sessions_had_a_lead_opens_without_one() -> None:
    key = RING.current_key("session token")
    header = b"\x01" + key.id.to_bytes(4, "big")
    before_lead = Session.__struct_fields__.index("lead")
    earlier = msgspec.msgpack.encode(msgspec.to_builtins(SESSION)[:before_lead])
    sealed = key.seal(earlier, context=header + KEY_ID.encode(), nonce=bytes(12))

    token = base64.b64encode(header + sealed).decode()
    assert open_session(token, key_id=KEY_ID, ring=RING) == SESSION


@pytest.mark.parametrize(
    ("steady", "is_over", "is_ahead"),
    [(0, False, False), (3_600, False, False), (3_601, True, False), (-899, False, False), (-900, False, True)],
)  # fmt: skip
@pytest.mark.parametrize("lead", [0, 86_400])
def test_a_session_is_judged_by_steady_time_with_the_lead_that_it_was_issued_with(
    lead, steady, is_over, is_ahead
) -> None:
    session = msgspec.structs.replace(SESSION, lead=lead)

    assert session.is_over(steady=steady + lead) is is_over
    assert session.is_ahead(steady=steady + lead) is is_ahead
    assert session.mfa_age_seconds(steady=steady + lead) == max(0, steady - 7)
