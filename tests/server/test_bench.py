"""The requests that the benches time are answered as the benches expect; no figures are taken."""

from tests.bench import refusals


def test_the_bench_of_refusals_times_what_is_answered(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(refusals, "PAIRS", 1)
    monkeypatch.setattr(refusals, "ROUNDS", 1)

    found = refusals.figures(tmp_path)
    assert found
    assert all(value > 0 for value in found.values())
