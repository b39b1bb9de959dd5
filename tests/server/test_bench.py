"""The requests that the benches time are answered as the benches expect; no figures are taken."""

from types import SimpleNamespace

from tests.bench import refusals, stages


def test_the_bench_of_refusals_times_what_is_answered(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(refusals, "PAIRS", 1)
    monkeypatch.setattr(refusals, "ROUNDS", 1)

    run = SimpleNamespace(folder=tmp_path, is_quick=False, wants=lambda _row: True)
    found = list(refusals.figures(run))

    assert found
    assert all(each.value > 0 for each in found)


def test_every_stage_of_a_call_is_found_and_timed(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(stages, "BLOCK", 2)

    rows, missing = stages.measured(tmp_path, 1)

    assert missing == []
    for operation, found in rows.items():
        assert set(found) == set(stages.ROWS), operation
        assert found[stages.WHOLE] > 0
