"""The bounds of the code as `docs/limits.md` lists them: `python -m tests.limits.written` writes
them there.

A bound is a number with a name of its own in a module. What is said of it is the comment or
docstring that stands beside it.
"""

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "daypass"
PAGE = ROOT / "docs" / "limits.md"
BEGIN = "<!-- Made from the code by `make limits`: what is written below is overwritten. -->"
OF_BOUNDS = {"limits", "quotas"}
"""Modules in which every number is a bound."""
BOUND = re.compile(r"(?:^|_)(?:MAX|MIN|SECONDS|TRIES|BACKLOG)(?:_|$)|_PER_[A-Z]+$|_AT_ONCE$")
SPANS = ((24 * 60 * 60, "days"), (60 * 60, "h"), (60, "min"))
SIZES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@dataclass(frozen=True)
class Bound:
    """A number by its module and name, with what the code says of it."""

    module: str
    name: str
    value: float
    words: str

    @property
    def is_deadline(self) -> bool:
        return "SECONDS" in self.name and "PER_SECOND" not in self.name

    @property
    def shown(self) -> str:
        """Return the value as people read it."""
        if self.is_deadline:
            return _measured(self.value, SPANS, "s", at_least=2)
        if "BYTES" in self.name:
            return _measured(self.value, SIZES, "bytes", at_least=4)
        return f"{self.value:,}"


def _measured(
    value: float, units: tuple[tuple[int, str], ...], least: str, *, at_least: int
) -> str:
    for size, unit in units:
        if value % size == 0 and value >= at_least * size:
            return f"{value // size:,.0f} {unit}"
    return f"{value:,g} {least}" if value < 1_000_000 else f"{value:,} {least}"


def bounds() -> list[Bound]:
    """Return every bound of the code, in the order of modules and lines."""
    return [each for path in sorted(SRC.rglob("*.py")) for each in _of(path)]


def _of(path: Path) -> Iterator[Bound]:
    text = path.read_text()
    parts = path.relative_to(SRC).with_suffix("").parts
    body = ast.parse(text).body
    found = [
        (name, node, body[at + 1] if at + 1 < len(body) else None)
        for at, node in enumerate(body)
        for name in _names(node)
        if name.isupper() and (path.stem in OF_BOUNDS or BOUND.search(name))
    ]
    if not found:
        return
    module = importlib.import_module(".".join(("daypass", *parts)))
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and "noqa" not in token.string
    }
    for name, node, following in found:
        value = getattr(module, name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            beside = [
                comments[at]
                for at in range(node.lineno, (node.end_lineno or 0) + 1)
                if at in comments
            ]
            words = " ".join([*beside, _docstring(following)]).strip()
            yield Bound("/".join(parts), name, value, " ".join(words.split()))


def _names(node: ast.stmt) -> list[str]:
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    inner = [each for target in targets for each in getattr(target, "elts", [target])]
    return [each.id for each in inner if isinstance(each, ast.Name)]


def _docstring(node: ast.stmt | None) -> str:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return str(node.value.value) if is_text else ""


def section() -> str:
    """Return the part of the page that is made from the code."""
    known = bounds()
    lines = [
        BEGIN,
        "",
        "## Every deadline",
        "",
        "CompleteMultipartUpload and copies may keep a client waiting for `SLOW_FIRST_BYTE_SECONDS`, everything else of the gate for",
        "`FIRST_BYTE_SECONDS`: a client's own deadline has to be longer.",
        "",
        *_table([each for each in known if each.is_deadline], has_module=True),
        "",
        "## Every other bound",
    ]
    others = [each for each in known if not each.is_deadline]
    for module in dict.fromkeys(each.module for each in others):
        lines += [
            "",
            f"### {module}",
            "",
            *_table([each for each in others if each.module == module]),
        ]
    return "\n".join(lines) + "\n"


def _table(rows: list[Bound], *, has_module: bool = False) -> list[str]:
    made = ["| name | value | what the code says of it |", "| --- | --- | --- |"]
    for each in rows:
        name = f"{each.module} `{each.name}`" if has_module else f"`{each.name}`"
        made.append(f"| {name} | {each.shown} | {each.words.replace('|', '&#124;')} |")
    return made


def page() -> str:
    """Return the whole page, its part that people write as it is."""
    return PAGE.read_text().partition(BEGIN)[0].rstrip("\n") + "\n\n" + section()


if __name__ == "__main__":
    PAGE.write_text(page())
