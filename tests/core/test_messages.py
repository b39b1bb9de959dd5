"""Encoded authorization messages: sealed for one account, one deployment and one day, and never too long."""

import base64
import json
import random
import string
import zlib

import pytest

from daypass.core import messages, quotas
from daypass.core.faults import BadMessage
from daypass.core.keyring import KeyRing

RING = KeyRing.new(bytes(range(48)), now=1)
OTHER = KeyRing.new(bytes(range(1, 49)), now=1)
ACCOUNT = "111122223333"
INVALID = r"^The authorization message is invalid or has expired\.$"
DAY = 24 * 60 * 60
LONGEST = 10_240
MESSAGE = {"allowed": False, "explicitDeny": False, "context": {}, "matchedStatements": {"items": []}, "time": 1000, "because": {"statements": []}}  # fmt: skip


def encoded(message, *, account=ACCOUNT, ring=RING, nonce=bytes(range(12))):
    return messages.encode(message, account=account, ring=ring, nonce=nonce)


def opened(text, **more):
    return json.loads(messages.decode(text, **{"account": ACCOUNT, "ring": RING, "now": 1000} | more))  # fmt: skip


def by_hand(*, version=2, key=1, account=ACCOUNT, sealed_for=None, message=MESSAGE, ring=RING):
    """A message as its format is written down: version, key, account, then the nonce and what is sealed for all of these."""
    name = lambda which: bytes([version]) + key.to_bytes(4, "big") + which.encode().ljust(12)
    packed = zlib.compress(json.dumps(message).encode())
    sealing = ring.current("authorization message")
    raw = name(account) + sealing.seal(packed, context=name(sealed_for or account), nonce=bytes(12))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_a_message_opens_into_what_it_was_made_of() -> None:
    text = encoded(MESSAGE)

    assert opened(text) == MESSAGE
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")
    assert messages.account_of(text) == ACCOUNT


@pytest.mark.parametrize("more", ["", "a", "ab", "abc", "abcd", "abcde"])
def test_a_message_is_never_padded(more) -> None:
    text = encoded({**MESSAGE, "context": {"more": more}})

    assert text.rstrip("=") == text
    assert opened(text)["context"] == {"more": more}


@pytest.mark.parametrize("account", ["1", "12", "123", ACCOUNT])
def test_a_message_is_of_its_account_alone(account) -> None:
    text = encoded(MESSAGE, account=account)

    assert messages.account_of(text) == account
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
    assert opened(text, now=None) == MESSAGE


def test_a_message_that_has_expired_in_the_first_second_has_expired() -> None:
    text = encoded({**MESSAGE, "time": -DAY})

    with pytest.raises(BadMessage):
        opened(text, now=0)


def test_messages_of_the_known_format_open() -> None:
    text = by_hand()

    assert messages.account_of(text) == ACCOUNT
    assert opened(text) == MESSAGE
    assert encoded(MESSAGE)[:22] == text[:22]


@pytest.mark.parametrize("changed", [{"version": 1}, {"version": 3}, {"key": 2}, {"key": 0}, {"key": (1 << 24) + 1}])  # fmt: skip
def test_another_format_or_key_is_refused(changed) -> None:
    with pytest.raises(BadMessage, match=INVALID):
        opened(by_hand(**changed))


def test_a_message_that_was_sealed_for_somebody_else_does_not_open() -> None:
    with pytest.raises(BadMessage, match=INVALID):
        opened(by_hand(sealed_for="999999999999"))


def test_a_message_outlives_the_key_that_seals() -> None:
    rings = [RING]
    for at in range(1, 300):
        rings.append(rings[-1].rotated(bytes([at % 256]) * 32, now=at))

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


@pytest.mark.parametrize("text", ["", "A", "AQ", "!", "nonsense", "ü" * 40, "A" * 22, "Ag" + "A" * 21, "AgAAAAE" + "A" * 80])  # fmt: skip
def test_what_is_no_message_is_refused(text) -> None:
    with pytest.raises(BadMessage, match=INVALID):
        opened(text)


@pytest.mark.parametrize("text", ["A", "!", "AA=A", "ü"])
def test_what_is_no_message_is_nobodys(text) -> None:
    with pytest.raises(BadMessage, match=INVALID):
        messages.account_of(text)


def noise(count, seed):
    dice = random.Random(seed)
    return "".join(dice.choice(string.ascii_letters + string.digits) for _ in range(count))


def packed(message):
    return len(zlib.compress(json.dumps(message, separators=(",", ":")).encode(), 6))


def of_size(wanted):
    """A message that packs to exactly so many bytes: twenty statements, as many as a shortened one keeps, and one of noise."""
    for seed in range(20):
        text = noise(wanted * 2, f"size {seed}")
        for count in range(wanted * 5 // 4, len(text)):
            message = {**MESSAGE, "because": {"statements": [*[{"applies": False}] * 20, {"sid": text[:count], "applies": False}]}}  # fmt: skip
            if packed(message) >= wanted:
                break
        if packed(message) == wanted:
            return message
    raise AssertionError(wanted)


def test_a_message_is_whole_up_to_the_longest_that_sts_takes() -> None:
    fits = LONGEST * 3 // 4 - 17 - 28

    assert quotas.ENCODED_MESSAGE_CHARACTERS_MAX == LONGEST
    whole = of_size(fits)
    text = encoded(whole)
    assert len(text) == LONGEST
    assert opened(text) == whole
    longer = of_size(fits + 1)
    text = encoded(longer)
    assert len(text) <= LONGEST
    assert opened(text)["because"]["omitted"] == 1


def crowded(count, *, size=40, **each):
    """A message with so many statements, each of which needs some room; the eighth applies."""
    statements = [
        {"sid": noise(size, f"statement {number}"), "applies": number == 7, "stopped_by": "Condition" if number == 9 else "Action", **each}
        for number in range(count)
    ]  # fmt: skip
    items = [{"statementId": noise(size, f"match {number}")} for number in range(count)]
    return {**MESSAGE, "because": {"layer": "x", "statements": statements}, "matchedStatements": {"items": items}}  # fmt: skip


@pytest.mark.parametrize(("count", "size", "kept"), [(500, 40, 20), (300, 400, 5), (300, 1_800, 1)])
def test_a_long_message_keeps_the_statements_that_say_most(count, size, kept) -> None:
    message = crowded(count, size=size)
    text = encoded(message)
    found = opened(text)
    statements = found["because"]["statements"]

    assert len(text) <= LONGEST
    assert len(statements) == kept
    assert found["because"]["omitted"] == count - kept
    assert found["because"]["layer"] == "x"
    # What applied first, then what was near; what spoke of other actions last.
    order = [7, 9, *(number for number in range(count) if number not in {7, 9})]
    given = message["because"]["statements"]
    assert statements == [given[number] for number in order[:kept]]
    assert found["matchedStatements"]["items"] == message["matchedStatements"]["items"][:kept]


def test_where_no_statement_has_room_the_first_that_matched_is_still_named() -> None:
    message = crowded(2, size=4_000)
    message["because"]["statements"] = [{"sid": noise(9_000, "statement"), "applies": True}]
    found = opened(encoded(message))

    assert found["because"]["statements"] == []
    assert found["because"]["omitted"] == 1
    assert found["matchedStatements"]["items"] == message["matchedStatements"]["items"][:1]


def test_a_message_is_shortened_no_further_than_it_must_be() -> None:
    message = crowded(3, size=20)
    message["matchedStatements"] = {"items": [{"statementId": noise(450, f"match {number}")} for number in range(25)]}  # fmt: skip
    found = opened(encoded(message))

    assert found["because"]["omitted"] == 0
    assert len(found["because"]["statements"]) == 3
    assert len(found["matchedStatements"]["items"]) == 20


def test_where_the_request_alone_is_too_long_the_decision_is_said() -> None:
    message = {**MESSAGE, "explicitDeny": True, "context": {"noise": noise(20_000, "context")}}
    text = encoded(message)

    assert len(text) <= LONGEST
    assert opened(text) == {"allowed": False, "explicitDeny": True, "time": 1000}
    text = encoded({**message, "organization": "o-a"})
    assert opened(text) == {"allowed": False, "explicitDeny": True, "time": 1000, "organization": "o-a"}  # fmt: skip


def test_a_message_has_one_spelling() -> None:
    text = next(each for each in (messages.encode(MESSAGE, account=ACCOUNT, ring=RING, nonce=bytes([n] * 12)) for n in range(64)) if "-" in each or "_" in each)  # fmt: skip
    for other in (text.replace("-", "+").replace("_", "/"), text + "="):
        with pytest.raises(BadMessage):
            messages.decode(other, account=ACCOUNT, ring=RING, now=None)
