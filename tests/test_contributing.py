"""The guide shows a diff that adds an operation: it still applies to the product, and what it
adds is tested and served.

The product leaves that operation out, so that the diff has something to add. Where the diff does
not apply any more, it is made anew: carry it out in a copy, and write down what `git diff -U2`
shows of that, from the line `---` of each file on.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from daypass.server import app
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog

ROOT = Path(__file__).parent.parent
SECTION = (
    (ROOT / "CONTRIBUTING.md").read_text().split("\n## Adding an operation\n")[1].split("\n## ")[0]
)
DIFFS = re.findall(r"^```diff\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
FILES = {
    re.search(r"^\+\+\+ b/(.+)$", each, re.MULTILINE)[1]: each
    for diff in DIFFS
    for each in re.split(r"^(?=--- )", diff, flags=re.MULTILINE)
    if each
}
"""The part of the diff that is about each file."""
TESTS = [name for name in FILES if name.startswith("tests/")]
SERVICE, NAME = "iam", "GetAccountSummary"
TABLES = [
    f"tests/services/test_every_operation.py::test_every_operation_is_called_as_a_function[{SERVICE}]",
    f"tests/services/test_unread.py::test_what_an_operation_does_not_read_is_what_it_says_that_it_does_not[{SERVICE}-{NAME}]",
]
"""What the repository asks of every operation."""
CALL = f"""
import contextlib, pathlib
from tests.server.read_world import World

world = World(pathlib.Path("data"))
with contextlib.closing(world.data):
    response = world.run("alice", "{SERVICE}", "{NAME}").response
print(response.status, response.body.decode())
"""
"""Puts a server together without a socket, and has a user call the operation over the wire."""


class Copy:
    """A copy of the product, and of the tests that the diff needs."""

    def __init__(self, folder):
        self.folder = folder
        without = shutil.ignore_patterns("__pycache__")
        for name in ("src/daypass", "tests/services"):
            shutil.copytree(ROOT / name, folder / name, ignore=without)
        for name in (
            "pyproject.toml",
            "tests/documents.py",
            "tests/server/read_world.py",
            "tests/server/authority/at_once.py",
        ):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)

    def apply(self, *names):
        """Apply what the diff says of some files."""
        if shutil.which("git"):
            command = ["git", "apply", "-"]
        elif shutil.which("patch"):
            command = ["patch", "-p1", "--fuzz=0"]
        else:
            pytest.skip("neither git nor patch is here to apply a diff")
        text = "".join(FILES[name] for name in names)
        done = self._run(command, text)
        assert done.returncode == 0, (
            f"The diff in CONTRIBUTING.md does not apply any more:\n{done.stdout}"
        )

    def python(self, *arguments):
        """Return what became of Python with these arguments, in the copy."""
        return self._run([sys.executable, *arguments])

    def test(self, *names):
        """Return what became of some tests, in the copy."""
        return self.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *names)

    def _run(self, command, text=""):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST_", "GIT_"))
        }
        # A diff is applied in this folder also where a repository is around it.
        environment["GIT_CEILING_DIRECTORIES"] = str(self.folder.parent)
        if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
            # Copies follow each other in one folder: what is the same in all of them is compiled
            # once.
            environment["PYTHONPYCACHEPREFIX"] = str(self.folder.parent / "bytecode")
        environment["PYTHONPATH"] = os.pathsep.join([str(self.folder / "src"), str(self.folder)])
        return subprocess.run(command, cwd=self.folder, env=environment, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("contributing")


@pytest.fixture
def copy(place):
    yield Copy(place / "copy")
    shutil.rmtree(place / "copy")


def test_the_guide_shows_one_diff_with_an_operation_and_its_test() -> None:
    assert len(DIFFS) == 1
    assert len(TESTS) == 1
    assert any(name.startswith(f"src/daypass/services/{SERVICE}/") for name in FILES)


def test_what_the_guide_adds_is_an_operation_that_is_not_built() -> None:
    catalog = load_catalog(SERVICES)

    assert NAME in catalog.services[SERVICE].operations
    assert NAME not in app.operations_by_service(catalog)[SERVICE], (
        "it is built now: the guide has to show another operation"
    )


def test_the_added_test_fails_where_the_operation_is_missing(copy) -> None:
    copy.apply(*TESTS)
    done = copy.test(*TESTS)

    assert done.returncode not in {0, 5}, done.stdout
    assert "ImportError: cannot import name" in done.stdout


def test_the_added_test_fails_where_the_operation_answers_something_else(copy) -> None:
    copy.apply(*FILES)
    changed = [
        path for name in FILES.keys() - set(TESTS) if _answer_empty(path := copy.folder / name)
    ]
    done = copy.test(*TESTS)

    assert len(changed) == 1
    assert done.returncode == 1, done.stdout
    assert "failed" in done.stdout
    assert "passed" not in done.stdout


def _answer_empty(path):
    """Make the operation in a file answer an empty structure; return whether there was one."""
    text = path.read_text()
    changed = re.sub(r"^    return \{.+\}$", "    return {}", text, flags=re.MULTILINE)
    path.write_text(changed)
    return changed != text


def test_the_added_test_passes_and_so_does_what_is_asked_of_every_operation(copy) -> None:
    copy.apply(*FILES)
    done = copy.test(*TESTS, *TABLES)

    assert done.returncode == 0, done.stdout


def test_a_server_starts_with_the_added_operation_and_serves_it(copy) -> None:
    copy.apply(*FILES)
    served = copy.python("-c", CALL)

    assert served.stdout.startswith("200 "), served.stdout
    assert "<entry><key>Users</key><value>3</value></entry>" in served.stdout


@pytest.mark.parametrize("check", ["check", "format"])
def test_what_the_guide_adds_is_written_as_the_house_writes(copy, check) -> None:
    if importlib.util.find_spec("ruff") is None:
        pytest.skip("ruff is not installed")
    copy.apply(*FILES)
    more = ["--check"] if check == "format" else []
    done = copy.python("-m", "ruff", check, "--no-cache", *more, *FILES)

    assert done.returncode == 0, done.stdout
