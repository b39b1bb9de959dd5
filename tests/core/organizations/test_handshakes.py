"""Handshakes: states, transitions, targets, duplicates and rates, by cases that are data beside
this file.
"""

import contextlib
import json
from pathlib import Path

import pytest

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.organization import Organization
from daypass.core.faults import ServiceFault
from daypass.core.organizations import handshakes

CASES = json.loads((Path(__file__).parent / "cases" / "handshakes.json").read_text())
NOW = 1_000


def table(name):
    return pytest.mark.parametrize("case", CASES[name], ids=[case["case"] for case in CASES[name]])


def made(**more):
    known = {"id": "h-a1b2c3d4e5", "action": "INVITE", "state": "OPEN", "target": "123456789012"}
    times = {"requested": 0, "expires": 10_000, "serial": 1}
    return Handshake(account="o-a1b2c3d4e5", **known | times | more)


@contextlib.contextmanager
def told(case):
    """Expect the refusal that a case names, or none."""
    if "says" not in case and "reason" not in case:
        yield
        return
    with pytest.raises(ServiceFault) as caught:
        yield
    assert caught.value.code == case.get("says", caught.value.code)
    assert caught.value.details.get("Reason") == case.get("reason")


def test_actions_and_states_have_awss_words() -> None:
    assert [getattr(handshakes, word) for word in CASES["words"]] == CASES["words"]


@table("states")
def test_a_state_is_what_the_clock_makes_of_it(case) -> None:
    # T304-TIME
    found = made(state=case["state"], expires=case["expires"], ended=case.get("ended", 0))

    assert handshakes.handshake_state(found, case["now"]) == case["is"]
    assert handshakes.is_readable(found, case["now"]) is case["readable"]


@table("changes")
def test_a_handshake_becomes_only_what_may_follow(case) -> None:
    more = {name: case[name] for name in ("target", "expires") if name in case}
    with told(case):
        handshakes.check_transition(made(state=case["state"], **more), case["wanted"], NOW)


@table("targets")
def test_a_target_is_an_account_or_an_address(case) -> None:
    with told(case):
        handshakes.check_target(case["type"], case["id"])


@table("duplicates")
def test_one_handshake_of_a_kind_is_open_to_a_target(case) -> None:
    known = [made(**case["known"])]
    with told(case):
        handshakes.check_not_duplicate(
            known, "INVITE", case["target"], is_email=case["is_email"], now=NOW
        )


@table("rates")
def test_so_many_handshakes_are_sent_in_a_day(case) -> None:
    sent = [made(**case.get("with", {}))] * case["sent"]
    with told(case):
        handshakes.check_rate(sent, accounts_max=case["accounts_max"], now=0)


def test_a_handshake_is_named_after_the_organization_that_made_it() -> None:
    owner = Organization(
        account="o-a1b2c3d4e5", management="111122223333", root_id="r-a1b2", created=0
    )

    assert handshakes.handshake_arn(owner, made(action="ENABLE_ALL_FEATURES")) == (
        "arn:aws:organizations::111122223333:handshake/o-a1b2c3d4e5/enable_all_features/h-a1b2c3d4e5"
    )


def test_places_rise_with_time_and_fit_a_marker() -> None:
    early, late = (
        handshakes.creation_order(10, "h-zzzzzzzzzz"),
        handshakes.creation_order(11, "h-aaaaaaaaaa"),
    )

    assert early < late
    assert handshakes.creation_order(10, "h-a") != handshakes.creation_order(10, "h-b")
    names = [f"h-{number:010d}" for number in range(100)]
    assert max(handshakes.creation_order(10, each) for each in names) < min(
        handshakes.creation_order(11, each) for each in names
    )
    assert handshakes.creation_order(4_000_000_000, "h-a") + 1 < 2**64
