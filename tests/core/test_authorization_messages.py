"""Encoded authorization messages: sealed for one account, one deployment and one day, and never
too long.
"""

import base64
import random
import string
import zlib

import msgspec
import pytest

from daypass.core import authorization_messages, quotas
from daypass.core.faults import BadMessage
from daypass.core.keyring import KeyRing
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.refusal_record import record_refusal
from daypass.core.policy.explanation.question_files import question_from_data

RING = KeyRing.new(bytes(range(48)), now=1)
OTHER = KeyRing.new(bytes(range(1, 49)), now=1)
ACCOUNT = "111122223333"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
INVALID = r"^The authorization message is invalid or has expired\.$"
DAY = 24 * 60 * 60
LONGEST = 10_240


def refusal(*, time=1000, context=None, resource="arn:aws:s3:::b", policies=None, **more):
    """A refusal, as it is kept, of a user whom a policy denies."""
    no = {"Sid": "No", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    asked = question_from_data(
        {
            "v": 1,
            "request": {"principal": {"kind": "user", "arn": ALICE, "account": ACCOUNT, "unique_id": "AIDAX"}, "action": "s3:GetObject", "resource": resource, "resource_account": ACCOUNT, "context": {"aws:username": "alice", "many": ["a", "b"], **(context or {})}},
            "policies": policies or {"identity": [{"Statement": no}]},
        }
    )  # fmt: skip
    decision = decide(asked.request, asked.policies)
    return record_refusal(
        asked.request, decision, asked.policies, time=time, principal_id="AIDAX", **more
    )


MESSAGE = refusal()


def encoded(message, *, account=ACCOUNT, ring=RING, nonce=bytes(range(12))):
    return authorization_messages.encode_message(message, account=account, ring=ring, nonce=nonce)


def opened(text, **more):
    return authorization_messages.decode_message(
        text, **{"account": ACCOUNT, "ring": RING, "now": 1000} | more
    )


def by_hand(*, version=3, key=1, account=ACCOUNT, sealed_for=None, packed=None, ring=RING):
    """A message as its format is written down: version, key, account, then the nonce and what is
    sealed for all of these.
    """
    name = lambda which: bytes([version]) + key.to_bytes(4, "big") + which.encode().ljust(12)
    packed = msgspec.msgpack.encode(MESSAGE) if packed is None else packed
    sealing = ring.current_key("authorization message")
    raw = name(account) + sealing.seal(packed, context=name(sealed_for or account), nonce=bytes(12))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_a_message_opens_into_what_it_was_made_of() -> None:
    text = encoded(MESSAGE)

    assert opened(text) == MESSAGE
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")
    assert authorization_messages.message_account(text) == ACCOUNT


@pytest.mark.parametrize("more", ["", "a", "ab", "abc", "abcd", "abcde"])
def test_a_message_is_never_padded(more) -> None:
    text = encoded(refusal(context={"more": more}))

    assert text.rstrip("=") == text
    assert opened(text).context["more"] == more


@pytest.mark.parametrize("account", ["1", "12", "123", ACCOUNT])
def test_a_message_is_of_its_account_alone(account) -> None:
    text = encoded(MESSAGE, account=account)

    assert authorization_messages.message_account(text) == account
    assert opened(text, account=account) == MESSAGE
    with pytest.raises(BadMessage, match=INVALID):
        opened(text, account="999999999999")


def test_a_message_is_of_its_deployment_alone() -> None:
    with pytest.raises(BadMessage, match=INVALID):
        opened(encoded(MESSAGE), ring=OTHER)


def test_a_message_opens_for_a_day_and_to_the_operator_for_ever() -> None:
    text = encoded(MESSAGE)

    assert opened(text, now=1000 + DAY - 1) == MESSAGE
    for late in (1000 + DAY, 1000 + DAY + 1):
        with pytest.raises(BadMessage, match=INVALID):
            opened(text, now=late)
    assert authorization_messages.decode_for_operator(text, ring=RING) == MESSAGE


def test_a_message_that_has_expired_in_the_first_second_has_expired() -> None:
    text = encoded(refusal(time=-DAY))

    with pytest.raises(BadMessage):
        opened(text, now=0)


def test_messages_of_the_known_format_open() -> None:
    text = by_hand()

    assert authorization_messages.message_account(text) == ACCOUNT
    assert opened(text) == MESSAGE
    assert encoded(MESSAGE)[:22] == text[:22]


@pytest.mark.parametrize("changed", [{"version": 1}, {"version": 2}, {"version": 4}, {"key": 2}, {"key": 0}, {"key": (1 << 24) + 1}])  # fmt: skip
def test_another_format_or_key_is_refused(changed) -> None:
    with pytest.raises(BadMessage, match=INVALID):
        opened(by_hand(**changed))


def test_a_message_that_was_sealed_for_somebody_else_does_not_open() -> None:
    with pytest.raises(BadMessage, match=INVALID):
        opened(by_hand(sealed_for="999999999999"))


def test_a_message_outlives_the_key_that_seals() -> None:
    rings = [RING]
    for at in range(1, 300):
        rings.append(rings[-1].with_new_key(bytes([at % 256]) * 32, now=at))

    assert opened(encoded(MESSAGE), ring=rings[-1]) == MESSAGE
    late = encoded(MESSAGE, ring=rings[-1])
    assert opened(late, ring=rings[-1]) == MESSAGE
    with pytest.raises(BadMessage):
        opened(late, ring=RING)


def test_no_two_messages_with_other_nonces_are_alike() -> None:
    assert encoded(MESSAGE) != encoded(MESSAGE, nonce=bytes(12))
    assert encoded(MESSAGE, nonce=bytes(40)) == encoded(MESSAGE, nonce=bytes(12))


def test_a_changed_message_does_not_open() -> None:
    text = encoded(MESSAGE)
    # The very last letter has bits that mean nothing.
    for at in range(len(text) - 1):
        with pytest.raises(BadMessage):
            opened(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])


@pytest.mark.parametrize(
    "text",
    ["", "A", "AQ", "!", "nonsense", "ü" * 40, "A" * 22, "Ag" + "A" * 21, "AgAAAAE" + "A" * 80],
)
def test_what_is_no_message_is_refused(text) -> None:
    with pytest.raises(BadMessage, match=INVALID):
        opened(text)


@pytest.mark.parametrize("text", ["A", "!", "AA=A", "ü"])
def test_what_is_no_message_is_nobodys(text) -> None:
    with pytest.raises(BadMessage, match=INVALID):
        authorization_messages.message_account(text)


@pytest.mark.parametrize(
    "packed", [b"", b"\xc0", b"\x90", b"nonsense", msgspec.msgpack.encode(["x"] * 19)]
)
def test_what_was_sealed_and_is_no_refusal_is_no_message(packed) -> None:
    with pytest.raises(BadMessage, match=INVALID):
        opened(by_hand(packed=packed))


def test_a_message_of_the_version_before_is_for_the_operator_alone() -> None:
    reasons = b'{"allowed":false,"time":1000}'
    text = by_hand(version=2, packed=zlib.compress(reasons))

    with pytest.raises(BadMessage, match=INVALID):
        opened(text)
    assert authorization_messages.reasons_of_old_message(text, ring=RING) == reasons
    assert authorization_messages.reasons_of_old_message(encoded(MESSAGE), ring=RING) is None
    with pytest.raises(BadMessage, match=INVALID):
        authorization_messages.reasons_of_old_message(text, ring=OTHER)


def noise(count, seed):
    dice = random.Random(seed)
    return "".join(dice.choice(string.ascii_letters + string.digits) for _ in range(count))


def of_size(wanted):
    """A refusal that takes exactly so many bytes."""
    short = len(msgspec.msgpack.encode(refusal(context={"noise": noise(1_000, "size")})))
    found = refusal(context={"noise": noise(1_000 + wanted - short, "size")})
    assert len(msgspec.msgpack.encode(found)) == wanted
    return found


def test_a_message_is_whole_up_to_the_longest_that_sts_takes() -> None:
    fits = LONGEST * 3 // 4 - 17 - 28

    assert quotas.ENCODED_MESSAGE_CHARACTERS_MAX == LONGEST
    text = encoded(of_size(fits))
    assert len(text) == LONGEST
    assert opened(text) == of_size(fits)
    text = encoded(of_size(fits + 1))
    assert len(text) <= LONGEST
    assert opened(text).is_cut


def of_policies(count, *, size=1):
    """So many policies, none of which allows."""
    return {"identity": [{"Statement": {"Sid": noise(size, f"policy {number}"), "Effect": "Allow", "Action": "ec2:*", "Resource": "*"}} for number in range(count)]}  # fmt: skip


def test_policies_are_listed_while_there_is_room_and_known_by_one_hash_always() -> None:
    few, many = refusal(policies=of_policies(10)), refusal(policies=of_policies(200))

    assert [few.policies.identity.is_listed, few.policies.identity.total] == [True, 10]
    assert [many.policies.identity.is_listed, many.policies.identity.total] == [False, 200]
    assert opened(encoded(many)).policies.identity == many.policies.identity
    other = refusal(policies=of_policies(199))
    assert many.policies.identity.digest != other.policies.identity.digest


def test_long_lists_of_policies_go_before_what_the_request_brought() -> None:
    found = opened(
        encoded(refusal(policies=of_policies(10), context={"noise": noise(7_000, "context")}))
    )

    assert not found.policies.identity.is_listed
    assert (found.is_cut, len(found.context["noise"])) == (False, 7_000)


HOSTILE = {
    "a thousand statements": {"policies": {"identity": [{"Statement": [{"Sid": f"s{n}", "Effect": "Deny", "Action": "s3:*", "Resource": "*"} for n in range(1_000)]}]}},
    "a long Sid": {"policies": {"identity": [{"Statement": {"Sid": "x" * 100_000, "Effect": "Deny", "Action": "s3:*", "Resource": "*"}}]}},
    "a thousand policies": {"policies": of_policies(1_000)},
    "many keys": {"context": {noise(100, f"key {n}"): [noise(250, f"value {n}")] * 5 for n in range(60)}},
    "a long resource": {"resource": "arn:aws:s3:::b/" + "\U0001f600" * 100_000},
    "long session policies": {"texts": ["\U0001f600" * 2_048] * 10},
    "all at once": {"policies": of_policies(1_000, size=500), "context": {noise(100, f"key {n}"): noise(5_000, f"value {n}") for n in range(60)}, "resource": "arn:aws:s3:::b/" + "\U0001f600" * 100_000, "texts": ["\U0001f600" * 2_048] * 10, "organization": "o-" + "a" * 32, "owners_organization": "o-" + "b" * 32},
}  # fmt: skip


@pytest.mark.parametrize("more", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_refused_the_message_is_no_longer_than_sts_takes(more) -> None:
    text = encoded(refusal(**more))
    found = opened(text)

    assert len(text) <= LONGEST
    assert found.action == "s3:GetObject"
    assert found.outcome in {"ExplicitlyDenied", "ImplicitlyDenied"}
    assert (found.deciding is None) == (found.outcome == "ImplicitlyDenied")


def test_what_the_request_brought_is_left_out_before_what_decided() -> None:
    found = opened(encoded(refusal(context={"noise": noise(20_000, "context")})))

    assert (found.is_cut, found.context) == (True, {})
    assert found.deciding == MESSAGE.deciding
    assert MESSAGE.deciding.sid == "No"
    assert opened(encoded(MESSAGE)).is_cut is False


def test_octets_that_are_no_text_are_kept_as_escapes() -> None:
    found = opened(
        encoded(
            refusal(
                context={"aws:useragent": "a\udcffb", "many": ["\udc80"]},
                resource="arn:aws:s3:::b/\udcff",
            )
        )
    )

    assert found.context["aws:useragent"] == "a\\udcffb"
    assert found.context["many"] == ("\\udc80",)
    assert found.resource == "arn:aws:s3:::b/\\udcff"


def test_a_message_is_as_long_whatever_a_policy_says() -> None:
    statement = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
    short = refusal(policies={"identity": [{"Statement": statement}]})
    long = refusal(policies={"identity": [{"Statement": [statement] * 500}]})

    assert len(encoded(short)) == len(encoded(long))


def test_a_message_has_one_spelling() -> None:
    text = next(each for each in (authorization_messages.encode_message(MESSAGE, account=ACCOUNT, ring=RING, nonce=bytes([n] * 12)) for n in range(64)) if "-" in each or "_" in each)  # fmt: skip
    for other in (text.replace("-", "+").replace("_", "/"), text + "="):
        with pytest.raises(BadMessage):
            opened(other)
