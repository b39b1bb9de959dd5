"""The page of threats and the tests: each id that a test carries has a row, and each row names the tests that carry its id."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "threats.md").read_text()
ROW = re.compile(
    r"^\| (?P<id>[TP][^ |]*) \| (?P<attack>[^|]*) \| (?P<outcome>[^|]*) \| (?P<tests>[^|]*) \|$",
    re.MULTILINE,
)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROWS = list(ROW.finditer(PAGE))
CARRIED = re.compile(
    r"(?<![A-Za-z0-9\\])"
    r"(?:t(?P<number>\d{3})(?!\d)(?:[-_](?P<area>[a-z]{2,})(?![a-z0-9]))?"
    r"|p[-_](?P<subject>[a-z]+)[-_](?P<principle>\d+)(?!\d))",
    re.IGNORECASE,
)
"""An id as it is written in a name, a comment, a case: T056-STS, t056_sts, T056, P-STS-2, p_sts_2."""
AREAS = {each["id"][:4]: each["id"][5:] for each in ROWS if each["id"].startswith("T")}
"""The area of each threat, by its number, as in T056."""


def short(match):
    """Return what makes an id: T and the number, or the whole id of a principle."""
    if match["number"]:
        return f"T{match['number']}"
    return f"P-{match['subject'].upper()}-{match['principle']}"


def carried(text):
    return {short(match) for match in CARRIED.finditer(text)}


def sources_of(text):
    """Return the source of each test of a file by its name, decorators too, and the rest of the file."""
    lines = text.splitlines()
    found = {}
    inside = set()
    for node in ast.walk(ast.parse(text)):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
            inside |= set(range(first, node.end_lineno + 1))
    return found, "\n".join(line for n, line in enumerate(lines, 1) if n not in inside)


FILES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in sorted((ROOT / "tests").rglob("*"))
    if path.suffix in {".py", ".json"} and path != Path(__file__)
}
BY_TEST = {}
"""The ids that each test carries, by file and name."""
BESIDE_TESTS = defaultdict(set)
"""The files that carry an id outside any test: in a table that tests read."""
for file, text in FILES.items():
    sources, rest = sources_of(text) if file.endswith(".py") else ({}, text)
    BY_TEST |= {(file, name): carried(source) for name, source in sources.items()}
    for each in carried(rest):
        BESIDE_TESTS[each].add(file)
KNOWN = {short(CARRIED.fullmatch(each["id"])): each for each in ROWS}


def may_show(test, threat):
    """Say whether a test carries an id, or may read it from a table in its file or in `cases` beside it."""
    file = test[0]
    cases = f"{Path(file).parent}/cases/"
    tables = {each for each in BESIDE_TESTS[threat] if each == file or each.startswith(cases)}
    return threat in BY_TEST[test] or bool(tables)


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


def test_every_row_of_the_page_is_read() -> None:
    lines = [line for line in PAGE.splitlines() if re.match(r"\| [TP][-\d]", line)]

    assert len(ROWS) == len(lines) == len(KNOWN) > 100


def test_every_id_that_a_test_carries_has_a_row_and_every_row_is_carried() -> None:
    found = set().union(*BY_TEST.values()) | set(BESIDE_TESTS)

    assert sorted(found - set(KNOWN)) == [], "a threat without a row in docs/threats.md"
    assert sorted(set(KNOWN) - found) == [], "a row of docs/threats.md without a test"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_row_says_what_becomes_of_an_attack_and_names_the_tests_that_show_it(row) -> None:
    threat = short(CARRIED.fullmatch(row["id"]))
    named = NAMED.findall(row["tests"])
    carrying = {test for test, ids in BY_TEST.items() if threat in ids}

    assert row["attack"].strip()
    assert row["outcome"].strip()
    assert named == sorted(set(named))
    assert "<br>".join(f"`{file}::{name}`" for file, name in named) == row["tests"]
    assert sorted(set(named) - set(BY_TEST)) == [], "no such test"
    assert sorted(carrying - set(named)) == [], "a test that its row does not name"
    assert [test for test in named if not may_show(test, threat)] == [], "without the id"


def test_a_number_has_one_area() -> None:
    wrong = [
        f"{file}: {match[0]}"
        for file, text in FILES.items()
        for match in CARRIED.finditer(text)
        if match["area"] and match["area"].upper() != AREAS.get(short(match))
    ]

    assert wrong == []
