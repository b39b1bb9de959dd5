"""The rate limit of calls per principal."""

import pytest
from botocore.exceptions import ClientError
from tests.conftest import serving
from tests.documents import policy

from daypass.core.faults import Throttled
from daypass.server.authority import rates
from daypass.server.authority.rates import BURST_SECONDS, RateLimiter


def calls(limiter, who, now, count):
    """Return how many of `count` calls at one moment are allowed."""
    passed = 0
    for _ in range(count):
        try:
            limiter.count_call(who, now)
        except Throttled:
            continue
        passed += 1
    return passed


def test_a_burst_passes_then_so_many_a_second() -> None:
    limiter = RateLimiter(10)

    assert calls(limiter, "a", 1_000.0, 100) == 10 * BURST_SECONDS
    assert calls(limiter, "a", 1_000.5, 100) == 5
    assert calls(limiter, "a", 1_001.5, 100) == 10


def test_t071_sts_one_principals_flood_is_not_anothers() -> None:
    limiter = RateLimiter(10)
    calls(limiter, "flood", 1_000.0, 1_000)

    assert calls(limiter, "other", 1_000.0, 1) == 1


def test_refused_calls_do_not_make_the_wait_longer() -> None:
    limiter = RateLimiter(10)
    calls(limiter, "a", 1_000.0, 10_000)

    assert calls(limiter, "a", 1_000.1, 1) == 1


def test_zero_means_no_limit() -> None:
    assert calls(RateLimiter(0), "a", 1_000.0, 5_000) == 5_000


def test_remembered_principals_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(rates, "PRINCIPALS_MAX", 3)
    limiter = RateLimiter(10)
    for name in "abcdef":
        limiter.count_call(name, 1_000.0)

    assert set(limiter._empty_at) == set("def")


@pytest.fixture(scope="module")
def slow(store_url, tmp_path_factory):
    """An authority that grants each principal ten calls a second."""
    path = tmp_path_factory.mktemp("slow") / "data"
    yield from serving(path, store_url, calls_per_second=10)


def flood(client):
    """Call until a call is throttled; return the error codes."""
    codes = []
    while "Throttling" not in codes:
        try:
            client.get_caller_identity()
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
        else:
            codes.append("")
    return codes


def test_t071_sts_a_role_has_one_allowance_for_all_its_sessions(slow) -> None:
    arn = slow.role("worker", f"arn:aws:iam::{slow.account}:root")
    user = slow.user("caller", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn})
    assume = slow.client("sts", user).assume_role
    first, second = (
        assume(RoleArn=arn, RoleSessionName=name)["Credentials"] for name in ("one", "two")
    )

    one, two = slow.client("sts", first), slow.client("sts", second)

    assert len(flood(one)) >= 10
    # An allowance of its own would let twenty calls pass.
    with pytest.raises(ClientError, match="Throttling"):
        for _ in range(15):
            two.get_caller_identity()
    # The user behind it, and everybody else, go on.
    assert slow.client("sts", user).get_caller_identity()["Account"] == slow.account


def test_t072_sts_a_deny_during_a_flood_counts_at_the_next_call(slow) -> None:
    arn = slow.role("flooded", f"arn:aws:iam::{slow.account}:root")
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}
    user = slow.user("flooder", allow)
    sts = slow.client("sts", user)
    flood(sts)

    deny = {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}
    slow.client("iam").put_user_policy(
        UserName="flooder", PolicyName="stop", PolicyDocument=policy(deny)
    )

    codes = set()
    while codes <= {"Throttling"}:
        try:
            sts.assume_role(RoleArn=arn, RoleSessionName="late")
        except ClientError as error:
            codes.add(error.response["Error"]["Code"])
        else:
            codes.add("granted")
    assert codes <= {"Throttling", "AccessDenied"}
