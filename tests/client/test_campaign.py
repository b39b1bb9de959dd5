"""A slice of `make campaign ARGS=answers.profiles`, and that a difference misses its bound."""

from tests.campaign import __main__ as campaign
from tests.campaign.answers import profiles
from tests.client import generated_profiles
from tests.client.generated_profiles import Outcome


def test_the_campaign_is_found_by_its_name() -> None:
    assert "answers.profiles" in campaign.wanted(["answers"])


def test_a_profile_that_is_somebody_else_misses_the_bound(monkeypatch) -> None:
    named, differing = profiles.figures(count=6)
    assert campaign.keeps(*named[1:])
    assert campaign.keeps(*differing[1:3])

    monkeypatch.setattr(generated_profiles, "of_daypass", lambda *_: Outcome("AKIABOB"))
    _, differing = profiles.figures(count=2)
    assert not campaign.keeps(*differing[1:3])
    assert "AKIABOB" in differing[3][0]
