"""Action and NotAction: which entries match which actions, by cases beside this file."""

import json
from pathlib import Path

import pytest

from daypass.core.policy.language.actions import ActionPatterns

CASES = json.loads((Path(__file__).parent / "cases" / "action_entries.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_entries_match_as_their_case_says(case) -> None:
    entries = [each.replace("STARS", "*" * case.get("stars", 0)) for each in case["entries"]]

    assert ActionPatterns(entries).matches(case["action"]) is case["matches"]


def test_the_services_are_those_of_the_entries_that_can_match() -> None:
    found = ActionPatterns(["nothing", "*", "S3:Get*", "s*:x", "ec2:RunInstances", "s3:PutObject"])

    assert found.services == {"s3", "ec2"}
    assert found.matches_everything
    assert not ActionPatterns(["s3:*"]).matches_everything
