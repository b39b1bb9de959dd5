"""A cached answer is the command's own answer, given sooner: never another one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from daypass.cli.client import cached_answer, credentials
from daypass.cli.credential_formats import FORMATS
from daypass.cli.main import cli
from daypass.client import cache, cached_credentials, exported_variables
from daypass.client.cache_entry import CacheEntry
from daypass.client.sts import fetch

PROGRAM = str(Path(sys.executable).parent / "daypass")
COMMANDS = ("process", "env", "exec")
END = 2**33
CONFIG = """
[profile work]
role_arn = arn:aws:iam::111122223333:role/work
source_profile = base
region = eu-west-1
endpoint_url = http://lab.test/a b
"""
KEYS = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
HEAVY = {
    "asyncio", "botocore", "click", "collections", "contextlib", "copyreg", "cryptography.exceptions",
    "dataclasses", "datetime", "enum", "functools", "hashlib", "_hashlib", "importlib.metadata",
    "inspect", "json", "keyring", "pathlib", "re", "shlex", "socket", "ssl", "subprocess",
    "tempfile", "threading", "types_boto3", "typing", "urllib", "uuid", "daypass.aws",
    "daypass.cli.main", "daypass.client.credential_plan", "daypass.client.sts.fetch",
    "daypass.client.lock_files", "daypass.core", "daypass.files",
}  # fmt: skip


class Home:
    """A home directory with one role's profile, and a fetch that is counted and reaches nobody."""

    def __init__(self, path, monkeypatch):
        self.path, self.monkeypatch, self.fetches = path, monkeypatch, 0
        self.cache = path / "cache"
        for name, value in {
            "HOME": path,
            "DAYPASS_CACHE": self.cache,
            "DAYPASS_KEYRING": "file",
            "AWS_CONFIG_FILE": path / "config",
            "AWS_SHARED_CREDENTIALS_FILE": path / "credentials",
        }.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(fetch, "_run_steps", self._run_steps)
        self.write(CONFIG)
        (path / "credentials").write_text(KEYS)
        self.expires = END

    def _run_steps(self, *_arguments):
        self.fetches += 1
        return CacheEntry(f"ASIA{self.fetches}", "s/+", "t+/=", self.expires, "111122223333")

    def write(self, config):
        (self.path / "config").write_text(config)

    def slow(self, command, *arguments):
        """Return what the command itself prints, or the program that it runs with its environment,
        and leave this process's environment as it was.
        """
        before, run = dict(os.environ), []
        with self.monkeypatch.context() as patch:
            patch.setattr(os, "execvpe", lambda *given: run.append(given))
            done = CliRunner().invoke(cli, [command, *arguments])
        os.environ.clear()
        os.environ.update(before)
        assert done.exception is None or done.exit_code, done.exception
        return run or done.stdout

    def fast(self, command, *arguments):
        """Return the same from the cache alone; None if the cache does not answer."""
        before, run = dict(os.environ), []
        with self.monkeypatch.context() as patch:
            patch.setattr(os, "execvpe", lambda *given: run.append(given))
            text = cached_answer.find_answer(command, list(arguments), os.environ)
        assert os.environ == before
        return run or (None if text is None else text + "\n")


@pytest.fixture
def home(tmp_path, monkeypatch):
    return Home(tmp_path, monkeypatch)


def arguments_of(command):
    return ("-p", "work", *(("ls", "-l") if command == "exec" else ()))


# What is answered.


def with_profile_variable(home):
    home.monkeypatch.setenv("AWS_PROFILE", "work")


def with_another_profile_variable(home):
    home.monkeypatch.setenv("AWS_PROFILE", "other")
    home.monkeypatch.setenv("AWS_SECURITY_TOKEN", "old")


def with_variables_of_an_earlier_command(home):
    found = {"AWS_REGION": "old", "AWS_CA_BUNDLE": "/old ca", "AWS_ENDPOINT_URL": "http://old.test"}
    more = exported_variables.variables_with_record(found, "profile", {})
    for name, value in more.items():
        home.monkeypatch.setenv(name, value)


def with_variables_of_root(home):
    found = {"AWS_ENDPOINT_URL_STS": "http://root.test"}
    more = exported_variables.variables_with_record(found, "root", {})
    for name, value in more.items():
        home.monkeypatch.setenv(name, value)


def with_authorities_by_a_relative_path(home):
    home.write(f"{CONFIG}ca_bundle = own/ca.pem\n".replace("/a b", ""))
    home.monkeypatch.chdir(home.path)


def with_endpoints_of_services(home):
    home.write(
        f"{CONFIG}services = lab\n".replace("/a b", "")
        + "[services lab]\ns3 =\n  endpoint_url = http://s3.test/$HOME\n"
    )


def with_endpoints_ignored(home):
    home.monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")


def without_endpoints(home):
    home.write(CONFIG.replace("endpoint_url = http://lab.test/a b\n", "").replace("region", "#"))


WORLDS = (
    with_profile_variable, with_another_profile_variable, with_variables_of_an_earlier_command,
    with_variables_of_root, with_authorities_by_a_relative_path, with_endpoints_of_services,
    with_endpoints_ignored, without_endpoints,
)  # fmt: skip


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_every_command_answers_from_the_cache_what_it_answers_itself(home, world) -> None:
    home.write(CONFIG.replace("/a b", ""))
    world(home)
    calls = [(each, arguments_of(each)) for each in COMMANDS]
    calls += [("env", ("--format", style, "--profile=work")) for style in FORMATS]
    # The first call fetches, and fills the cache for all.
    home.slow("process", "-p", "work")

    for command, arguments in calls:
        expected = home.slow(command, *arguments)
        assert home.fast(command, *arguments) == expected, command
        assert expected
    assert home.fetches == 1


def test_the_program_of_a_cached_exec_is_found_on_the_path_and_runs(home, tmp_path) -> None:
    home.write(CONFIG.replace("/a b", ""))
    home.slow("env", "-p", "work")
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    done = subprocess.run(
        [PROGRAM, "exec", "-p", "work", "--", "python3", "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )

    found = json.loads(done.stdout)
    assert found["AWS_ACCESS_KEY_ID"] == "ASIA1"
    assert found["DAYPASS_PROFILE"] == "work"
    assert found["AWS_ENDPOINT_URL"] == "http://lab.test"


def test_a_program_that_cannot_be_run_is_refused_alike_from_the_cache(home) -> None:
    home.write(CONFIG.replace("/a b", ""))
    home.slow("env", "-p", "work")
    fast, slow = (
        subprocess.run(
            [PROGRAM, "exec", *options, "no-such-program"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **more},
        )
        for options, more in (
            (["-p", "work"], {}),
            (["-p", "work"], {"_DAYPASS_COMPLETE": ""}),
        )
    )

    assert (fast.returncode, fast.stdout) == (slow.returncode, slow.stdout) == (2, "")
    assert fast.stderr == slow.stderr
    assert "`no-such-program` cannot be run" in fast.stderr


def test_a_reader_that_has_ended_is_no_error(home) -> None:
    home.slow("process", "-p", "work")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [PROGRAM, "process", "-p", "work"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, "")


# What is not answered.


def a_byte_of_the_configuration(home):
    home.write(CONFIG + "\n")


def a_byte_of_the_keys(home):
    (home.path / "credentials").write_text(KEYS + "\n")


def a_variable_for_sdks(home):
    home.monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://other.test")


def another_configuration_file(home):
    (home.path / "other").write_text(CONFIG)
    home.monkeypatch.setenv("AWS_CONFIG_FILE", str(home.path / "other"))


def a_configuration_that_is_no_file(home):
    home.monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/zero")


def models_of_the_users_own(home):
    (home.path / ".aws" / "models").mkdir(parents=True)


def a_file_that_others_can_read(home):
    for each in home.cache.glob("*.sealed"):
        each.chmod(0o644)


def a_key_that_others_can_read(home):
    (home.cache / "key").chmod(0o640)


def a_damaged_file(home):
    for each in home.cache.glob("*.sealed"):
        each.write_bytes(each.read_bytes()[:-1] + b"?")


def files_that_are_exchanged(home):
    first, second = sorted(home.cache.glob("*.sealed"))
    texts = first.read_bytes(), second.read_bytes()
    second.write_bytes(texts[0])
    first.write_bytes(texts[1])


def a_link_for_a_directory(home):
    home.cache.rename(home.path / "elsewhere")
    home.cache.symlink_to(home.path / "elsewhere")


def a_wish_for_completions(home):
    home.monkeypatch.setenv("_DAYPASS_COMPLETE", "bash_source")


CHANGES = (
    a_byte_of_the_configuration, a_byte_of_the_keys, a_variable_for_sdks,
    another_configuration_file, a_configuration_that_is_no_file, models_of_the_users_own,
    a_file_that_others_can_read, a_key_that_others_can_read, a_damaged_file,
    files_that_are_exchanged, a_link_for_a_directory, a_wish_for_completions,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("command", COMMANDS)
def test_the_cache_does_not_answer_after(home, command, change) -> None:
    home.write(CONFIG.replace("/a b", ""))
    home.slow("env", "-p", "work")
    assert home.fast(command, *arguments_of(command)) is not None

    change(home)

    assert home.fast(command, *arguments_of(command)) is None


@pytest.mark.parametrize("command", COMMANDS)
def test_credentials_that_end_soon_are_no_answer(home, command, monkeypatch) -> None:
    home.write(CONFIG.replace("/a b", ""))
    home.slow("env", "-p", "work")
    margin = cached_credentials.REFRESH_MARGIN_SECONDS

    monkeypatch.setattr("daypass.client.cached_credentials.time.time", lambda: END - margin)
    assert home.fast(command, *arguments_of(command)) is not None
    monkeypatch.setattr("daypass.client.cached_credentials.time.time", lambda: END - margin + 1)
    assert home.fast(command, *arguments_of(command)) is None


def test_a_directory_that_others_may_read_is_closed_by_an_answer(home) -> None:
    home.slow("process", "-p", "work")
    home.cache.chmod(0o755)

    assert home.fast("process", "-p", "work")
    assert home.cache.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("command", COMMANDS)
def test_a_cache_that_is_a_link_is_refused_where_it_holds_a_key_too(home, command) -> None:
    # T327-CLI
    home.write(CONFIG.replace("/a b", ""))
    home.slow("env", "-p", "work")
    a_link_for_a_directory(home)
    done = subprocess.run(
        [PROGRAM, command, *arguments_of(command)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "is a link" in done.stderr


def test_a_profile_whose_endpoints_are_refused_is_cached_for_process_alone(home) -> None:
    home.slow("process", "-p", "work")

    assert home.fast("process", "-p", "work")
    for command in ("env", "exec"):
        assert home.fast(command, *arguments_of(command)) is None


def test_text_that_is_not_ascii_is_left_to_the_command(home) -> None:
    home.write(f"{CONFIG}ca_bundle = /zertifikate/für.pem\n".replace("/a b", ""))
    home.slow("env", "-p", "work")

    assert home.fast("env", "-p", "work") is None
    assert home.fast("env", "-p", "work", "--format", "json") is not None
    assert home.fast("exec", "-p", "work", "ls") == home.slow("exec", "-p", "work", "ls")


def test_an_answer_from_before_a_keyring_does_not_hide_a_newer_one(home, monkeypatch) -> None:
    home.write(CONFIG.replace("/a b", ""))
    home.slow("env", "-p", "work")
    assert "ASIA1" in home.fast("env", "-p", "work")

    monkeypatch.setattr(credentials, "keyring_key", lambda: b"k" * 32)
    assert "ASIA2" in home.slow("env", "-p", "work", "--fresh")

    assert home.fast("env", "-p", "work") is None
    assert "ASIA2" in home.slow("env", "-p", "work")


# What is loaded.


@pytest.mark.parametrize("command", COMMANDS)
def test_a_cached_answer_loads_nothing_that_it_does_not_need(home, command) -> None:
    home.write(CONFIG.replace("/a b", ""))
    home.slow("env", "-p", "work")
    # The shell has what an earlier command exported: it is taken back first.
    with_variables_of_an_earlier_command(home)
    script = (
        "import os, sys\n"
        "def show(*_given):\n"
        "    sys.stderr.write(' '.join(sys.modules) + '\\n')\n"
        "    os._exit(0)\n"
        "os.execve = show\n"
        "from daypass.cli.entry import main\n"
        "main()\n"
        "show()\n"
    )
    more = ("/bin/true",) if command == "exec" else ()
    done = subprocess.run(
        [sys.executable, "-c", script, command, "-p", "work", *more],
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(done.stderr.split())
    assert "daypass.client.cached_credentials" in loaded
    assert HEAVY & loaded == set()


def test_a_miss_leaves_the_cache_and_the_variables_to_the_command(home) -> None:
    home.write(CONFIG.replace("/a b", ""))
    with_variables_of_an_earlier_command(home)
    before = dict(os.environ)

    assert home.fast("env", "-p", "work") is None
    assert os.environ == before
    assert not home.cache.exists()
    # What an earlier command exported and this one does not is unset.
    assert "unset AWS_CA_BUNDLE;" in home.slow("env", "-p", "work")
    assert cache.CredentialCache(home.cache).forget() == 2
