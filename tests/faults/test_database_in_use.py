"""A database that another process has locked or left half written: readers recover or say why."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from daypass.core.domain.iam.user import User
from daypass.server.audit import draining
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.settle import Proposal, Settler
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
from daypass.state.data_directory.unlocked_reading import read_without_lock
from daypass.state.store import Unavailable
from daypass.state.unusable import Unusable

A = "111122223333"
# Adds users until it dies; the disk's calls are counted from the signal on.
WRITER = """
import os, signal, sys
from pathlib import Path
from daypass.core.domain.iam.user import User
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
data = open_data(Path(sys.argv[1]), {}, clock=lambda: 1000.0, entropy=os.urandom)
os.kill(os.getpid(), signal.SIGUSR2)
for number in range(20):
    user = User(account="111122223333", name=f"u{number}", unique_id=f"AIDA{number}", created=1)
    data.committer.submit(Changes([Put(user)]), b"").result()
"""


def opened(path):
    return open_data(path, {}, clock=lambda: 1_000.0, entropy=os.urandom)


@pytest.fixture
def path(tmp_path):
    opened(tmp_path / "data").close()
    return tmp_path / "data"


def test_a_reader_rolls_back_what_a_killed_writer_left_unfinished(path, tmp_path, shim) -> None:
    interrupted = 0
    for point in range(1, 40):
        copy = tmp_path / f"at{point}"
        shutil.copytree(path, copy)
        done = subprocess.run(
            [sys.executable, "-c", WRITER, str(copy)],
            env={"LD_PRELOAD": str(shim), "ARMED_BY_SIGNAL": "1", "DIE_AT": str(point)},
            check=False,
        )
        assert done.returncode == -9
        if not (copy / "daypass.db-journal").exists():
            continue
        interrupted += 1

        assert read_without_lock(copy, {}).default_account_id
        opened(copy).close()
        if interrupted == 5:
            break

    assert interrupted == 5


def test_a_reader_that_may_not_write_says_to_start_the_server(path, tmp_path, shim) -> None:
    for point in range(1, 40):
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(path, copy)
        subprocess.run(
            [sys.executable, "-c", WRITER, str(copy)],
            env={"LD_PRELOAD": str(shim), "ARMED_BY_SIGNAL": "1", "DIE_AT": str(point)},
            check=False,
        )
        journal = copy / "daypass.db-journal"
        if journal.exists() and journal.read_bytes()[:8] == b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7":
            break
    mounted = subprocess.run(["mount", "--bind", copy, copy], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a read-only file system cannot be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", copy], check=True)
        with pytest.raises(Unusable, match="was interrupted") as refused:
            read_without_lock(copy, {})
    finally:
        subprocess.run(["umount", copy], check=True)

    assert "daypass up" in refused.value.hint


@pytest.fixture
def held(path):
    """An open data directory, and another connection to its database."""
    data = opened(path)
    other = sqlite3.connect(path / "daypass.db", isolation_level=None)
    yield data, other
    other.close()
    data.close()


def test_a_reader_of_a_locked_database_says_so_and_hints_at_no_backup(held) -> None:
    data, other = held
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unusable, match="locked by another process") as refused:
        read_without_lock(data.path, {})

    assert "backup" not in refused.value.hint


def test_a_crowd_of_writers_of_one_account_is_refused_together_while_the_database_is_locked(
    held,
) -> None:
    # T307-HA
    data, other = held

    async def write(settler, number):
        user = User(account=A, name=f"u{number}", unique_id=f"AIDA{number}", created=1)
        event = Event(time=1.0, request=str(number), service="iam", operation="CreateUser")

        async def propose():
            return Proposal(Changes([Put(user)]), event, number)

        return await settler.settle(propose, [A])

    async def scene():
        log = AuditLog(data.audit.path)
        recorder = Recorder(log, durable=False, outbox=draining.connect_outbox(data))
        settler = Settler(data.committer, recorder)
        other.execute("BEGIN EXCLUSIVE")
        tries = (write(settler, number) for number in range(200))
        # Each in its turn would take more than a minute.
        async with asyncio.timeout(30):
            found = await asyncio.gather(*tries, return_exceptions=True)
        other.execute("ROLLBACK")
        healed = await write(settler, 1000)
        recorder.close()
        return found, healed

    found, healed = asyncio.run(scene())

    assert {type(each) for each in found} == {Unavailable}
    assert healed == 1000
    assert [each.name for each in data.committer.directory.account(A).of(User)] == ["u1000"]
