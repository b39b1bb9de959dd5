"""A slice of `make campaign ARGS=kept`: every kind is worked out anew, and a difference is found."""

import collections

import pytest
from tests.campaign import __main__ as campaign
from tests.campaign.kept import _launched, recomputed

EVERY = 5


def test_what_a_server_keeps_under_load_is_what_it_works_out_anew(tmp_path) -> None:
    findings, _, compared = recomputed.campaign(tmp_path, every=EVERY, seconds=3)

    assert findings.all() == {}
    assert findings.count > 0
    assert set(compared) == set(recomputed.KINDS)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("a view's cache survives a change", "policies of principals"),
        ("control policies stay", "control policies"),
    ],
)
def test_a_deliberate_fault_is_found_under_load(tmp_path, fault, kind) -> None:
    findings, _, _ = recomputed.campaign(tmp_path, every=1, seconds=2, fault=fault)

    assert kind in findings["kept answers that differ"]


def test_a_kept_answer_that_differs_misses_the_bound(tmp_path, monkeypatch) -> None:
    path = tmp_path / "report"
    seen = _launched.Comparison(2, path)
    due = [seen.is_due("forms") for _ in range(4)]
    seen.compare("forms", "kept", "kept")
    assert recomputed.report_of(path)[2] == []
    seen.compare("forms", "kept", "anew")
    seen.write()
    kept, compared, differences = recomputed.report_of(path)

    assert due == [False, True, False, True]
    assert (kept, compared) == ({"forms": 4}, {"forms": 2})
    assert differences == ["forms"]
    assert b"anew" not in path.read_bytes()

    found = recomputed.Findings()
    found.add("kept answers that differ", "forms")
    everything = collections.Counter(recomputed.KINDS)
    monkeypatch.setattr(recomputed, "campaign", lambda *_, **__: (found, everything, everything))
    found.count = 100
    assert campaign.main(["kept"]) == 1


@pytest.mark.parametrize("name", ["kept", "kept.recomputed"])
def test_the_campaign_is_found_by_its_name(name) -> None:
    assert campaign.wanted([name]) == ["kept.recomputed"]
