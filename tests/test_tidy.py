"""The repository checks itself."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "daypass"
HERE = ROOT / "tests"
FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 70
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


SOURCES = sorted(SRC.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SRC)))
def test_a_module_says_what_it_owns(path: Path) -> None:
    tree = ast.parse(path.read_text())

    assert ast.get_docstring(tree), "no module docstring"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SRC)))
def test_a_file_and_its_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [f.name for f in functions if (f.end_lineno or 0) - f.lineno > FUNCTION_LINES_MAX]

    assert text.count("\n") <= FILE_LINES_MAX, "which second noun is in it?"
    assert not long


UNICODE_CLASSES = {"isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum"}


def unicode_classes(tree: ast.AST) -> list[int]:
    """Return the lines that ask for a class of characters in every script, ASCII or not."""
    asked = {
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in UNICODE_CLASSES
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp) and ".isascii()" in ast.unparse(node):
            asked -= set(ast.walk(node))
    patterns = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith("re.")
        and any(
            isinstance(each, ast.Constant)
            and isinstance(each.value, str)
            and re.search(r"\\[dw]", each.value)
            for each in ast.walk(node)
        )
        and "re.ASCII" not in ast.unparse(node)
    ]
    return sorted(node.lineno for node in [*asked, *patterns])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SRC)))
def test_digits_and_letters_are_those_of_ascii(path: Path) -> None:
    # `"²".isdigit()` is true and `int("²")` fails; `int("٣")` is 3, and no protocol means that.
    assert unicode_classes(ast.parse(path.read_text())) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("text.isdigit()", [1]),
        ("not text.isalnum() and text", [1]),
        ("text.isascii() and text.isdigit()", []),
        ("map(str.isdigit, text)", [1]),
        (r"re.compile(r'\d+')", [1]),
        (r"re.compile(r'\d+', re.ASCII)", []),
        (r"re.compile(rb'\d+')", []),
        (r"re.fullmatch('[0-9]+', text)", []),
    ],
)
def test_a_class_of_characters_of_every_script_is_found(text, found) -> None:
    assert unicode_classes(ast.parse(text)) == found


COLUMNS_MAX = 100
DIRECTIVE = re.compile(r"  # (?:noqa|type: ignore|fmt: skip)\b.*$")


def tables(path: Path) -> list[range]:
    """Return the lines of each statement whose layout is the author's own: it ends in `fmt: skip`."""
    text = path.read_text()
    if "# fmt: skip" not in text:
        return []
    lines = text.split("\n")
    spans = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            # Of a statement with a body, the head.
            spans.append((node.lineno, body[0].lineno - 1 if body else node.end_lineno))
        spans += [(each.lineno, each.end_lineno) for each in getattr(node, "decorator_list", ())]
    ends = {at for at, line in enumerate(lines, 1) if line.rstrip().endswith("# fmt: skip")}
    return [
        range(min((a for a, b in spans if a <= end <= b), default=end), end + 1)
        for end in sorted(ends)
    ]


@pytest.mark.parametrize(
    "path",
    [*SOURCES, *sorted(HERE.rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_lines_have_a_hundred_columns_but_in_tables(path: Path) -> None:
    in_tables = {at for each in tables(path) for at in each}
    long = [
        (at, line)
        for at, line in enumerate(path.read_text().split("\n"), 1)
        if len(DIRECTIVE.sub("", line)) > COLUMNS_MAX and at not in in_tables
    ]
    if path.is_relative_to(HERE):
        literals = {
            at
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
            for at in range(node.lineno, (node.end_lineno or 0) + 1)
        }
        long = [(at, line) for at, line in long if at not in literals]

    assert long == []


def test_no_module_is_called_after_nothing() -> None:
    assert not [path for path in SOURCES if path.stem in FORBIDDEN_NAMES]


LAYERS = "aws|core|wire|state|services|gate|server|cli|client|blueprint|policy|files"
NAMED = re.compile(rf"`((?:{LAYERS})(?:[./]\w+)+?)(?:\.py)?/?`")
"""A module or a room, as prose names it."""


def is_there(name: str) -> bool:
    """Say whether a module, a room, or the module that a name is defined in, is there."""
    path = SRC.joinpath(*re.split("[./]", name))
    return path.is_dir() or any(each.with_suffix(".py").is_file() for each in (path, path.parent))


@pytest.mark.parametrize(
    "path",
    [*SOURCES, *sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_module_that_prose_names_is_there(path: Path) -> None:
    assert [name for name in NAMED.findall(path.read_text()) if not is_there(name)] == []


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("core.faults", True),
        ("core/faults", True),
        ("server.audit", True),
        ("core.faults.Fault", True),
        ("core.fault", False),
        ("server/evnt", False),
    ],
)
def test_a_name_that_is_wrong_is_found(name: str, there: bool) -> None:
    assert NAMED.findall(f"see `{name}`") == [name]
    assert is_there(name) is there


FILES_MAX = 16


def test_a_folder_of_many_files_has_rooms() -> None:
    folders = {path.parent for path in SOURCES}
    counts = {str(each.relative_to(SRC)): len(list(each.glob("*.py"))) for each in folders}

    assert {name: count for name, count in counts.items() if count > FILES_MAX} == {}


def test_every_module_is_imported_by_something() -> None:
    named = {
        ".".join(("daypass", *path.relative_to(SRC).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        for path in SOURCES
    }
    text = "\n".join(path.read_text() for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")])
    text += (ROOT / "pyproject.toml").read_text()
    unused = []
    for module in sorted(named):
        parent, _, name = module.rpartition(".")
        mentions = rf"{re.escape(module)}\b|from {re.escape(parent)} import [^\n]*\b{name}\b"
        listed = rf"from {re.escape(parent)} import \([^)]*\b{name}\b"
        if not re.search(f"{mentions}|{listed}", text) and "migrations" not in module:
            unused.append(module)

    assert unused == ["daypass.__main__"] or not unused


WORDS = re.compile(
    r"\bTODO\b|\bFIXME\b|\bXXX\b|NotImplementedError|/work/|/root/|files\.pythonhosted\.org"
    r"|registry\.npmjs\.org|pypi\.org/simple"
)


def test_no_file_holds_a_word_that_does_not_belong_here() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".png", ".gz"}:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if WORDS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")

    assert not found


def test_the_lock_names_no_host_and_pins_everything_with_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^[a-z0-9][\w.-]*==\S+", text, re.MULTILINE)

    assert "://" not in text
    assert len(pinned) == len(re.findall(r"==\S+(?: ; [^\n]*)? \\\n    --hash=sha256:", text))


def test_every_module_imports_on_its_own() -> None:
    """An import cycle shows only from some entrances: try each module first, in one process per
    layer.
    """
    script = (
        "import importlib,sys\n"
        "for name in sys.argv[1:]:\n"
        "    for known in [m for m in sys.modules if m.startswith('daypass')]: del sys.modules[known]\n"
        "    importlib.import_module(name)\n"
    )
    layers = ["core", "wire", "state"]
    names = [
        ".".join(("daypass", *path.relative_to(SRC).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        for path in SOURCES
        if path.relative_to(SRC).parts[0] in layers and "migrations" not in path.parts
    ]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *names],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
