"""What is kept is found by everything that decides it: no credentials come back for another
identity.
"""

import dataclasses
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from daypass.client import cache, cached_credentials, credential_plan, private_files
from daypass.client.cache_entry import CacheEntry
from daypass.client.source_credentials import SourceCredentials
from daypass.client.sts import fetch

PROGRAM = str(Path(sys.executable).parent / "daypass")


def section(name, key, **more):
    lines = [
        f"[{name}]",
        f"aws_access_key_id={key['AccessKeyId']}",
        f"aws_secret_access_key={key['SecretAccessKey']}",
    ]
    return "\n".join([*lines, *(f"{key}={value}" for key, value in more.items())]) + "\n"


@pytest.fixture(scope="module")
def keys(live):
    return {name: live.user(f"identity-{name}") for name in ("alice", "bob")}


@pytest.fixture(scope="module")
def role(live, keys):
    return live.role("only-alice", f"arn:aws:iam::{live.account}:user/identity-alice")


class Home:
    """A home directory with a configuration, and `daypass` run in it."""

    def __init__(self, live, path):
        self.live, self.path, self.more = live, path, {}
        (path / ".aws").mkdir()

    def write(self, credentials=None, config=None):
        if credentials is not None:
            (self.path / ".aws" / "credentials").write_text(credentials)
        if config is not None:
            (self.path / ".aws" / "config").write_text(config)

    def run(self, *arguments):
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("AWS_", "DAYPASS_", "XDG_"))
        }
        own = {
            "HOME": str(self.path),
            "AWS_ENDPOINT_URL": self.live.url,
            "DAYPASS_KEYRING": "file",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return subprocess.run(
            [PROGRAM, *arguments],
            env={**kept, **own, **self.more},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def process(self, *arguments):
        """Return the session that `daypass process` answers, empty if it refuses."""
        done = self.run("process", *arguments)
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def whoami(self, session):
        """Return whose session it is: a user's name, or a role's."""
        if not session:
            return "nobody"
        arn = self.live.client("sts", session).get_caller_identity()["Arn"]
        return arn.split("/")[1]


@pytest.fixture
def home(live, tmp_path):
    return Home(live, tmp_path)


CONFIG = "[default]\nregion=us-east-1\n"


def exchange_the_key(home, keys, role) -> str:
    home.write(section("default", keys["alice"]), CONFIG)
    home.process()
    home.write(section("default", keys["bob"]))
    return "identity-bob"


def remove_the_key(home, keys, role) -> str:
    home.write(section("default", keys["alice"]), CONFIG)
    home.process()
    home.write("")
    return "nobody"


def exchange_the_key_under_a_role(home, keys, role) -> str:
    home.write(
        section("default", keys["alice"]), f"{CONFIG}role_arn={role}\nsource_profile=default\n"
    )
    home.process()
    home.write(section("default", keys["bob"]))
    return "nobody"


def name_another_credentials_file(home, keys, role) -> str:
    home.write(section("default", keys["alice"]), CONFIG)
    home.process()
    (home.path / "other").write_text(section("default", keys["bob"]))
    home.more = {"AWS_SHARED_CREDENTIALS_FILE": str(home.path / "other")}
    return "identity-bob"


def exchange_the_key_in_a_file_named_with_a_tilde(home, keys, role) -> str:
    home.write("", CONFIG)
    home.more = {"AWS_SHARED_CREDENTIALS_FILE": "~/other"}
    (home.path / "other").write_text(section("default", keys["alice"]))
    home.process()
    (home.path / "other").write_text(section("default", keys["bob"]))
    return "identity-bob"


def exchange_the_variable_in_a_files_name(home, keys, role) -> str:
    home.write("", CONFIG)
    for name, key in keys.items():
        (home.path / name).write_text(section("default", key))
    home.more = {"AWS_SHARED_CREDENTIALS_FILE": "$HOME/$WHICH", "WHICH": "alice"}
    home.process()
    home.more["WHICH"] = "bob"
    return "identity-bob"


def exchange_the_key_in_the_environment(home, keys, role) -> str:
    home.write("", f"{CONFIG}[profile job]\nrole_arn={role}\ncredential_source=Environment\n")
    home.more = {"AWS_PROFILE": "job", **variables(keys["alice"])}
    assert home.whoami(home.process()) == "only-alice"
    home.more |= variables(keys["bob"])
    return "nobody"


def remove_the_key_from_the_environment(home, keys, role) -> str:
    # The default profile's keys are not the environment's: credential_source never falls back to
    # them.
    home.write(
        section("default", keys["alice"]),
        f"{CONFIG}[profile job]\nrole_arn={role}\ncredential_source=Environment\n",
    )
    home.more = {"AWS_PROFILE": "job", **variables(keys["alice"])}
    home.process()
    home.more = {"AWS_PROFILE": "job"}
    return "nobody"


def exchange_what_a_program_answers(home, keys, role) -> str:
    answer = home.path / "answer"
    home.write("", f"{CONFIG}credential_process=cat {answer}\n")
    answer.write_text(
        json.dumps(
            {
                "Version": 1,
                "AccessKeyId": keys["alice"]["AccessKeyId"],
                "SecretAccessKey": keys["alice"]["SecretAccessKey"],
            }
        )
    )
    assert home.whoami(home.process()) == "identity-alice"
    answer.write_text(
        json.dumps(
            {
                "Version": 1,
                "AccessKeyId": keys["bob"]["AccessKeyId"],
                "SecretAccessKey": keys["bob"]["SecretAccessKey"],
            }
        )
    )
    return "identity-bob"


def name_another_profile_by_the_older_variable(home, keys, role) -> str:
    home.write(section("default", keys["alice"]) + section("other", keys["bob"]), CONFIG)
    home.process()
    home.more = {"AWS_DEFAULT_PROFILE": "other"}
    return "identity-bob"


def write_a_default_beside_the_environment(home, keys, role) -> str:
    home.more = variables(keys["alice"])
    assert home.whoami(home.process()) == "identity-alice"
    home.write(section("default", keys["bob"]))
    return "identity-bob"


def name_a_profile_where_the_environment_was_meant(home, keys, role) -> str:
    home.more = variables(keys["alice"])
    assert home.whoami(home.process()) == "identity-alice"
    home.more["AWS_PROFILE"] = "default"
    return "nobody"


def remove_all_keys_of_the_environment(home, keys, role) -> str:
    home.more = variables(keys["alice"])
    assert home.whoami(home.process()) == "identity-alice"
    home.more = {}
    return "nobody"


def exchange_a_source_that_a_program_prints(home, keys, role) -> str:
    answer = home.path / "answer"
    home.write(
        "",
        f"{CONFIG}role_arn={role}\nsource_profile=tool\n[profile tool]\ncredential_process=cat {answer}\n",
    )
    for name in ("alice", "bob"):
        known = {each: keys[name][each] for each in ("AccessKeyId", "SecretAccessKey")}
        answer.write_text(json.dumps({"Version": 1, **known}))
        if name == "alice":
            assert home.whoami(home.process()) == "only-alice"
    return "nobody"


def variables(key):
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


@pytest.mark.parametrize(
    "change",
    [
        exchange_the_key,
        remove_the_key,
        exchange_the_key_under_a_role,
        name_another_credentials_file,
        exchange_the_key_in_a_file_named_with_a_tilde,
        exchange_the_variable_in_a_files_name,
        exchange_the_key_in_the_environment,
        remove_the_key_from_the_environment,
        exchange_what_a_program_answers,
        name_another_profile_by_the_older_variable,
        write_a_default_beside_the_environment,
        name_a_profile_where_the_environment_was_meant,
        remove_all_keys_of_the_environment,
        exchange_a_source_that_a_program_prints,
    ],
    ids=lambda change: change.__name__,
)
def test_another_identity_never_gets_what_was_kept(home, keys, role, change) -> None:
    expected = change(home, keys, role)

    # Asked twice, so that what the first answer keeps is asked for too.
    assert home.whoami(home.process()) == expected
    assert home.whoami(home.process()) == expected


def test_a_profile_found_another_way_shares_what_is_kept(home, keys) -> None:
    home.write(section("default", keys["alice"]) + section("same", keys["alice"]), CONFIG)
    first = home.process()

    assert home.process("--profile", "same") == first


def test_forget_removes_what_belongs_to_a_profile_and_nothing_else(home, keys, role) -> None:
    home.write(
        section("base", keys["alice"])
        + section("same", keys["alice"])
        + section("other", keys["bob"]),
        f"[default]\nregion=us-east-1\n[profile work]\nregion=us-east-1\nsource_profile=base\nrole_arn={role}\n",
    )
    before = {name: home.process("-p", name) for name in ("base", "same", "other", "work")}
    assert all(before.values())
    assert before["same"] == before["base"]

    assert home.run("forget", "--profile", "same").stdout == "forgot 3 entries\n"
    assert home.process("-p", "other") == before["other"]
    assert home.process("-p", "work") == before["work"]
    assert home.process("-p", "base") != before["base"]
    # A role's session came by way of the profile that has the keys.
    home.run("forget", "--profile", "base")
    assert home.process("-p", "work") != before["work"]
    assert home.process("-p", "other") == before["other"]


STEP = credential_plan.STSStep("arn:aws:iam::1:role/r", "me", 900, "external", "serial")
PLAN = credential_plan.CredentialPlan(
    "work", "base", (STEP,), "us-east-1", ("work", "base"), ("/config", "/credentials")
)
SOURCE = SourceCredentials("shared-credentials-file", "AKIA", "secret", "")
PLACE = fetch.STSEndpoint("https://sts.example", "us-east-1")


def each_in_turn(value):
    """Return a value's fields, and the value with each of them changed."""
    names = (
        value._fields
        if isinstance(value, tuple)
        else [each.name for each in dataclasses.fields(value)]
    )
    for name in names:
        before = getattr(value, name)
        after = before + 1 if isinstance(before, int) else f"{before}x"
        yield (
            name,
            value._replace(**{name: after})
            if isinstance(value, tuple)
            else dataclasses.replace(value, **{name: after}),
        )


CHANGED = {
    **{
        f"step's {name}": (dataclasses.replace(PLAN, steps=(step,)), SOURCE, PLACE)
        for name, step in each_in_turn(STEP)
    },
    **{f"source's {name}": (PLAN, source, PLACE) for name, source in each_in_turn(SOURCE)},
    **{f"place's {name}": (PLAN, SOURCE, place) for name, place in each_in_turn(PLACE)},
    "a step more": (dataclasses.replace(PLAN, steps=(STEP, STEP)), SOURCE, PLACE),
    "the configuration file": (
        dataclasses.replace(PLAN, files=("/other", "/credentials")),
        SOURCE,
        PLACE,
    ),
}


@pytest.mark.parametrize("parts", CHANGED.values(), ids=CHANGED)
def test_t382_cli_two_plans_that_differ_in_one_part_never_share(parts) -> None:
    assert fetch.plan_cache_name(*parts) != fetch.plan_cache_name(PLAN, SOURCE, PLACE)


def test_a_name_holds_no_secret() -> None:
    name = fetch.plan_cache_name(PLAN, SOURCE, PLACE)

    assert set(name) <= set("0123456789abcdef")
    assert len(name) == 64


def test_the_way_a_plan_was_found_is_no_part_of_its_name() -> None:
    found = dataclasses.replace(
        PLAN, profile="other", source_profile="elsewhere", profiles=("other",)
    )

    assert fetch.plan_cache_name(found, SOURCE, PLACE) == fetch.plan_cache_name(PLAN, SOURCE, PLACE)


def test_keys_that_are_exchanged_while_a_code_is_asked_for_are_not_found_by_the_short_way(
    monkeypatch, tmp_path
) -> None:
    from daypass.cli.client import credentials

    monkeypatch.setenv("DAYPASS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DAYPASS_KEYRING", "file")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    key = {"AccessKeyId": "AKIAALICE", "SecretAccessKey": "s"}
    (tmp_path / "credentials").write_text(section("default", key))

    def fetched(*_arguments, **_more):
        (tmp_path / "credentials").write_text(section("default", {**key, "AccessKeyId": "AKIABOB"}))
        return CacheEntry("ASIAALICE", "secret", "token", 2**33, profiles=("default",))

    monkeypatch.setattr(fetch, "get_credentials", fetched)
    credentials.profile_credentials("default", duration=None, code=None, is_fresh=False)

    assert cached_credentials.find_cached_credentials("default", os.environ) is None
    # A run without the exchange is found.
    monkeypatch.setattr(
        fetch,
        "get_credentials",
        lambda *_a, **_m: CacheEntry("ASIABOB", "secret", "token", 2**33),
    )
    credentials.profile_credentials("default", duration=None, code=None, is_fresh=False)
    assert (
        cached_credentials.find_cached_credentials("default", os.environ).access_key_id == "ASIABOB"
    )


def test_the_short_way_is_not_gone_once_the_user_has_models_of_their_own(
    monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("DAYPASS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    kept = cache.CredentialCache(tmp_path / "cache")
    kept.put(
        cached_credentials.profile_cache_name("default", os.environ),
        CacheEntry("ASIA", "s", "t", 2**33),
    )
    assert cached_credentials.find_cached_credentials("default", os.environ) is not None

    (tmp_path / ".aws" / "models").mkdir(parents=True)

    assert cached_credentials.find_cached_credentials("default", os.environ) is None


def test_ended_entries_and_free_locks_are_swept(tmp_path) -> None:
    kept = cache.CredentialCache(tmp_path / "cache")
    kept.put("ended", CacheEntry("ASIA", "s", "t", 99))
    kept.put("good", CacheEntry("ASIA", "s", "t", 100))
    for name in ("ended", "good", "never"):
        with kept.lock(name):
            pass

    with kept.lock("held"):
        kept.remove_expired(100)

    names = sorted(path.suffix for path in (tmp_path / "cache").iterdir())
    assert names == ["", ".lock", ".lock", ".sealed"]
    assert kept.get("good") is not None


def test_a_files_name_tells_nothing_to_somebody_without_the_key(tmp_path) -> None:
    for place in ("one", "two"):
        cache.CredentialCache(tmp_path / place).put("name", CacheEntry("ASIA", "s", "t", 99))

    one, two = ({path.name for path in (tmp_path / place).iterdir()} for place in ("one", "two"))
    assert one & two == {"key"}


def test_a_configuration_that_is_no_file_is_refused_without_waiting(home, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, words in (
        (tmp_path / "pipe", "is a pipe"),
        ("/dev/zero", "is a device"),
        (tmp_path, "is a directory"),
    ):
        home.more = {"AWS_CONFIG_FILE": str(path)}
        done = home.run("process")

        assert (done.returncode, words in done.stderr) == (2, True), done.stderr
        assert "Traceback" not in done.stderr


def test_many_at_once_fetch_once(home, keys) -> None:
    home.write(section("default", keys["alice"]), CONFIG)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(home.process())) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len({each["AccessKeyId"] for each in answers}) == 1


def test_a_file_that_the_system_hands_over_in_pieces_is_read_to_its_end(
    monkeypatch, tmp_path
) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"a key and what it seals")
    path.chmod(0o600)
    real = os.read
    monkeypatch.setattr(
        "daypass.client.private_files.os.read", lambda file, size: real(file, min(size, 3))
    )

    assert private_files.read_private_file(str(path)) == b"a key and what it seals"
