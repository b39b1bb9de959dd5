"""A running server whose master key command fails or hangs while the key ring is rotated."""

import os
import subprocess

import pytest
from tests.faults.conftest import BIN

KEY = "QUFB" * 10 + "QUE="


@pytest.fixture
def command(tmp_path):
    """A command that prints the master key, unless a file says to fail or a pipe to wait."""
    script = tmp_path / "master-key"
    script.write_text(
        f"#!/bin/sh\ncd {tmp_path}\n[ -e fails ] && exit 1\n"
        f'[ -p waits ] && read line < waits\necho "{KEY}"\n'
    )
    script.chmod(0o700)
    return str(script)


def rotate(data):
    subprocess.run(
        [BIN / "daypass", "keys", "rotate", "--data", data],
        env={"PATH": os.environ["PATH"], "DAYPASS_MASTER_KEY": KEY},
        check=True,
    )


def test_a_command_that_failed_once_loses_no_session_of_the_new_key(up, command, tmp_path) -> None:
    # T282-KEY
    server = up(tmp_path / "data", DAYPASS_MASTER_KEY_COMMAND=command)
    assert server.ready_when(200)[0] == 200, server.log.read_text()
    (tmp_path / "fails").touch()
    rotate(tmp_path / "data")
    meanwhile = server.ready_when(503)
    (tmp_path / "fails").unlink()
    after = server.ready_when(200)
    told = server.told("the key ring has changed: it is in use")

    assert meanwhile == (503, "not ready\nkey ring: it has changed and could not be opened\n")
    assert after == (200, "ready\n")
    assert "the key ring has changed: it is in use" in told
    assert "error: the command for the master key failed" in told
    assert "Traceback" not in told


def test_a_master_key_command_that_hangs_delays_no_request(up, command, tmp_path) -> None:
    # T282-KEY
    server = up(tmp_path / "data", DAYPASS_MASTER_KEY_COMMAND=command)
    assert server.ready_when(200)[0] == 200, server.log.read_text()
    os.mkfifo(tmp_path / "waits")
    rotate(tmp_path / "data")
    meanwhile = server.ready_when(503)
    alive = [server.get("/healthz")[0] for _ in range(20)]
    with (tmp_path / "waits").open("w") as pipe:
        pipe.write("go on\n")
    (tmp_path / "waits").unlink()

    assert meanwhile == (503, "not ready\nkey ring: it has changed and is still being opened\n")
    assert alive == [200] * 20
    assert server.ready_when(200) == (200, "ready\n")
    assert server.stop() == 0
