"""The page of threats and the tests: an id that a test carries has a row, which names the tests
that show it.
"""

import re

import pytest
from tests.threats import CARRIED, PAGE, ROW, carried, files, named, read, short, written

TEXT = PAGE.read_text()
ROWS = list(ROW.finditer(TEXT))
FILES = files()
BY_TEST, ELSEWHERE = read(FILES)
KNOWN = {short(CARRIED.fullmatch(each["id"])): each["id"] for each in ROWS}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def test_t056_sts_no_bit_can_be_flipped", {"T056"}),
        ("def test_t014_sig_t015_sig_an_old_signature", {"T014", "T015"}),
        ("def test_t213_t214_pol_an_action", {"T213", "T214"}),
        ('id="T034-PAY two framings"', {"T034"}),
        ('"trust: T083-TRUST"', {"T083"}),
        ("# T061, T062", {"T061", "T062"}),
        ("def test_p_priv_1_a_member_is_not_told", {"P-PRIV-1"}),
        ("# P-HA-2", {"P-HA-2"}),
        ('"\\t198.51.100.7"', set()),
        ("2026-11-24T000000Z at20240101", set()),
        ("T0561 set123 step_1", set()),
    ],
)
def test_an_id_is_found_however_it_is_written(text, found) -> None:
    assert carried(text) == found


def test_a_test_has_the_ids_of_its_lines_and_of_the_tables_that_it_names() -> None:
    text = (
        '# T005\nTABLE = [("T001-SIG", 1)]\nOTHER = ["T002"]\n'
        "@pytest.mark.parametrize(TABLE)\ndef test_one(): ...\ndef test_two():\n    # T003\n    ...\n"
    )
    by_test, elsewhere = read({"tests/a.py": text, "tests/cases/b.json": '"T004"'})

    assert by_test == {("tests/a.py", "test_one"): {"T001"}, ("tests/a.py", "test_two"): {"T003"}}
    assert elsewhere == {
        "T002": {"tests/a.py"},
        "T004": {"tests/cases/b.json"},
        "T005": {"tests/a.py"},
    }


def test_every_row_of_the_page_is_read() -> None:
    lines = [line for line in TEXT.splitlines() if re.match(r"\| [TP][-\d]", line)]

    assert len(ROWS) == len(lines) == len(KNOWN) > 100


def test_every_id_that_a_test_carries_has_a_row_and_every_row_is_carried() -> None:
    found = set().union(*BY_TEST.values()) | set(ELSEWHERE)

    assert sorted(found - set(KNOWN)) == [], "a threat without a row in docs/threats.md"
    assert sorted(set(KNOWN) - found) == [], "a row of docs/threats.md without a test"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_row_says_what_becomes_of_an_attack_and_names_the_tests_that_show_it(row) -> None:
    assert row["attack"].strip()
    assert row["outcome"].strip()
    assert named(row)
    assert row[0] == written(row, BY_TEST, ELSEWHERE), "`make threats` writes the tests"


def test_a_number_has_one_area() -> None:
    wrong = [
        f"{file}: {match[0]}"
        for file, text in FILES.items()
        for match in CARRIED.finditer(text)
        if match["area"] and KNOWN.get(short(match)) != f"{short(match)}-{match['area'].upper()}"
    ]

    assert wrong == []
