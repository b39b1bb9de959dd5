"""A run of the bench: what it prints, and what it ends with."""

import json

import pytest
from tests.bench import __main__ as bench
from tests.bench import baseline
from tests.bench.figures import Figure, at_most, not_measured


@pytest.fixture
def rows(monkeypatch, tmp_path):
    """Rows of the groups that a run takes; an exception is raised in its place."""
    given = {}
    monkeypatch.setattr(baseline.record, "__defaults__", (tmp_path / "baseline.json",))
    monkeypatch.setattr(baseline.read, "__defaults__", (tmp_path / "baseline.json",))

    def take(group, selection, _worlds, *, is_quick):
        for row in given.get(group.name, ()):
            if isinstance(row, Exception):
                raise row
            if selection.wants(group.name, row.name):
                yield row

    monkeypatch.setattr(bench, "take", take)
    return given


def test_a_missed_goal_and_a_missing_peer_are_no_failure(rows, capsys) -> None:
    rows["calls"] = [Figure("slow", 9, "×", at_most(2)), not_measured("peer", "x is not installed")]

    assert bench.main(["--only", "calls"]) == 0
    assert "MISSED" in capsys.readouterr().out


def test_a_group_that_cannot_run_fails_the_run_and_ends_no_other(rows, capsys) -> None:
    rows["calls"] = [Figure("first", 1), OSError("no port")]
    rows["growth"] = [Figure("last", 2)]

    assert bench.main([]) == 1
    out = capsys.readouterr().out
    assert "could not run: OSError: no port" in out
    assert "first" in out
    assert "last" in out


def test_what_was_recorded_stands_beside_and_selects_rows(rows, capsys) -> None:
    rows["calls"] = [Figure("one pair", 8), Figure("write", 3)]
    bench.main(["--only", "calls", "--record"])
    rows["calls"] = [Figure("one pair", 9), Figure("write", 4)]
    capsys.readouterr()

    assert bench.main(["--only", "one", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)["calls"]
    assert (row["name"], row["value"], row["baseline"]) == ("one pair", 9, 8)


def test_an_unknown_name_is_an_error_of_usage(rows, capsys) -> None:
    assert bench.main(["--only", "nothing"]) == 2
    assert "`nothing`" in capsys.readouterr().err
