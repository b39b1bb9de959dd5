"""Plans for people, permission sets and assignments, as data, and names that match none."""

from dataclasses import replace

import pytest
from tests.blueprint.test_plans import NOTHING, applied, cases, planned, said

from daypass.blueprint import wording
from daypass.blueprint.file.file_reader import InvalidFile
from daypass.blueprint.identity_center import Assignment, IdentityCenter, PrincipalKind
from daypass.blueprint.plan import outcome
from daypass.blueprint.plan.match_file import match_organization
from daypass.blueprint.plan.people.effects import people_effects
from daypass.blueprint.plan.people.match import match_identity_center
from daypass.blueprint.plan.plan import PlanBlocked, plan_changes


@pytest.mark.parametrize("case", cases("people_plans"))
def test_a_plan_for_people_has_its_steps_and_says_who_gains_or_loses_what(case, tmp_path) -> None:
    now, found = planned(case, tmp_path)
    told = people_effects(now, outcome.apply_steps(now, found.steps))

    assert [f"{each.verb} {wording.step_text(each)}" for each in found.steps] == case["steps"]
    assert list(found.left_alone) == case.get("left_alone", [])
    assert [line for each in told for line in wording.effect_lines(each)] == case["told"]


@pytest.mark.parametrize("case", cases("people_plans"))
def test_a_plan_for_people_that_was_carried_out_leaves_nothing_to_do(case, tmp_path) -> None:
    now, found = planned(case, tmp_path)
    then = outcome.apply_steps(now, found.steps)
    wanted = match_organization(said(tmp_path, case["file"]), then)

    again = plan_changes(wanted, then, prune=case.get("prune", False))

    assert again.steps == ()
    assert again.left_alone == found.left_alone


def test_a_set_that_an_interrupted_run_has_edited_is_provisioned_by_the_next(tmp_path) -> None:
    text = (
        "{identity-center: {people: {alice: null}, permission-sets: {Read: null}, assignments:"
        " [{permission-set: Read, accounts: [management], people: [alice]}]}}"
    )
    now = applied(said(tmp_path, text), NOTHING)
    edited = replace(now.identity_center, outdated=frozenset({"Read"}))
    then = replace(now, identity_center=edited)

    steps = plan_changes(match_organization(said(tmp_path, text), now), then).steps

    assert [wording.step_text(each) for each in steps] == [
        "roles of permission set Read in management"
    ]


def test_names_are_matched_whatever_their_case_and_accounts_by_id_and_name(tmp_path) -> None:
    now = applied(
        said(
            tmp_path,
            "{identity-center: {people: {Alice: null}, groups: {Devs: null}, permission-sets:"
            " {Read: null}}}",
        ),
        NOTHING,
    )
    file = said(
        tmp_path,
        "{identity-center: {people: {alice: {groups: [DEVS]}}, assignments: [{permission-set: Read,"
        " accounts: ['111122223333', m], people: [ALICE], groups: [devs]}]}}",
    )

    found = match_identity_center(file.identity_center, now.identity_center, now)

    assert found.people["Alice"].groups == frozenset({"Devs"})
    assert found.assignments == frozenset(
        {
            Assignment("Read", "management", PrincipalKind.PERSON, "Alice"),
            Assignment("Read", "management", PrincipalKind.GROUP, "Devs"),
        }
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("permission-set: Other, accounts: [management], people: [alice]", "permission set Other"),
        ("permission-set: Read, accounts: [nowhere], people: [alice]", "account nowhere"),
        ("permission-set: Read, accounts: [management], people: [bob]", "person bob"),
        ("permission-set: Read, accounts: [management], groups: [devs]", "group devs"),
    ],
)
def test_an_assignment_that_names_what_is_not_there_is_refused(tmp_path, text, words) -> None:
    file = said(
        tmp_path,
        "{identity-center: {people: {alice: null}, permission-sets: {Read: null}, assignments:"
        f" [{{{text}}}]}}}}",
    )

    with pytest.raises(PlanBlocked, match=words):
        match_identity_center(file.identity_center, IdentityCenter(), NOTHING)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("people: {Alice: null, alice: null}", "`Alice` and `alice` are one name"),
        ("groups: {Devs: null, DEVS: null}", "`Devs` and `DEVS` are one name"),
        ("permission-sets: {Read: {policy: {Statement: 1}}}", "policy of permission set Read"),
        ("permission-sets: {Read: {session-duration: 8h}}", "session-duration"),
        ("assignments: [{permission-set: Read}]", "has no `accounts`"),
        ("persons: {}", "has no `persons`"),
    ],
)
def test_a_file_with_an_error_about_people_says_where(tmp_path, text, words) -> None:
    with pytest.raises(InvalidFile, match=words):
        said(tmp_path, f"{{identity-center: {{{text}}}}}")
