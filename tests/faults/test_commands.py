"""Each command on a full disk, and on a damaged directory: one clear line, and no data lost."""

import os
import re
import sqlite3
import subprocess

import pytest
from tests.faults.conftest import BIN, Disk

from daypass.server import clock
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog
from daypass.services.iam.policies import aws_managed
from daypass.state.data_directory.open_directory import open_data

ACCOUNT = "111122223333"
ROOT = "root --endpoint http://127.0.0.1:8090"
"""No server runs to be asked where it listens."""


def drop(table):
    def spoil(disk):
        connection = sqlite3.connect(disk.path / "data" / "daypass.db")
        connection.execute(f"DROP TABLE {table}")
        connection.commit()
        connection.close()

    return spoil


def lose(name):
    return lambda disk: (disk.path / "data" / name).unlink()


CHANGES = (ROOT, "keys rotate", "keys master", "bucket adopt --yes reports")
LOOKS = ("account list", "log why r", "log verify")
FAULTS = {
    "no space is left": (Disk.fill, ("keys rotate", "keys master", "bucket adopt --yes reports")),
    "no inode is left": (
        Disk.take_inodes,
        ("keys rotate", "keys master", "bucket adopt --yes reports"),
    ),
    "the disk is read-only": (lambda disk: disk.remount("ro"), ("up", *CHANGES)),
    "a table is missing": (drop("records"), ("up", ROOT, "bucket adopt --yes reports", *LOOKS)),
    "another table is missing": (drop("usage"), ("up", "bucket adopt --yes reports")),
    "the database is missing": (lose("daypass.db"), ("up", ROOT, *LOOKS)),
    "the key ring is missing": (lose("keyring"), ("up", *CHANGES, *LOOKS)),
    "the master key is missing": (lose("master.key"), ("up", *CHANGES, *LOOKS)),
}
"""What is wrong with a directory, and the commands that cannot do without it."""


def run(disk, command):
    words = command.split()
    at = 1 if words[0] in {"up", "root"} else 2
    return subprocess.run(
        [BIN / "daypass", *words[:at], "--data", disk.path / "data", *words[at:]],
        env={"PATH": os.environ["PATH"], "HOME": str(disk.path.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def made(disk):
    """A small disk with a complete data directory on it."""
    path = disk.path / "data"
    data = open_data(
        path,
        {},
        clock=clock.wall,
        entropy=clock.entropy,
        account=ACCOUNT,
        base=aws_managed.bundled_policies(),
    )
    log = AuditLog(data.audit.path)
    log.append([Event(time=1.0, request="r", service="sts", operation="GetCallerIdentity")])
    log.close()
    data.close()
    return disk


NAMES = re.compile(r"\w*(Error|Unrecorded|Unavailable|Unusable|Damaged)\b")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_command_says_in_one_line_what_the_operator_can_mend(made, fault) -> None:
    bring_about, commands = FAULTS[fault]
    bring_about(made)
    for command in commands:
        done = run(made, command)
        told = done.stderr.splitlines()

        assert done.returncode == 1, (command, done.stderr)
        assert told[0].startswith("error: "), (command, done.stderr)
        assert len(told) <= 2, (command, done.stderr)
        assert not NAMES.search(done.stderr), (command, done.stderr)
        if command != "bucket adopt --yes reports":
            assert told[1].startswith("hint: "), (command, done.stderr)


def test_what_failed_on_a_full_disk_works_once_there_is_room(made) -> None:
    made.fill()
    assert run(made, "keys rotate").returncode == 1
    assert run(made, "keys master").returncode == 1
    made.free()

    assert run(made, "keys rotate").stdout == "key 2 seals from now on\n"
    assert run(made, "keys master").returncode == 0
    assert "export AWS_ACCESS_KEY_ID=ASIA" in run(made, ROOT).stdout


def test_no_session_is_issued_without_its_line_in_the_log(made) -> None:
    # T261-LOG
    made.remount("ro")
    done = run(made, ROOT)

    assert "ASIA" not in done.stdout
    assert "audit.log" in done.stderr
