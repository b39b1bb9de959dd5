"""`daypass policy explain` and `test` say what the server says, of generated requests.

`make campaign ARGS=answers` compares thousands; a run of the tests compares some.
"""

import pytest
from tests.properties.commands import comparison
from tests.properties.commands.generated import CALLERS, examples

from daypass.core.policy import global_keys

EXAMPLES = 100
EXAMPLES_OF_A_FAULT = 30


def test_the_commands_decide_as_the_server_does() -> None:
    differences, kinds = comparison.compare(seed=1, count=EXAMPLES)
    callers = {" ".join(kind.split()[:2]) for kind in kinds}

    assert differences == []
    assert {f"{who.name} {who.credential}" for who in CALLERS} <= callers
    assert sum(number for kind, number in kinds.items() if kind.endswith("told allowed")) > 15
    assert sum(number for kind, number in kinds.items() if kind.endswith("told denied")) > 15
    assert kinds["differences that were foretold"] > 0


def test_generated_examples_depend_on_their_seed_alone() -> None:
    assert [*examples(5, 10)] == [*examples(5, 10)]
    assert [*examples(5, 10)] != [*examples(6, 10)]


@pytest.mark.parametrize(
    "key",
    [
        "aws:MultiFactorAuthPresent",
        "aws:TokenIssueTime",
        "aws:SecureTransport",
        "aws:ViaAWSService",
        "aws:PrincipalArn",
        "aws:CurrentTime",
    ],
)
def test_a_command_that_leaves_a_key_out_is_found(monkeypatch, key) -> None:
    """A comparison that finds no deliberate fault would show that it cannot fail."""

    def without(*arguments, **more):
        found = global_keys.global_keys(*arguments, **more)
        found.pop(key.lower(), None)
        return found

    monkeypatch.setattr("daypass.policy.assumed_request.global_keys", without)

    assert comparison.compare(seed=3, count=EXAMPLES_OF_A_FAULT, key=key)[0] != []
