"""Tag policies where they are enforced: cases as data."""

import json
from pathlib import Path

import pytest

from daypass.core.domain.record import Tag
from daypass.core.organizations.policies.tag_policies import tag_violations

CASES = json.loads((Path(__file__).parent / "cases" / "tag_policies.json").read_text())
POLICY = {
    "tags": {
        "costcenter": {"tag_key": "CostCenter", "tag_value": ["100", "20*"], "enforced_for": ["iam:role", "s3:*", "sqs:ALL_SUPPORTED"]},
        "Advice": {"tag_key": "Advice", "tag_value": ["one"]},
        "Free": {"tag_key": "Free", "enforced_for": ["iam:role"]},
    }
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_tags_keep_to_their_policy_as_the_case_says(case) -> None:
    found = list(tag_violations(POLICY, case["kind"], [Tag(*pair) for pair in case["tags"]]))

    assert len(found) == case["problems"], found


def test_nothing_is_wrong_where_there_is_no_policy() -> None:
    assert list(tag_violations({}, "iam:role", [Tag("a", "b")])) == []
