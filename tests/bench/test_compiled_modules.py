"""The environment in which the bench's servers find compiled modules."""

import os
import subprocess
import sys

import pytest
from tests.bench import compiled_modules

FORBIDDEN, FOLDER = "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"


@pytest.mark.parametrize(
    ("before", "within"),
    [
        ({}, {}),
        ({FOLDER: "/elsewhere"}, {FOLDER: "/elsewhere"}),
        ({FORBIDDEN: "1"}, {FOLDER: "/bench"}),
        ({FORBIDDEN: "1", FOLDER: "/elsewhere"}, {FOLDER: "/bench"}),
    ],
)
def test_a_folder_is_named_only_where_writing_is_forbidden_and_the_rest_comes_back(
    before, within
) -> None:
    environ = {**before, "HOME": "/"}
    with compiled_modules.kept_in("/bench", environ):
        assert environ == {**within, "HOME": "/"}

    assert environ == {**before, "HOME": "/"}


def test_a_child_writes_its_compiled_modules_into_the_folder(tmp_path) -> None:
    (tmp_path / "one.py").write_text("")
    environ = {**os.environ, FORBIDDEN: "1", "PYTHONPATH": str(tmp_path)}
    with compiled_modules.kept_in(tmp_path / "compiled", environ):
        subprocess.run([sys.executable, "-c", "import one"], env=environ, check=True)

    [found] = (tmp_path / "compiled").rglob("one.*.pyc")
    assert found.stat().st_size
    assert not (tmp_path / "__pycache__").exists()
