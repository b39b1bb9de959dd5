"""Changing the master key, killed at every point: the ring always opens, the next try finishes."""

import base64
import os
import subprocess
import sys

import pytest

from daypass.state.files import key_ring_file
from daypass.state.unusable import Unusable

# Arms the disk that dies, then changes the master key.
CHANGE = """
import os, signal, sys
from pathlib import Path
from daypass.state.files import key_ring_file
os.kill(os.getpid(), signal.SIGUSR2)
key_ring_file.change_master_key(Path(sys.argv[1]), {}, entropy=os.urandom)
print("changed")
"""


def change(data, shim, die_at):
    return subprocess.run(
        [sys.executable, "-c", CHANGE, str(data)],
        env={"LD_PRELOAD": str(shim), "ARMED_BY_SIGNAL": "1", "DIE_AT": str(die_at)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_t280_key_a_change_of_the_master_key_killed_at_every_step_leaves_a_ring_that_opens(
    shim, tmp_path
) -> None:
    tmp_path.chmod(0o700)
    made = key_ring_file.create_ring(tmp_path, {}, now=1, entropy=os.urandom)
    killed = 0
    for point in range(1, 30):
        done = change(tmp_path, shim, point)
        found = key_ring_file.open_ring(tmp_path, {})
        assert (found.deployment, found.keys) == (made.deployment, made.keys)
        if done.returncode == 0:
            break
        killed += 1
    before = (tmp_path / "master.key").read_bytes()
    key_ring_file.change_master_key(tmp_path, {}, entropy=os.urandom)

    assert killed >= 8
    assert not (tmp_path / key_ring_file.NEXT_MASTER).exists()
    assert (tmp_path / "master.key").read_bytes() != before
    assert key_ring_file.open_ring(tmp_path, {}).keys == made.keys
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("master.key", "keyring")} == {
        0o600
    }


def test_an_interrupted_change_is_finished_before_the_ring_is_rotated(shim, tmp_path) -> None:
    tmp_path.chmod(0o700)
    key_ring_file.create_ring(tmp_path, {}, now=1, entropy=os.urandom)
    point = 1
    while (
        not (tmp_path / key_ring_file.NEXT_MASTER).exists()
        or key_ring_file._open_with_waiting_key(tmp_path, tmp_path / "keyring") is None
    ):
        assert change(tmp_path, shim, point).returncode != 0
        point += 1

    rotated = key_ring_file.rotate_root_key(tmp_path, {}, now=2, entropy=os.urandom)

    assert [key.id for key in rotated.keys] == [1, 2]
    assert not (tmp_path / key_ring_file.NEXT_MASTER).exists()
    assert key_ring_file.open_ring(tmp_path, {}).keys == rotated.keys


def test_a_master_key_from_the_environment_is_replaced_by_the_new_one(tmp_path) -> None:
    tmp_path.chmod(0o700)
    old, new = (base64.b64encode(bytes([byte]) * 32).decode() for byte in (1, 2))
    made = key_ring_file.create_ring(
        tmp_path, {"DAYPASS_MASTER_KEY": old}, now=1, entropy=os.urandom
    )
    with pytest.raises(Unusable, match="no new master key"):
        key_ring_file.change_master_key(tmp_path, {"DAYPASS_MASTER_KEY": old}, entropy=os.urandom)

    key_ring_file.change_master_key(
        tmp_path,
        {"DAYPASS_MASTER_KEY": old, "DAYPASS_NEW_MASTER_KEY": new},
        entropy=os.urandom,
    )

    assert key_ring_file.open_ring(tmp_path, {"DAYPASS_MASTER_KEY": new}).keys == made.keys
    with pytest.raises(Unusable, match="does not open"):
        key_ring_file.open_ring(tmp_path, {"DAYPASS_MASTER_KEY": old})
    assert not (tmp_path / "master.key").exists()


def test_a_waiting_master_key_opens_no_ring_sealed_under_another(tmp_path) -> None:
    tmp_path.chmod(0o700)
    key_ring_file.create_ring(tmp_path, {}, now=1, entropy=os.urandom)
    wrong = base64.b64encode(b"w" * 32) + b"\n"
    key_ring_file.write_private(tmp_path / "master.key", wrong)
    key_ring_file.write_private(tmp_path / key_ring_file.NEXT_MASTER, wrong)

    with pytest.raises(Unusable, match="does not open"):
        key_ring_file.open_ring(tmp_path, {})
