"""CI runs on every interpreter of a machine that can run Daypass, and says why it leaves one
out.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

PYTHONS = Path(__file__).parent.parent / ".ci" / "pythons"
VERSION = platform.python_version()


@pytest.fixture
def folder(tmp_path):
    """A PATH of its own, with the tools that the script needs and no Python."""
    for tool in ("bash", "env", "find", "grep", "sort", "tr"):
        found = next(
            Path(each) / tool
            for each in os.environ["PATH"].split(":")
            if (Path(each) / tool).exists()
        )
        (tmp_path / tool).symlink_to(found)
    return tmp_path


def program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def listed(folder, **more):
    """Return what is listed, but for what lies in /usr/bin whatever the PATH, and what is said."""
    done = subprocess.run(
        ["/bin/bash", PYTHONS],
        env={"PATH": str(folder), **more},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return [line for line in lines if line[1] != "/usr/bin/python3"], done.stderr


def test_the_first_python3_and_each_of_the_path_are_listed_once(folder) -> None:
    (folder / "python3").symlink_to(sys.executable)
    (folder / "python3.99").symlink_to(sys.executable)
    (folder / "python3-config").symlink_to(sys.executable)

    assert listed(folder)[0] == [[VERSION, str(folder / "python3")]]


def test_one_that_does_not_start_is_left_out_and_said(folder) -> None:
    broken = program(folder / "python3.12", "exit 127")
    found, told = listed(folder)

    assert found == []
    assert f"skipped: {broken} does not start" in told


def test_one_that_is_too_old_or_has_no_venv_is_left_out_and_said(folder) -> None:
    old = program(folder / "python3.10", '[ "$2" = "" ] || { echo 3.10.1; exit 1; }')
    found, told = listed(folder)

    assert found == []
    assert f"skipped: {old} is older than 3.11, or has no venv (3.10.1)" in told


@pytest.mark.parametrize("between", [":", " "])
def test_those_that_a_variable_names_are_listed_too(folder, tmp_path, between) -> None:
    one, two = (
        program(tmp_path / name, f'[ "$2" = "" ] || printf "{name}\\t/{name}\\n"')
        for name in ("3.12.8", "3.13.5")
    )

    found, _ = listed(folder, DAYPASS_PYTHONS=f"{one}{between}{two}")

    assert found == [["3.12.8", str(one)], ["3.13.5", str(two)]]
