"""Plans and what they change for whom, as data: what there is and the file, both as a file says
them.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.documents import policy, trust

from daypass.blueprint import wording
from daypass.blueprint.file.file_reader import read_organization_file
from daypass.blueprint.organization import MANAGEMENT, Account, Organization
from daypass.blueprint.plan import organization_steps, outcome
from daypass.blueprint.plan.effects import plan_effects
from daypass.blueprint.plan.match_file import match_organization
from daypass.blueprint.plan.people.effects import people_effects
from daypass.blueprint.plan.plan import PlanBlocked, plan_changes

CASES = Path(__file__).parent / "cases"
USERS = "arn:aws:iam::111122223333:user"


def content(effect, *actions):
    statements = [{"Effect": effect, "Action": each, "Resource": "*"} for each in actions]
    return json.dumps({"content": {"Version": "2012-10-17", "Statement": statements}})


def trusting(user):
    return policy(trust(f"{USERS}/{user}"))


SHORT = {
    "DENY_S3": content("Deny", "s3:*"),
    "DENY_IAM": content("Deny", "iam:CreateUser"),
    "DENY_BOTH": content("Deny", "s3:*", "iam:CreateUser"),
    "ALLOW_S3": content("Allow", "s3:*"),
    "TRUST_ONE": trusting("one"),
    "TRUST_TWO": trusting("two"),
}
NOTHING = Organization(exists=False, accounts={MANAGEMENT: Account(id="111122223333", name="m")})


def said(folder, text):
    for name, each in SHORT.items():
        text = text.replace(name, each)
    path = folder / "organization.yaml"
    path.write_text("{version: 1, " + text.removeprefix("{"))
    return read_organization_file(path)


def applied(wanted, now):
    wanted = match_organization(wanted, now)
    return outcome.apply_steps(now, plan_changes(wanted, now).steps)


def planned(case, folder):
    now = applied(said(folder, case["now"]), NOTHING)
    wanted = match_organization(said(folder, case["file"]), now)
    return now, plan_changes(wanted, now, prune=case.get("prune", False))


def cases(name):
    found = json.loads((CASES / f"{name}.json").read_text())
    return [pytest.param(case, id=case["name"].replace(" ", "-")) for case in found]


@pytest.mark.parametrize("case", cases("plans"))
def test_a_plan_has_its_steps_in_their_order(case, tmp_path) -> None:
    _, found = planned(case, tmp_path)

    assert [f"{each.verb} {wording.step_text(each)}" for each in found.steps] == case["steps"]
    assert list(found.left_alone) == case.get("left_alone", [])


@pytest.mark.parametrize("case", cases("effects"))
def test_a_plan_says_who_gains_or_loses_what(case, tmp_path) -> None:
    now, found = planned(case, tmp_path)

    told = (*plan_effects(now, found), *people_effects(now, outcome.apply_steps(now, found.steps)))
    assert [line for each in told for line in wording.effect_lines(each)] == case["told"]


def test_the_json_keeps_the_names_of_its_first_version(tmp_path) -> None:
    user = "{management: {users: {robot: {tags: {team: %s}}}}}"
    now, bare = (applied(said(tmp_path, user % team), NOTHING) for team in ("web", "ops"))
    made = plan_changes(match_organization(said(tmp_path, user % "web"), NOTHING), NOTHING)
    tagged = plan_changes(bare, now)
    created = wording.plan_data(made, ())["steps"][-1]
    [changed] = wording.plan_data(tagged, ())["steps"]

    assert (created["do"], created["holder"]) == ("CreateHolder", {"kind": "user", "name": "robot"})
    assert (changed["do"], changed["who"]["name"]) == ("TagHolder", "robot")


def test_a_full_place_makes_room_one_by_one_and_never_stands_empty(tmp_path) -> None:
    def file(*numbers):
        names = [f"p{number:02}" for number in numbers]
        listed = ", ".join(f"{name}: DENY_S3" for name in names)
        return f"{{policies: {{{listed}}}, root: {{policies: [{', '.join(names)}]}}}}"

    now = applied(said(tmp_path, file(*range(9))), NOTHING)
    wanted = match_organization(said(tmp_path, file(*range(20, 29))), now)
    with pytest.raises(PlanBlocked, match="more than 10 policies"):
        plan_changes(wanted, now)
    then = outcome.apply_steps(now, plan_changes(wanted, now, prune=True).steps)

    assert {key.name for key in then.root.policies} == {f"p{number}" for number in range(20, 29)}


def test_accounts_are_closed_only_when_both_flags_say_so(tmp_path) -> None:
    now = applied(said(tmp_path, "{accounts: [{email: dev@example.com, name: dev}]}"), NOTHING)
    wanted = match_organization(said(tmp_path, "{accounts: []}"), now)

    assert plan_changes(wanted, now, prune=True, close_accounts=True).steps == (
        organization_steps.CloseAccount("dev@example.com"),
    )
    assert plan_changes(wanted, now, close_accounts=True).steps == ()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("{accounts: [{id: '999900001111'}]}", "is not in this organization"),
        ("{accounts: [{email: old@example.com, name: old}]}", "is closed"),
        ("{accounts: [{id: '111122223333'}]}", "is the management account"),
        ("{management: {id: '999900001111'}}", "the file is for the organization of 999900001111"),
        ("{accounts: [{id: '222233334444', email: new@example.com}]}", "has the address dev@example.com"),
        ("{accounts: [{email: dev@example.com, name: dev, unit: /none}]}", "there is no such unit"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_what_is_there_is_refused(tmp_path, file, words) -> None:
    there = {
        MANAGEMENT: Account("m@example.com", "m", "111122223333"),
        "dev@example.com": Account("dev@example.com", "dev", "222233334444"),
        "old@example.com": Account("old@example.com", "old", "333344445555", is_open=False),
    }
    now = replace(applied(said(tmp_path, "{}"), NOTHING), accounts=there)

    with pytest.raises(PlanBlocked, match=words):
        match_organization(said(tmp_path, file), now)
