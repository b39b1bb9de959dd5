"""The ids of threats that tests carry, and the rows of `docs/threats.md` that name those tests.

`make threats` writes the last column of each row anew; what becomes of an attack is written by
hand.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "threats.md"
ROW = re.compile(
    r"^\| (?P<id>[TP][^ |]*) \| (?P<attack>[^|]*) \| (?P<outcome>[^|]*) \| (?P<tests>[^|]*) \|$",
    re.MULTILINE,
)
CARRIED = re.compile(
    r"(?<![A-Za-z0-9\\])"
    r"(?:t(?P<number>\d{3})(?!\d)(?:[-_](?P<area>[a-z]{2,})(?![a-z0-9]))?"
    r"|p[-_](?P<subject>[a-z]+)[-_](?P<principle>\d+)(?!\d))",
    re.IGNORECASE,
)
"""An id as it is written in a name, a comment, a case: T056-STS, t056_sts, T056, P-STS-2,
p_sts_2."""
NOT_TESTS = {Path(__file__), ROOT / "tests" / "test_threats.py"}


def short(match):
    """Return what makes an id: T and the number, or the whole id of a principle."""
    if match["number"]:
        return f"T{match['number']}"
    return f"P-{match['subject'].upper()}-{match['principle']}"


def carried(text):
    """Return the ids in a text."""
    return {short(match) for match in CARRIED.finditer(text)}


def files():
    """Return the text of each file that may carry an id, by its path from the root."""
    found = [each for each in (ROOT / "tests").rglob("*") if each.suffix in {".py", ".json"}]
    return {
        str(each.relative_to(ROOT)): each.read_text() for each in sorted(set(found) - NOT_TESTS)
    }


def read(known):
    """Return the ids of each test, by file and name, and the files of each id that no test has
    in it.

    A test has the ids of its own lines, and those of a table of its file that it names.
    """
    by_test, elsewhere = {}, defaultdict(set)
    for file, text in known.items():
        sources, tables, rest = _parts(text) if file.endswith(".py") else ({}, {}, text)
        found = {name: carried(source) for name, source in sources.items()}
        for table, ids in ((table, carried(source)) for table, source in tables.items()):
            users = [name for name, source in sources.items() if re.search(rf"\b{table}\b", source)]
            for name in users:
                found[name] |= ids
            rest += "" if users else tables[table]
        by_test |= {(file, name): ids for name, ids in found.items()}
        for each in carried(rest):
            elsewhere[each].add(file)
    return by_test, elsewhere


def _parts(text):
    """Return the source of each test of a file and of each table, by name, and the rest of the
    file.
    """
    lines, used = text.splitlines(), set()
    tests, tables = {}, {}
    tree = ast.parse(text)
    for node in ast.walk(tree):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        is_table = isinstance(node, ast.Assign) and node in tree.body
        if is_function and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            tests[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
        elif is_table and isinstance(node.targets[0], ast.Name):
            first = node.lineno
            tables[node.targets[0].id] = "\n".join(lines[first - 1 : node.end_lineno])
        else:
            continue
        used |= set(range(first, node.end_lineno + 1))
    return tests, tables, "\n".join(line for n, line in enumerate(lines, 1) if n not in used)


def named(row):
    """Return the tests that a row names, by file and name."""
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row["tests"])


def may_read(test, threat, elsewhere):
    """Say whether a test may have an id from a file of cases beside it."""
    return any(each.startswith(f"{Path(test[0]).parent}/cases/") for each in elsewhere[threat])


def written(row, by_test, elsewhere):
    """Return the row with the tests that show it: those that carry its id, and those that read
    it.
    """
    threat = short(CARRIED.fullmatch(row["id"]))
    carrying = {test for test, ids in by_test.items() if threat in ids}
    reading = {test for test in named(row) if test in by_test and may_read(test, threat, elsewhere)}
    tests = "<br>".join(f"`{file}::{name}`" for file, name in sorted(carrying | reading))
    return f"| {row['id']} | {row['attack']} | {row['outcome']} | {tests} |"


def main():
    by_test, elsewhere = read(files())
    page = PAGE.read_text()
    PAGE.write_text(ROW.sub(lambda row: written(row, by_test, elsewhere), page))


if __name__ == "__main__":
    main()
