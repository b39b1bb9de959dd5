"""Decisions that are kept: what is compared, what is never kept, and the bounds."""

import pytest
from tests.core.policy.sample_requests import (
    ANONYMOUS,
    BUCKET,
    SERVICE,
    USER,
    WEB,
    A,
    compiled_document,
    effective_policies,
    granting,
)
from tests.documents import allow, deny

from daypass.core.policy.decision import known_decisions
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.known_decisions import KnownDecisions
from daypass.core.policy.decision.model import AuthorizationRequest

ALLOWING = effective_policies(identity=compiled_document(allow()))
TIMED = effective_policies(
    identity=compiled_document(
        allow(Condition={"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}})
    )
)
BY_PROGRAM = effective_policies(
    identity=compiled_document(allow(Condition={"StringEquals": {"aws:UserAgent": "theirs"}}))
)


def request(on=BUCKET, principal=USER, action="s3:GetObject", **context):
    return AuthorizationRequest(principal, action, on, A, context)


class Decided(KnownDecisions):
    """Counts the decisions that were made and not found."""

    def __init__(self):
        super().__init__()
        self.made = 0

    def _decide_and_keep(self, *args):
        self.made += 1
        return super()._decide_and_keep(*args)

    def outcome(self, asked, policies):
        found = self.decide(asked, policies)
        assert found == decide(asked, policies)
        return found.outcome.value


@pytest.fixture
def decided():
    return Decided()


def test_the_same_question_is_decided_once(decided) -> None:
    outcomes = [decided.outcome(request(), ALLOWING) for _ in range(3)]

    assert len(set(outcomes)) == 1
    assert decided.made == 1


@pytest.mark.parametrize(
    "other",
    [
        request(on="arn:aws:s3:::c"),
        request(action="s3:PutObject"),
        request(principal=USER._replace(unique_id="AIDAANOTHER")),
        request()._replace(resource_account="444455556666"),
    ],
    ids=["resource", "action", "caller", "owner"],
)
def test_another_question_is_decided_anew(decided, other) -> None:
    decided.outcome(request(), ALLOWING)
    decided.outcome(other, ALLOWING)

    assert decided.made == 2


@pytest.mark.parametrize("kind", ["identity", "boundary", "session", "resource"])
def test_a_policy_that_was_changed_is_another_one(decided, kind) -> None:
    before = {"identity": compiled_document(allow())}
    denying = compiled_document(deny() if kind != "resource" else granting("*", "Deny"))
    first = decided.outcome(request(), effective_policies(**before))
    then = decided.outcome(request(), effective_policies(**{**before, kind: denying}))

    assert (first, then) == ("Allowed", "ExplicitlyDenied")


def test_scope_down_policies_are_part_of_the_question_and_so_is_their_number(decided) -> None:
    allowing = effective_policies(identity=compiled_document(allow())).identity
    denying = effective_policies(identity=compiled_document(deny())).identity
    narrowed = [(), (allowing,), (allowing, denying), (allowing,), ()]
    outcomes = [
        decided.outcome(request(), ALLOWING._replace(scope_downs=each)) for each in narrowed
    ]

    assert outcomes == ["Allowed", "Allowed", "ExplicitlyDenied", "Allowed", "Allowed"]
    assert decided.made == 3


def test_no_session_policy_and_an_empty_one_are_decided_apart(decided) -> None:
    without = ALLOWING
    empty = ALLOWING._replace(session=effective_policies(session=()).session)
    assert not empty.session.policies
    outcomes = [decided.outcome(request(), each) for each in (without, empty, without, empty)]

    assert outcomes == ["Allowed", "ImplicitlyDenied"] * 2
    assert decided.made == 2


def test_a_decision_with_a_condition_of_time_changes_with_the_clock(decided) -> None:
    key = "aws:currenttime"
    before, after = "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"
    outcomes = [decided.outcome(request(**{key: at}), TIMED) for at in (before, after, before)]

    assert outcomes == ["Allowed", "ImplicitlyDenied", "Allowed"]


def test_a_condition_key_that_is_missing_is_not_one_that_is_there(decided) -> None:
    with_it = request(**{"aws:useragent": "theirs"})
    outcomes = [decided.outcome(each, BY_PROGRAM) for each in (request(), with_it, request())]

    assert outcomes == ["ImplicitlyDenied", "Allowed", "ImplicitlyDenied"]


def test_condition_keys_that_no_policy_asks_for_are_not_compared(decided) -> None:
    for program in ("one", "another"):
        decided.outcome(request(**{"aws:useragent": program}), ALLOWING)

    assert decided.made == 1


@pytest.mark.parametrize(
    "principal", [ANONYMOUS, WEB, SERVICE], ids=["anonymous", "web", "service"]
)
def test_decisions_about_strangers_are_not_kept(decided, principal) -> None:
    for _ in range(2):
        decided.outcome(request(principal=principal), ALLOWING)

    assert decided.made == 2
    assert decided._known == {}


@pytest.mark.parametrize(("more", "made"), [(0, 1), (1, 2)], ids=["at the bound", "past it"])
def test_a_decision_about_a_long_resource_is_not_kept(decided, more, made) -> None:
    long = BUCKET.ljust(known_decisions.CHARACTERS_MAX + more, "x")
    for _ in range(2):
        decided.outcome(request(on=long), ALLOWING)

    assert decided.made == made


def test_values_of_condition_keys_count_towards_the_bound_on_characters(decided) -> None:
    long = request(**{"aws:useragent": "x" * known_decisions.CHARACTERS_MAX})
    for _ in range(2):
        decided.outcome(long, BY_PROGRAM)

    assert decided.made == 2


def test_only_so_many_decisions_are_kept(decided, monkeypatch) -> None:
    monkeypatch.setattr(known_decisions, "KNOWN_MAX", 3)
    for number in range(20):
        decided.outcome(request(on=f"{BUCKET}/{number}"), ALLOWING)
        assert len(decided._known) <= 3


def test_only_so_many_decisions_about_one_question_are_kept(decided) -> None:
    for number in range(20):
        decided.outcome(request(**{"aws:useragent": f"{number}"}), BY_PROGRAM)
        [kept] = decided._known.values()
        assert len(kept) <= known_decisions.VARIANTS_MAX
