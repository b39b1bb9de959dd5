"""The sentence and the audit event about a clock that was set."""

import pytest

from daypass.core.time.steady_time import Jump
from daypass.core.time.timestamps import parse_iso8601
from daypass.server.clock_jumps import describe_jump, format_duration, jump_event

NOON = parse_iso8601("2026-01-01T12:00:00Z")


@pytest.mark.parametrize(
    ("jump", "words"),
    [
        (Jump(86_400.2, NOON), "the clock was set forward by 1 d to 2026-01-01T12:00:00Z, or this machine slept;"),
        (Jump(-3_599.8, NOON), "the clock was set back by 1 h to 2026-01-01T12:00:00Z;"),
        (Jump(-3_600, NOON, is_from_before=True), "the clock says 2026-01-01T12:00:00Z, 1 h before the last run of this server ended;"),
    ],
)  # fmt: skip
def test_a_jump_is_described_with_its_size_and_the_clock(jump, words) -> None:
    assert describe_jump(jump).startswith(words)
    assert jump_event(jump).message == describe_jump(jump)
    assert jump_event(jump).detail["seconds"] == str(round(jump.seconds))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (11, "11 s"), (61, "1 min 1 s"), (3_600, "1 h"), (90_061, "1 d 1 h")],
)
def test_a_duration_has_at_most_two_units(seconds, text) -> None:
    assert format_duration(seconds) == text
