"""Containers and CI: without a home, an entry in passwd or a directory to write to, commands get
their credentials all the same, and do not keep them.
"""

import json
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from click.testing import CliRunner

from daypass.cli.client import cached_answer, credentials
from daypass.cli.command_error import CommandError
from daypass.cli.main import cli
from daypass.client import cache, lock_files
from daypass.client.cache_entry import CacheEntry
from daypass.client.sts import fetch

COMMANDS = ("process", "env", "exec")
KEYS = "[default]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
END = 2**33


class Container:
    """A working directory, a home, keys in a file, and a fetch that is counted."""

    def __init__(self, path, patch):
        self.path, self.patch, self.fetches = path, patch, 0
        for name in [each for each in os.environ if each.startswith(("AWS_", "XDG_", "DAYPASS_"))]:
            patch.delenv(name)
        (path / "work").mkdir()
        (path / "home").mkdir()
        (path / "keys").write_text(KEYS)
        patch.chdir(path / "work")
        for name, value in {
            "HOME": path / "home",
            "AWS_SHARED_CREDENTIALS_FILE": path / "keys",
            "AWS_EC2_METADATA_DISABLED": "true",
            "DAYPASS_KEYRING": "file",
        }.items():
            patch.setenv(name, str(value))
        patch.setattr(fetch, "_run_steps", self._run_steps)

    def _run_steps(self, *_arguments):
        self.fetches += 1
        return CacheEntry(f"ASIA{self.fetches}", "s", "t", END)

    def answer(self, command):
        """Return the key that a command hands out, from the cache if that answers."""
        run, more = [], ["ls"] if command == "exec" else []
        with self.patch.context() as patch:
            patch.setattr(os, "execvpe", lambda *given: run.append(given[2]))
            text = cached_answer.find_answer(command, more, os.environ)
            if text is None and not run:
                done = CliRunner().invoke(cli, [command, *more])
                assert done.exception is None, done.exception
                text = done.stdout
        if run:
            return run[0]["AWS_ACCESS_KEY_ID"]
        return (
            text.split("AWS_ACCESS_KEY_ID=")[-1].split("\n")[0]
            if command == "env"
            else json.loads(text)["AccessKeyId"]
        )

    def files(self):
        return sorted(str(each.relative_to(self.path)) for each in self.path.rglob("*"))


@pytest.fixture
def container(tmp_path, monkeypatch):
    return Container(tmp_path, monkeypatch)


def refuse(*_given, **_more):
    raise OSError(30, "Read-only file system")


def without_an_entry_in_passwd(container):
    def missing(_uid):
        raise KeyError("uid not found")

    container.patch.delenv("HOME")
    container.patch.setattr(pwd, "getpwuid", missing)


def keys_of_the_environment_and_no_file(container):
    without_an_entry_in_passwd(container)
    container.patch.delenv("AWS_SHARED_CREDENTIALS_FILE")
    container.patch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    container.patch.setenv("AWS_SECRET_ACCESS_KEY", "s")


def with_an_empty_home(container):
    container.patch.setenv("HOME", "")


def with_a_home_that_is_relative(container):
    container.patch.setenv("HOME", "somewhere")


def with_a_home_below_a_file(container):
    container.patch.setenv("HOME", str(container.path / "keys" / "home"))


def with_a_home_that_cannot_be_written(container):
    container.patch.setenv("HOME", "/proc/self")


def without_a_cache(container):
    container.patch.setenv("DAYPASS_CACHE", "")


def with_a_cache_of_another_user(container):
    (container.path / "home" / ".cache" / "daypass").mkdir(parents=True)
    own = os.geteuid()
    container.patch.setattr(os, "geteuid", lambda: own + 1)


def with_a_cache_that_cannot_be_written(container):
    cache.CredentialCache(container.path / "home" / ".cache" / "daypass")
    container.patch.setattr(cache, "write_private_file", refuse)
    container.patch.setattr(lock_files, "hold_lock", refuse)


def with_a_file_system_that_is_full(container):
    cache.CredentialCache(container.path / "home" / ".cache" / "daypass")
    container.patch.setattr(cache, "write_private_file", refuse)


WORLDS = (
    without_an_entry_in_passwd, keys_of_the_environment_and_no_file, with_an_empty_home,
    with_a_home_that_is_relative, with_a_home_below_a_file, with_a_home_that_cannot_be_written,
    without_a_cache, with_a_cache_of_another_user, with_a_cache_that_cannot_be_written,
    with_a_file_system_that_is_full,
)  # fmt: skip


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_credentials_come_all_the_same_and_are_not_kept(container, world) -> None:
    world(container)
    before = container.files()

    assert [container.answer(each) for each in COMMANDS] == ["ASIA1", "ASIA2", "ASIA3"]
    left = [each for each in container.files() if each not in before]
    assert [each for each in left if not each.endswith(".lock")] == []
    assert not (container.path / "work" / "~").exists()


def test_with_a_home_they_are_kept(container) -> None:
    assert [container.answer(each) for each in COMMANDS] == ["ASIA1", "ASIA1", "ASIA1"]


def test_what_was_kept_is_found_in_a_cache_that_cannot_be_written_any_more(container) -> None:
    assert container.answer("env") == "ASIA1"

    with_a_cache_that_cannot_be_written(container)

    assert [container.answer(each) for each in COMMANDS] == ["ASIA1", "ASIA1", "ASIA1"]


def test_a_keyring_that_cannot_be_asked_is_no_keyring(container, monkeypatch) -> None:
    # Without a home, a backend may not even find its own configuration.
    monkeypatch.delenv("DAYPASS_KEYRING")
    monkeypatch.setattr(keyring, "get_keyring", refuse)

    assert credentials.keyring_key() is None
    assert container.answer("env") == "ASIA1"


@pytest.mark.parametrize("world", [without_an_entry_in_passwd, without_a_cache])
def test_where_there_is_no_cache_there_is_none_to_forget(container, world) -> None:
    world(container)

    assert CliRunner().invoke(cli, ["forget"]).stdout == "forgot 0 entries\n"


def test_a_cache_of_another_user_is_not_forgotten(container) -> None:
    with_a_cache_of_another_user(container)
    done = CliRunner().invoke(cli, ["forget"])

    assert isinstance(done.exception, CommandError)
    assert "belongs to another user" in str(done.exception)
    assert done.exception.code == 2


SETPRIV = shutil.which("setpriv")


@pytest.mark.skipif(
    os.geteuid() != 0 or SETPRIV is None, reason="only root runs a program as somebody else"
)
@pytest.mark.parametrize("home", [None, "/", "of another user"])
def test_a_user_without_a_name_is_served_by_the_installed_program(tmp_path, home) -> None:
    # The keys are temporary, so that nobody has to be called. The user may read every file, because
    # the program may stand where only root reads, and write none.
    (tmp_path / "of another user").mkdir(mode=0o700)
    may_read = "+dac_read_search"
    done = subprocess.run(
        [
            SETPRIV, "--reuid=54321", "--regid=54321", "--clear-groups", f"--inh-caps={may_read}",
            f"--ambient-caps={may_read}", Path(sys.executable).parent / "daypass", "process",
        ],
        env={
            "PATH": os.defpath,
            "AWS_ACCESS_KEY_ID": "ASIAENV",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_SESSION_TOKEN": "t",
            **({} if home is None else {"HOME": str(tmp_path / home)}),
        },
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["AccessKeyId"] == "ASIAENV"
