"""A slice of `make campaign ARGS=answers.deformed`, which finds deliberate faults."""

from urllib.parse import unquote_to_bytes

import pytest
from tests.campaign import __main__ as campaign
from tests.campaign.answers import _allowed, _forbidden, deformed

from daypass.core.http import normalization
from daypass.core.sigv4 import canonical, claim
from daypass.server.authority.schemes import s3

REQUESTS = 400


def test_signed_requests_keep_their_meaning_in_any_spelling_and_are_refused_when_changed(
    tmp_path,
) -> None:
    findings = deformed.campaign(tmp_path, requests=REQUESTS)

    assert {kind: cases for kind, cases in findings.wrong.items() if cases} == {}
    assert set(findings.signed) == {"awscrt", "botocore"}
    changes = {*_allowed.ALLOWED, *_forbidden.FORBIDDEN}
    assert set(findings.tried) == {change.__name__ for change in changes}


REFUSED, TAKEN = deformed.REFUSED, deformed.TAKEN
FAULTS = {
    "nobody verifies a signature": (s3, "verify_signature", lambda *_, **__: None, TAKEN),
    "a plus in a path is a plus": (canonical, "decode_s3_path", unquote_to_bytes, REFUSED),
    "values stay as they were sent": (normalization, "_normalize_value", lambda _, raw: raw, REFUSED),
    "headers of AWS need not be signed": (claim, "_check_signed_headers", lambda *_: None, TAKEN),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_deliberate_fault_is_found(tmp_path, monkeypatch, fault) -> None:
    module, name, wrong, kind = FAULTS[fault]
    monkeypatch.setattr(module, name, wrong)

    assert deformed.campaign(tmp_path, requests=REQUESTS // 4).wrong[kind]


@pytest.mark.parametrize("name", ["answers", "answers.deformed"])
def test_the_campaign_is_found_by_its_name(name) -> None:
    assert "answers.deformed" in campaign.wanted([name])


def test_a_wrong_answer_misses_the_bound(monkeypatch) -> None:
    findings = deformed.Findings()
    findings.note(TAKEN, "another_body", "a case")
    monkeypatch.setattr(deformed, "campaign", lambda _folder: findings)

    bounds = [(value, bound) for _, value, bound, *_ in deformed.figures()]

    assert [campaign.keeps(*each) for each in bounds if each[1]] == [False, True, False]
