"""How campaigns are named and their figures judged; no figures are taken."""

import pytest
from tests.campaign import __main__ as campaign


def test_the_campaigns_are_found_by_their_modules() -> None:
    assert {"connections", "saturation"} <= set(campaign.names())


def test_stall_takes_the_connections_with_it(monkeypatch) -> None:
    monkeypatch.setattr(campaign, "names", lambda: ["connections", "saturation", "stall"])

    assert campaign.wanted(["stall"]) == ["stall", "connections"]
    assert campaign.wanted([]) == ["connections", "saturation", "stall"]
    with pytest.raises(SystemExit):
        campaign.wanted(["nothing"])


@pytest.mark.parametrize(
    ("value", "bound", "expected"),
    [
        (1, "<= 1.0", True),
        (1.1, "<= 1.0", False),
        (0.8, ">= 0.8", True),
        (0.7, ">= 0.8", False),
        (9, "", True),
    ],
)
def test_a_figure_is_judged_by_its_bound(value, bound, expected) -> None:
    assert campaign.keeps(value, bound) == expected
