"""The files of a data directory: made only in an empty one, refused if one is missing."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from daypass.state.data_directory.open_directory import open_data
from daypass.state.data_directory.unlocked_reading import read_without_lock
from daypass.state.files import data_files, key_ring_file
from daypass.state.unusable import Unusable

A = "111122223333"


def opened(path, environ=None, **more):
    return open_data(path, environ or {}, clock=lambda: 1_800_000_000.0, entropy=os.urandom, **more)


@pytest.fixture
def data(tmp_path):
    """A complete data directory, with a log."""
    path = tmp_path / "d"
    opened(path, account=A).close()
    (path / "audit.log").write_bytes(b"lines\n")
    return path


def contents(path):
    return {each.name: (each.read_bytes(), each.stat().st_mode) for each in path.iterdir()}


FILES = ["keyring", "master.key", "daypass.db", "audit.log"]
KEPT = [
    [name for number, name in enumerate(FILES) if chosen >> number & 1] for chosen in range(1, 15)
]
WHOLE = [["keyring", "master.key", "daypass.db"]]


@pytest.mark.parametrize("kept", [each for each in KEPT if each not in WHOLE], ids="+".join)
def test_a_directory_that_lost_a_file_is_refused_and_left_as_it_is(data, kept) -> None:
    for name in set(FILES) - set(kept):
        (data / name).unlink()
    before = contents(data)

    with pytest.raises(Unusable, match="is missing: there is") as refused:
        opened(data)
    with pytest.raises(Unusable, match="is missing: there is"):
        read_without_lock(data, {})

    assert "a new authority is made in an empty directory only" in refused.value.hint
    assert contents(data) == before


def test_a_directory_with_only_the_log_of_a_second_node_has_lost_files(
    tmp_path,
) -> None:
    (tmp_path / "audit-2.log").write_bytes(b"lines\n")
    before = contents(tmp_path)

    with pytest.raises(Unusable, match=r"is missing: there is audit-2\.log"):
        opened(tmp_path)
    assert contents(tmp_path) == before


def test_a_missing_master_key_file_is_fine_if_the_key_is_in_the_environment(tmp_path) -> None:
    environ = {"DAYPASS_MASTER_KEY": "A" * 43 + "="}
    opened(tmp_path / "d", environ).close()

    opened(tmp_path / "d", environ).close()


@pytest.mark.parametrize("stranger", ["passwd", "notes.txt", ".bashrc", "lock.txt"])
def test_a_directory_of_another_program_is_refused_and_left_as_it_is(tmp_path, stranger) -> None:
    (tmp_path / stranger).write_text("mine")
    before = contents(tmp_path)

    with pytest.raises(Unusable, match="is not empty and holds no data of daypass") as refused:
        opened(tmp_path)

    assert stranger in str(refused.value)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["lost+found", "store-check.json", "lock"])
def test_files_that_may_precede_an_authority_do_not_stop_its_first_start(tmp_path, name) -> None:
    (tmp_path / name).write_bytes(b"")

    opened(tmp_path).close()


def test_only_a_server_makes_an_authority(tmp_path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(Unusable):
            opened(path, may_create=False)

    assert not list(tmp_path.iterdir())


def test_a_new_authority_is_announced_as_new_and_an_old_one_is_not(tmp_path) -> None:
    path = tmp_path / "d"
    first = opened(path)
    first.close()
    second = opened(path)
    second.close()

    assert first.remarks == (f"a new authority was made in {path}",)
    assert second.remarks == ()


def test_a_first_start_that_was_interrupted_after_its_account_was_stored_keeps_the_account(
    tmp_path, monkeypatch
) -> None:
    path = tmp_path / "d"
    with monkeypatch.context() as patch:
        patch.setattr(data_files, "end_first_start", lambda _path: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            opened(path, account=A)
    finished = opened(path)
    finished.close()

    assert finished.default_account_id == A
    assert not (path / data_files.FIRST_START).exists()


def test_a_database_without_an_account_is_not_filled_with_a_new_one(data, tmp_path) -> None:
    other = tmp_path / "other"
    opened(other).close()
    (data / "daypass.db").write_bytes(b"")

    with pytest.raises(Unusable, match="is empty, but this is not a new directory"):
        opened(data)


def test_every_file_is_readable_by_its_owner_only_whatever_the_umask(tmp_path) -> None:
    before = os.umask(0)
    try:
        opened(tmp_path / "d").close()
    finally:
        os.umask(before)
    modes = {each.name: each.stat().st_mode & 0o777 for each in (tmp_path / "d").iterdir()}

    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700
    assert set(modes) >= {"keyring", "master.key", "daypass.db", "audit.log"}
    assert set(modes.values()) == {0o600}, modes


@pytest.mark.parametrize("name", ["daypass.db", "audit.log", "audit-2.log"])
def test_a_file_that_others_could_read_is_made_private_and_reported(data, name) -> None:
    data.chmod(0o755)
    (data / name).touch()
    (data / name).chmod(0o644)
    after = opened(data)
    after.close()

    assert (data / name).stat().st_mode & 0o777 == 0o600
    assert f"others could read {data / name}: it is its owner's alone now" in after.remarks
    assert f"others can look into {data}: chmod 700 {data}" in after.remarks
    assert data.stat().st_mode & 0o777 == 0o755, "the directory was there before: it is its owner's"


def test_git_ignores_the_keys_in_a_work_tree_and_the_operator_is_told(tmp_path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    path = tmp_path / "d"
    made = opened(path)
    made.close()
    listed = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=tmp_path, capture_output=True, check=True
    )

    assert listed.stdout == b""
    assert any(f"{path} lies in the work tree of {tmp_path}" in line for line in made.remarks)


# The lock.

HOLD = """
import os, sys
from pathlib import Path
from daypass.state.data_directory.open_directory import open_data
data = open_data(Path(sys.argv[1]), {}, clock=lambda: 1_800_000_000.0, entropy=os.urandom)
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(data):
    """Another process that has the directory open."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, data], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"open\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("name", ["lock", "keyring.lock", "control.sock", "daypass.db-journal"])
def test_removing_or_creating_a_file_does_not_release_the_lock(data, holder, name) -> None:
    (data / name).unlink(missing_ok=True)
    with pytest.raises(Unusable, match="another daypass is using"):
        opened(data)
    (data / name).write_bytes(b"")
    with pytest.raises(Unusable, match="another daypass is using"):
        opened(data)
    assert read_without_lock(data, {}).default_account_id == A


def test_the_lock_ends_with_the_process_that_has_it(data, holder) -> None:
    holder.kill()
    holder.wait()

    opened(data).close()


def test_a_running_server_of_an_earlier_version_is_noticed(data) -> None:
    file = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    with pytest.raises(Unusable, match="another daypass is using"):
        opened(data)
    os.close(file)

    opened(data).close()


ROTATE = """
import os, sys
from pathlib import Path
from daypass.state.files import key_ring_file
print("ready", flush=True)
sys.stdin.readline()
key_ring_file.rotate_root_key(Path(sys.argv[1]), {}, now=1, entropy=os.urandom)
"""


def test_no_rotation_is_lost_among_eight_at_once_while_files_are_removed(data) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", ROTATE, data], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(8)
    ]
    for process in started:
        assert process.stdout.readline() == b"ready\n"
    for process in started:
        process.stdin.write(b"\n")
        process.stdin.flush()
        Path(data / "keyring.lock").unlink(missing_ok=True)
    for process in started:
        process.communicate()

    assert [process.returncode for process in started] == [0] * 8
    assert [key.id for key in key_ring_file.open_ring(data, {}).keys] == list(range(1, 10))


def test_a_command_for_the_ring_leaves_no_file_in_a_directory_without_one(tmp_path) -> None:
    with pytest.raises(Unusable, match="there is no key ring"):
        key_ring_file.rotate_root_key(tmp_path, {}, now=1, entropy=os.urandom)

    assert not list(tmp_path.iterdir())
