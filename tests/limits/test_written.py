"""Every bound of the code stands in `docs/limits.md` as it is, and no deadline is a bare number."""

import ast

import pytest
from tests.limits.written import PAGE, SRC, bounds, page

from daypass.gate.store import upstream

DEADLINES = {"timeout", "connect", "sock_connect", "sock_read", "total", "keepalive_timeout", "ssl_handshake_timeout", "connect_timeout", "read_timeout"}  # fmt: skip
TAKES_SECONDS = {"settimeout": 0, "call_later": 0, "timeout": 0, "wait_for": 1, "sleep": 0}
"""Functions whose argument at this place is a time."""


def test_the_page_lists_the_bounds_of_the_code_as_they_are() -> None:
    assert PAGE.read_text() == page(), "make limits writes the page"


def test_a_bound_is_found_wherever_it_stands() -> None:
    found = {(each.module, each.name): each for each in bounds()}

    assert found["gate/store/upstream", "SLOW_FIRST_BYTE_SECONDS"].shown == "15 min"
    assert (
        found["gate/store/upstream", "SLOW_FIRST_BYTE_SECONDS"].value
        == upstream.SLOW_FIRST_BYTE_SECONDS
    )
    assert "copies" in found["gate/store/upstream", "SLOW_FIRST_BYTE_SECONDS"].words
    assert found["server/limits", "BODY_BYTES_MAX"].shown == "256 KiB"
    assert found["core/quotas", "CLOSURES_MAX"].shown == "1,000"
    assert found["server/limits", "REQUEST_WAIT_SECONDS_MAX"].shown == "0.2 s"


def bare(tree):
    """Return the calls and tables that give a deadline as a bare number of a second or more."""
    for node in ast.walk(tree):
        given = []
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given += [each.value for each in node.keywords if each.arg in DEADLINES]
            if name in TAKES_SECONDS:
                given += node.args[TAKES_SECONDS[name] :][:1]
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            given += [value for key, value in pairs if getattr(key, "value", "") in DEADLINES]
        for value in given:
            if (
                isinstance(value, ast.Constant)
                and isinstance(value.value, int | float)
                and value.value >= 1
            ):
                yield value.lineno


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("open(url, timeout=2)", [1]),
        ("loop.call_later(5, look)", [1]),
        ("asyncio.wait_for(x, 3.5)", [1]),
        ("args = {'timeout': 10}", [1]),
        ("open(url, timeout=SECONDS); sleep(0.05); sleep(0)", []),
    ],
)
def test_a_bare_deadline_is_found(text, lines) -> None:
    assert list(bare(ast.parse(text))) == lines


def test_every_deadline_has_a_name() -> None:
    found = [
        f"{path.relative_to(SRC)}:{line}"
        for path in sorted(SRC.rglob("*.py"))
        for line in bare(ast.parse(path.read_text()))
    ]

    assert not found
