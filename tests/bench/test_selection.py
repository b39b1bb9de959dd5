"""Which groups and rows a name selects."""

import pytest
from tests.bench.groups import GROUPS, Group, figures_of
from tests.bench.selection import Selection, Unknown

CALLS, GROWTH = Group("calls", "calls"), Group("growth", "growth")
ROWS = {"calls": ["AssumeRole, one pair", "AssumeRole, a write", "identity"], "growth": ["a write"]}


def selected(*names):
    selection = Selection(names, ROWS, (CALLS, GROWTH))
    return {
        group.name: [row for row in ROWS[group.name] if selection.wants(group.name, row)]
        for group in selection.groups
    }


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        ((), ROWS),
        (("calls",), {"calls": ROWS["calls"]}),
        (("AssumeRole",), {"calls": ["AssumeRole, one pair", "AssumeRole, a write"]}),
        (("assumerole, one",), {"calls": ["AssumeRole, one pair"]}),
        (("identity", "growth"), {"calls": ["identity"], "growth": ["a write"]}),
        (("calls", "identity"), {"calls": ROWS["calls"]}),
    ],
)
def test_a_name_selects_a_group_or_the_rows_that_begin_with_it(names, rows) -> None:
    assert selected(*names) == rows


@pytest.mark.parametrize("name", ["nothing", "one pair", "call"])
def test_a_name_that_selects_nothing_is_refused(name) -> None:
    with pytest.raises(Unknown, match=name):
        selected("calls", name)


def test_a_group_is_taken_whole_with_rows_that_nobody_knew() -> None:
    assert Selection(["calls"], {}, (CALLS, GROWTH)).wants("calls", "a new row")


def test_every_group_has_a_name_of_its_own_and_says_what_it_measures() -> None:
    assert len({each.name for each in GROUPS}) == len(GROUPS)
    assert all(each.says for each in GROUPS)


@pytest.mark.parametrize("name", ["organizations", "calls", "hammering", "growth", "radosgw"])
def test_the_modules_of_a_group_have_figures(name) -> None:
    group = next(each for each in GROUPS if each.name == name)

    # A generator: nothing is measured until a row is asked for.
    assert iter(figures_of(group, run=None))
    assert name in group.modules
