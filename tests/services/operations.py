"""The table of every operation: its scheme, its credentials, its sensitive and unread parameters.

`make operations` writes it into `cases/operations.md`, so that each change of these is a line in a
diff that somebody reads.
"""

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from daypass.server import app
from daypass.services.kit.operation import DeclaredOperation
from daypass.services.kit.service import Service
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog
from daypass.wire.operation_model import OperationModel

PAGE = Path(__file__).parent / "cases" / "operations.md"
HEAD = """# Every operation

`make operations` writes this page from the code and the models; read every line that changes.

Members of answers are named with their structure, parameters by their name at any level, as the
audit log hides them. A sensitive member of an answer that is neither issued nor withheld is
personal. A parameter that is refused is not read; its documented default, if it has one, is
accepted and given in brackets.

| operation | scheme | issues | sensitive parameters | sensitive in the answer |\
 never answered | refused parameters |
| --- | --- | --- | --- | --- | --- | --- |
"""
UNBUILT_HEAD = """
## Not built

Each of these is parsed and answered 501 with its name.
"""
VERB = re.compile(r"[A-Z][a-z]+")


@dataclass(frozen=True)
class Row:
    """An operation that is built; its fields are the table's columns, in order."""

    operation: str
    scheme: str
    issues: list[str]
    sensitive_parameters: list[str]
    sensitive_results: list[str]
    withholds: list[str]
    refuses: list[str]

    def line(self) -> str:
        """Return the row of the table."""
        values = (getattr(self, each.name) for each in fields(self))
        cells = (value if isinstance(value, str) else ", ".join(value) for value in values)
        return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|\n"


def rows(services: Iterable[Service] = SERVICES) -> Iterator[Row]:
    """Yield a row for each operation that is built, by service and name."""
    services = tuple(services)
    catalog = load_catalog(services)
    for service, built in app.operations_by_service(catalog, services).items():
        models = catalog.services[service].operations
        for name in sorted(built):
            yield _row(f"{service}:{name}", built[name], models[name])


def _row(name: str, built: DeclaredOperation, model: OperationModel) -> Row:
    return Row(
        operation=name,
        scheme=built.scheme,
        issues=sorted(built.issues),
        sensitive_parameters=sorted(model.secret_parameters),
        sensitive_results=sorted(model.sensitive_result_members),
        withholds=sorted(built.withholds),
        refuses=[
            each if default is None else f"{each} ({default})"
            for each, default in sorted(built.unread.items())
        ],
    )


def unbuilt(services: Iterable[Service] = SERVICES) -> Iterator[tuple[str, int, list[str]]]:
    """Yield each service with operations that are not built.

    With it come the number of all its operations and the names of those that are not built.
    """
    services = tuple(services)
    catalog = load_catalog(services)
    for service, built in app.operations_by_service(catalog, services).items():
        models = catalog.services[service].operations
        missing = sorted(models.keys() - built.keys())
        if missing:
            yield service, len(models), missing


def page(services: Iterable[Service] = SERVICES) -> str:
    """Return the text of the page."""
    services = tuple(services)
    parts = [HEAD, *(row.line() for row in rows(services)), UNBUILT_HEAD]
    for service, count, missing in unbuilt(services):
        parts.append(f"\n{service}, {len(missing)} of {count}:\n\n")
        # A line for each verb: an operation that is built then changes one short line.
        parts += [f"- {', '.join(names)}\n" for _, names in itertools.groupby(missing, _verb)]
    return "".join(parts)


def _verb(name: str) -> str:
    return "".join(VERB.findall(name)[:1])


def difference(written: str, right: str) -> str:
    """Return the difference of two pages, line by line; empty if they are equal.

    `-` marks what is written, `+` what is right.
    """
    lines = difflib.unified_diff(
        written.splitlines(), right.splitlines(), "written", "right", n=0, lineterm=""
    )
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
