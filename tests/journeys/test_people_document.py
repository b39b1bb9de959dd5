"""Every command of `docs/people.md`, in its order, with the installed program and the AWS CLI."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from tests.conftest import serving

DOCUMENT = Path(__file__).parents[2] / "docs" / "people.md"
BLOCKS = re.findall(r"```console\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
COMMANDS = re.findall(r"^\$ (.*)$", "\n".join(BLOCKS), re.MULTILINE)
UNDOING = re.findall(r"`(daypass [^`]* --yes)`", DOCUMENT.read_text())


@pytest.fixture
def shell(tmp_path):
    """A function that runs commands in one shell, as an operator with a session of root."""
    for live in serving(tmp_path / "data", "http://127.0.0.1:1"):
        yield partial(run_in_shell, tmp_path, environment(live))


def environment(live):
    """Return the variables of an operator's shell."""
    root = live.root()
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "AWS_ACCESS_KEY_ID": root["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": root["SecretAccessKey"],
        "AWS_SESSION_TOKEN": root["SessionToken"],
        "AWS_ENDPOINT_URL": live.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
        "DAYPASS_DATA": str(live.data.path),
        "ACCOUNT": live.account,
    }


def run_in_shell(folder, environ, *commands):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        stdin=subprocess.DEVNULL,
    )


def test_every_command_of_the_document_works_and_every_undoing_too(shell) -> None:
    given = [each for each in COMMANDS if "person disable" not in each]
    ended = [each for each in UNDOING if "delete" not in each]

    done = shell(*given, "daypass person show alice", *ended, "daypass person delete alice --yes")

    assert len(COMMANDS) > 8
    assert len(UNDOING) > 5
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ReadOnly" in done.stdout
    assert '"roleCredentials"' in done.stdout
    assert "there is an instance already" in done.stdout


def test_somebody_who_is_shut_out_is_shown_so_and_let_in_again(shell) -> None:
    [disable] = [each for each in COMMANDS if "person disable" in each]

    done = shell(
        "daypass person add alice --yes",
        disable,
        "daypass person show alice",
        "daypass person enable alice --yes",
    )

    assert done.returncode == 0, done.stderr
    assert "alice  disabled  " in done.stdout
    assert done.stdout.endswith("enabled alice\n")
