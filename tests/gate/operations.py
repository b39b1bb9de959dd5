"""The table of every operation at the gate: how it is asked for, and what is its own.

`make operations` writes it into `cases/operations.md`: a change is a line that somebody reads.
"""

from collections.abc import Iterable
from dataclasses import MISSING, Field, fields
from enum import Enum
from functools import partial
from pathlib import Path

from daypass.gate.operations.operation import Operation
from daypass.gate.operations.table import OPERATIONS
from daypass.gate.operations.writes import FORM, FORM_UPLOAD

PAGE = Path(__file__).parent / "cases" / "operations.md"
HEAD = """# Every operation at the gate

`make operations` writes this page from the rows; read every line that changes.

A request stands as method, level, selector, and the argument or header that tells it from another
operation of its place. A cell of a hook is empty where the operation has the default. The last
column has whatever else the row says that most rows do not.

| operation | request | action | handling | permissions | condition keys | answer | other values |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
SHOWN = {
    *(
        "name",
        "level",
        "method",
        "selector",
        "action",
        "version_action",
        "handling",
        "marker_arguments",
        "is_copy",
    ),
    *(
        "permissions",
        "replacement_permissions",
        "copied_metadata_permissions",
        "condition_keys",
        "answer",
    ),
    *("arguments", "body", "result"),
}
"""Fields with a column of their own, and those that the API reference says anyhow."""


def default(field: Field) -> object:
    """Return what most rows say."""
    return field.default if field.default_factory is MISSING else field.default_factory()


def named(hook: object) -> str:
    """Return a hook by the name of its function, with what it is given."""
    if isinstance(hook, partial):
        values = [f"{name}={value}" for name, value in hook.keywords.items()]
        given = [*map(named, hook.args), *values]
        return f"{named(hook.func)}({', '.join(given)})"
    return getattr(hook, "__name__", "").lstrip("_")


def request(row: Operation) -> str:
    """Return how an operation is asked for."""
    query = "&".join([*([row.selector] if row.selector else []), *sorted(row.marker_arguments)])
    source = " from a source" if row.is_copy else ""
    return f"{row.method} {row.level.value}{'?' if query else ''}{query}{source}"


def hooks_of(row: Operation, *names: str) -> str:
    """Return the hooks among some fields that are not the default."""
    kept = {each.name: each for each in fields(row)}
    hooks = [getattr(row, name) for name in names]
    return ", ".join(
        named(hook)
        for name, hook in zip(names, hooks, strict=True)
        if hook is not default(kept[name])
    )


def everything_else(row: Operation) -> str:
    """Return whatever a row says that most do not, and no column has."""
    return ", ".join(
        _said(field.name, getattr(row, field.name))
        for field in fields(row)
        if field.name not in SHOWN and getattr(row, field.name) != default(field)
    )


def _said(name: str, value: object) -> str:
    if value is True:
        return name
    if isinstance(value, Enum):
        return f"{name}: {value.value}"
    if callable(value):
        return f"{name}: {named(value)}"
    if isinstance(value, frozenset | dict):
        pairs = (
            [f"{key}={text}" for key, text in value.items()] if isinstance(value, dict) else value
        )
        return f"{name}: {' '.join(sorted(pairs))}"
    if isinstance(value, tuple):
        return f"{name}: {' '.join(each for guarded in value for each in guarded.names)}"
    return f"{name}: {value}"


def line(row: Operation) -> str:
    """Return the row of the table."""
    action = f"{row.action}, {row.version_action}" if row.version_action else row.action
    cells = (
        row.name,
        request(row),
        action,
        row.handling.value,
        hooks_of(row, "permissions", "replacement_permissions", "copied_metadata_permissions"),
        hooks_of(row, "condition_keys"),
        hooks_of(row, "answer"),
        everything_else(row),
    )
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|\n"


def page(rows: Iterable[Operation] = (*OPERATIONS.values(), FORM, FORM_UPLOAD)) -> str:
    """Return the whole page."""
    return HEAD + "".join(line(row) for row in sorted(rows, key=lambda row: row.name))


if __name__ == "__main__":
    PAGE.write_text(page())
