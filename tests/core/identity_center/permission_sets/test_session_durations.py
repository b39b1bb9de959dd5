"""The session duration of a permission set, in every spelling of ISO 8601 that has a length."""

import pytest

from daypass.core.faults import InvalidParameterValue
from daypass.core.identity_center.permission_sets.session_durations import session_seconds


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("PT15M", 900),
        ("PT900S", 900),
        ("PT900.000S", 900),
        ("PT1H", 3_600),
        ("PT60M", 3_600),
        ("PT3600S", 3_600),
        ("P0DT1H", 3_600),
        ("P0Y0M0DT1H", 3_600),
        ("PT0H90M", 5_400),
        ("PT1H30M", 5_400),
        ("PT1H1M1S", 3_661),
        ("PT12H", 43_200),
        ("PT11H59M60S", 43_200),
    ],
)
def test_a_duration_has_a_length(duration, seconds) -> None:
    assert session_seconds(duration) == seconds


@pytest.mark.parametrize(
    "duration",
    [
        "PT14M59S",
        "PT12H1S",
        "P1D",
        "P1W",
        "P1Y",
        "P1M",
        "P1MT1H",
        "P1YT1H",
        "-PT1H",
        "PT3600.5S",
        "PT",
        "P",
        "PT1H ",
        "PT1h",
        "1H",
        "PT1M1H",
        "P1H",
        "PT\u0661H",
        "PT" + "9" * 90 + "S",
        "",
    ],
)
def test_what_has_no_length_from_15_minutes_to_12_hours_is_refused(duration) -> None:
    with pytest.raises(InvalidParameterValue) as refused:
        session_seconds(duration)

    assert refused.value.message == (
        f"The session duration {duration} is not a whole number of seconds from PT15M to PT12H."
    )
