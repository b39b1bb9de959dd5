"""The table of what each operation issues, and of what in its answer is sensitive, as the descriptions and models say."""

from dataclasses import dataclass
from pathlib import Path

from daypass.server import app
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load

PAGE = Path(__file__).parent / "cases" / "results.md"
HEAD = """# What operations answer

Written by `python -m tests.services.results`. Credentials are what an operation issues; the rest is sensitive by its model and
personal, or withheld: never answered.

| operation | issues | personal | withheld |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Row:
    """An operation that is served; members are named with their structure."""

    name: str
    issues: list[str]
    personal: list[str]
    withheld: list[str]


def rows():
    """Return a row for each operation that is served, by service and name."""
    catalog = load(SERVICES)
    for service, known in app.operations(catalog).items():
        for name, built in sorted(known.items()):
            others = catalog.services[service].operations[name].sensitive_results
            personal = others - built.issues - built.withholds
            yield Row(f"{service}:{name}", sorted(built.issues), sorted(personal), sorted(built.withholds))  # fmt: skip


def page():
    """Return the whole table."""
    lines = (
        f"| {row.name} | {', '.join(row.issues)} | {', '.join(row.personal)} | {', '.join(row.withheld)} |\n"
        for row in rows()
    )
    return HEAD + "".join(lines)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
