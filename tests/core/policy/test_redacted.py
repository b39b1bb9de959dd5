"""What an encoded message tells of the policies above an account, and what of it a member account is shown: cases as data."""

import copy
import json
from pathlib import Path

import pytest

from daypass.core.policy.decoded import decoded, redacted
from daypass.core.policy.explain import explain
from daypass.core.policy.questions import question

CASES = json.loads((Path(__file__).parent / "cases" / "redacted.json").read_text())
A = "111122223333"
ALICE = f"arn:aws:iam::{A}:user/alice"
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_member_sees_what_its_case_says(case) -> None:
    given = copy.deepcopy(case["message"])

    assert redacted(given) == case["expected"]
    # The log keeps the whole of it.
    assert given == case["message"]


def message():
    """What stopped a user whom an SCP denies; of three statements of its own one applies."""
    own = [FULL, {**FULL, "Action": "ec2:*"}, {**FULL, "Resource": "arn:aws:s3:::other"}]
    scp = {"Sid": "Home", "Effect": "Deny", "Action": ["s3:Get*", "s3:Put*"], "Resource": "*", "Condition": {"StringEquals": {"k": "one"}}}  # fmt: skip
    asked = question(
        {
            "v": 1,
            "request": {"principal": {"kind": "user", "arn": ALICE, "account": A}, "action": "s3:GetObject", "resource": "arn:aws:s3:::b", "resource_account": A, "context": {"k": "one", "j": ["two", "three"]}},
            "policies": {"identity": [{"Statement": own}], "scp": [[{"Statement": [FULL, scp]}]]},
        }
    )  # fmt: skip
    return decoded(explain(asked.request, asked.policies), principal_id="AIDAX", organization="o-a", time=7)  # fmt: skip


def test_a_message_holds_the_statements_that_matched_and_no_others() -> None:
    found = message()
    values = lambda *texts: {"items": [{"value": text} for text in texts]}

    matched = [(each["policyType"], each["statementId"], each["effect"]) for each in found["matchedStatements"]["items"]]  # fmt: skip
    assert sorted(matched) == [
        ("identity-based policy", "", "ALLOW"),
        ("service control policy", "", "ALLOW"),
        ("service control policy", "Home", "DENY"),
    ]
    [home] = [each for each in found["matchedStatements"]["items"] if each["statementId"]]
    assert home["actions"] == values("s3:Get*", "s3:Put*")
    assert found["context"]["conditions"]["items"] == [
        {"key": "j", "values": values("two", "three")},
        {"key": "k", "values": values("one")},
    ]
    assert (found["allowed"], found["explicitDeny"], found["organization"]) == (False, True, "o-a")
    assert found["time"] == 7


def test_a_member_sees_nothing_that_a_policy_above_it_says() -> None:
    found = redacted(message())

    assert found["because"]["layer"] == "service control policy"
    assert "Home" not in json.dumps(found)
    assert "s3:Put*" not in json.dumps(found)
    assert [each["policyType"] for each in found["matchedStatements"]["items"]] == ["identity-based policy"]  # fmt: skip
