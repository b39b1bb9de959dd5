"""A walk counts our calls and detours, and two walks of one call count the same.

No figure has a bound here: how many detours there may be is for readers to judge.
"""

import pytest
from tests.detours import __main__ as detours
from tests.detours.paths import CALLS, walks
from tests.detours.walk import Step, Walk
from tests.services.support import ACCOUNT

from daypass.core import arn, slices
from daypass.server.settings.config import S3Store
from daypass.server.settings.setting import declared_settings


def figures(walk):
    return len(walk.calls()), len(walk.crossings()), walk.detours()


def test_two_walks_of_a_call_have_the_same_figures_and_none_is_zero() -> None:
    first, second = ({name: figures(walk) for name, walk in walks().items()} for _ in range(2))

    assert first.keys() == CALLS.keys()
    assert all(all(each) for each in first.values())
    assert first == second


def test_the_figures_are_printed_for_the_calls_that_are_named(capsys) -> None:
    detours.main(["AssumeRole"])
    [line] = capsys.readouterr().out.splitlines()

    assert line.startswith("AssumeRole: ")


def test_a_tree_and_the_most_frequent_detours_are_printed_below_the_figures(capsys) -> None:
    detours.main(["PutObject", "--tree", "--top"])
    lines = capsys.readouterr().out.splitlines()

    assert len([line for line in lines if " → " in line]) == detours.SHOWN
    assert any(line.startswith("  server/") for line in lines)
    assert any(line.startswith("    gate/") for line in lines)


def test_a_call_of_another_name_is_refused(capsys) -> None:
    with pytest.raises(SystemExit):
        detours.main(["GetWeather"])

    assert "`GetWeather` is none of AssumeRole, CreateUser, PutObject" in capsys.readouterr().err


def test_what_is_not_ours_is_no_call_but_stands_between_two_of_ours() -> None:
    def naming():
        for _ in range(3):
            arn.root(ACCOUNT)
            yield

    with Walk() as walk:
        slices.at_once(naming())

    [whole] = walk.roots
    assert (whole.file, whole.function) == ("core/slices", "at_once")
    assert [(each.file, each.function) for each in whole.steps] == [("core/arn", "root")] * 3
    assert walk.detours() == {("core/slices", "core/arn"): 3}


def test_a_generator_is_called_once_however_often_it_goes_on() -> None:
    with Walk() as walk:
        found = [*declared_settings(S3Store)]

    assert len(found) > 1
    assert [each.function for each in walk.calls()].count("declared_settings") == 1


def test_neighbours_that_look_the_same_are_one_line_of_the_tree() -> None:
    leaf = lambda: Step("core/arn", "parse")
    whole = Step("core/slices", "at_once", [leaf(), leaf(), Step("core/arn", "parse", [leaf()])])

    assert [*detours.tree([whole])] == [
        "  core/slices:at_once",
        "    core/arn:parse ×2",
        "    core/arn:parse",
        "      core/arn:parse",
    ]
