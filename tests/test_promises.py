"""What the documents promise: every promise of SECURITY.md names tests that exist, and no text
promises what is not so.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SECURITY = (ROOT / "SECURITY.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PROMISED = SECURITY.split("## What is promised")[1].split("\n## ")[0]
PROMISES = re.findall(r"^- .*(?:\n  .*)*", PROMISED, re.MULTILINE)
NOT_SO = {
    "nobody and nothing holds a permanent key": "users have access keys",
    "no permanent key exists": "the store has one, and so have users",
    "kept encrypted": "without a keyring the key lies beside what it opens",
    "nobody has touched": "whoever may write the data directory may write the log anew",
    "no root key": "root may make one",
    "Nobody in this story holds": "three of its users have keys",
    "opens nothing": "every key tells whose it is",
}
"""Phrases that were promised once, each with why they are not so."""
TEXTS = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "src" / "daypass" / "cli").glob("*.py")),
]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda each: each[2:60])
def test_every_promise_names_a_test(promise) -> None:
    assert NAMED.search(promise), promise


@pytest.mark.parametrize(("file", "name"), NAMED.findall(SECURITY))
def test_every_test_that_a_promise_names_exists(file, name) -> None:
    tree = ast.parse((ROOT / file).read_text())
    known = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}

    assert name in known


def test_there_are_promises_to_look_at() -> None:
    assert len(PROMISES) > 15


@pytest.mark.parametrize("text", TEXTS, ids=lambda each: each.name)
def test_no_text_promises_what_is_not_so(text) -> None:
    found = " ".join(text.read_text().split())

    assert [phrase for phrase in NOT_SO if phrase in found] == []
