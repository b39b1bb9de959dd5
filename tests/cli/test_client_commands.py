"""`env`, `exec` and `process` as a user runs them, against a live authority."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from daypass.client import cache, credential_plan, source_credentials
from daypass.client.cache_entry import CacheEntry
from daypass.client.sts import fetch

PROGRAM = str(Path(sys.executable).parent / "daypass")


@pytest.fixture
def name(request):
    return "c" + str(abs(hash(request.node.nodeid)))[:16]


@pytest.fixture
def home(live, name, tmp_path):
    """A home directory whose profile `work` leads from a user's key to a role."""
    key = live.user(name)
    role = live.role(name, f"arn:aws:iam::{live.account}:user/{name}")
    aws = tmp_path / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(
        f"[base]\naws_access_key_id={key['AccessKeyId']}\naws_secret_access_key={key['SecretAccessKey']}\n"
    )
    (aws / "config").write_text(
        f"[profile base]\nregion=us-east-1\n[profile work]\nsource_profile=base\nrole_arn={role}\nrole_session_name=me\nregion=us-east-1\n"
        f"[profile circle]\nsource_profile=circle2\nrole_arn={role}\n[profile circle2]\nsource_profile=circle\nrole_arn={role}\n"
        f"[profile tool]\ncredential_process={PROGRAM} process --profile work\nregion=us-east-1\n"
    )
    return tmp_path


def environment(live, home, **more):
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AWS_", "DAYPASS_", "XDG_"))
    }
    return {
        **kept,
        "HOME": str(home),
        "AWS_ENDPOINT_URL": live.url,
        "DAYPASS_KEYRING": "file",
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }


def run(live, home, *arguments, **more):
    return subprocess.run(
        [PROGRAM, *arguments],
        env=environment(live, home, **more),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_env_prints_what_a_shell_takes(live, home) -> None:
    done = run(live, home, "env", "--profile", "work")

    assert done.returncode == 0, done.stderr
    names = [line.split("=")[0] for line in done.stdout.splitlines()]
    assert names[:4] == [
        "export AWS_ACCESS_KEY_ID",
        "export AWS_SECRET_ACCESS_KEY",
        "export AWS_SESSION_TOKEN",
        "export AWS_CREDENTIAL_EXPIRATION",
    ]
    assert not done.stderr


def test_exec_runs_a_command_as_the_role(live, home, name) -> None:
    # T383-CLI
    aws = str(Path(PROGRAM).parent / "aws")
    done = run(
        live,
        home,
        "exec",
        "-p",
        "work",
        "--",
        aws,
        "sts",
        "get-caller-identity",
        AWS_PROFILE="work",
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Arn"].endswith(f"assumed-role/{name}/me")


def test_a_session_has_its_callers_own_name_where_the_profile_has_none(live, home, name) -> None:
    config = home / ".aws" / "config"
    config.write_text(config.read_text().replace("role_session_name=me\n", ""))
    done = run(live, home, "process", "-p", "work", LOGNAME="root", USER="root")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)

    arn = live.client("sts", made).get_caller_identity()["Arn"]
    assert arn.endswith(f"assumed-role/{name}/{name}")


def test_process_serves_the_aws_cli_from_its_cache(live, home, name) -> None:
    first, second = (json.loads(run(live, home, "process", "-p", "work").stdout) for _ in range(2))
    aws = str(Path(PROGRAM).parent / "aws")
    cli = subprocess.run(
        [aws, "sts", "get-caller-identity", "--profile", "tool"],
        env=environment(live, home),
        capture_output=True,
        text=True,
        check=False,
    )

    assert first["Version"] == 1
    assert first == second
    assert json.loads(cli.stdout)["Arn"].endswith(f"assumed-role/{name}/me")
    fresh = json.loads(run(live, home, "process", "-p", "work", "--fresh").stdout)
    assert fresh["AccessKeyId"] != first["AccessKeyId"]


def test_a_kept_answer_loads_nothing_that_it_does_not_need(live, home) -> None:
    first = run(live, home, "process", "-p", "work").stdout
    script = "import sys; sys.argv = ['daypass', 'process', '-p', 'work']; from daypass.cli.entry import main; main(); print(sorted({'click', 'rich', 'botocore', 'keyring', 'daypass.aws'} & set(sys.modules)))"
    again = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(live, home),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    config = home / ".aws" / "config"
    config.write_text(config.read_text().replace("role_session_name=me", "role_session_name=you"))
    changed = run(live, home, "process", "-p", "work").stdout

    assert again == first + "[]\n"
    assert json.loads(changed)["AccessKeyId"] != json.loads(first)["AccessKeyId"]


def test_t332_cli_a_failure_is_said_on_standard_error_alone(live, home) -> None:
    for wanted, words in (("none", "there is no profile none"), ("circle", "in a circle")):
        done = run(live, home, "process", "-p", wanted)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_a_code_is_asked_for_on_the_terminal(live, home, name) -> None:
    serial, code = live.device(name)
    config = home / ".aws" / "config"
    config.write_text(
        config.read_text().replace(
            "role_session_name=me", f"role_session_name=me\nmfa_serial={serial}"
        )
    )
    alone = run(live, home, "process", "-p", "work")
    child = pexpect.spawn(
        f"/bin/sh -c '{PROGRAM} env -p work > {home}/out'", env=environment(live, home), timeout=20
    )
    child.expect("MFA code for")
    child.sendline(code)
    child.expect(pexpect.EOF)

    assert alone.returncode == 2
    assert "no terminal" in alone.stderr
    assert "AWS_SESSION_TOKEN" in (home / "out").read_text()
    assert code not in (home / "out").read_text()


def cache_files(home):
    return sorted((home / ".cache" / "daypass").iterdir())


def test_t327_cli_the_cache_is_private_whatever_the_umask(live, home) -> None:
    script = f"umask 000; exec {PROGRAM} env -p work"
    subprocess.run(
        ["/bin/sh", "-c", script], env=environment(live, home), check=True, capture_output=True
    )

    assert (home / ".cache" / "daypass").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in cache_files(home)} == {0o600}
    text = b"".join(path.read_bytes() for path in cache_files(home))
    assert b"ASIA" not in text


def test_t330_cli_a_damaged_cache_is_a_miss(live, home) -> None:
    first = json.loads(run(live, home, "process", "-p", "work").stdout)
    for path in cache_files(home):
        path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    done = run(live, home, "process", "-p", "work")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["AccessKeyId"] != first["AccessKeyId"]


def test_t327_cli_a_cache_that_is_a_link_is_refused(live, home) -> None:
    (home / ".cache").mkdir()
    (home / "elsewhere").mkdir()
    (home / ".cache" / "daypass").symlink_to(home / "elsewhere")
    done = run(live, home, "process", "-p", "work")

    assert done.returncode == 2
    assert "is a link" in done.stderr
    assert not list((home / "elsewhere").iterdir())


def test_t336_cli_kept_credentials_serve_while_nobody_can_be_reached(
    live, home, monkeypatch
) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / ".aws" / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / ".aws" / "credentials"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    plan = credential_plan.plan_credentials("work")
    kept = cache.CredentialCache(home / "kept")
    entry = CacheEntry("ASIAX", "secret", "token", expires=1100)
    keys = source_credentials.find_source_credentials(plan)
    kept.put(fetch.plan_cache_name(plan, keys, fetch.sts_endpoint(plan)), entry)

    # Near their end they would be fetched anew; nobody answers, and they are still good.
    served = entry.replace(profiles=("work", "base"))
    assert fetch.get_credentials(plan, keys, kept, now=1000, ask=str) == served
    with pytest.raises(fetch.STSFailed):
        fetch.get_credentials(plan, keys, kept, now=1100, ask=str)


def test_forget_removes_what_is_kept(live, home) -> None:
    run(live, home, "process", "-p", "work")

    assert run(live, home, "forget").stdout == "forgot 2 entries\n"
    assert run(live, home, "forget").stdout == "forgot 0 entries\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--help"], 0, "Start here"),
        (["env", "--help"], 0, "Example:"),
        (["up", "--help"], 0, "Example:"),
        (["completion", "bash"], 0, "_daypass_completion"),
        (["completion", "tcsh"], 2, "is not one of"),
        (["tuor"], 2, "did you mean `daypass tour`?"),
        (["env", "--nonsense"], 2, "No such option"),
        (["up", "--listen", "nonsense"], 2, "is not HOST:PORT"),
        pytest.param(
            ["up", "--listen", "0.0.0.0:0"],
            2,
            "plain HTTP",
            id="T025-SIG plain HTTP beyond loopback",
        ),
        (["up", "--s3", "ftp://x"], 2, "needs keys"),
        (["up", "--account", "12"], 2, "is not an account id"),
        (["root", "--duration", "2x"], 2, "is not a duration"),
        (["root", "--duration", "2d"], 2, "lasts from 1m to 1h, not 2d"),
        (["root", "--duration", "2h"], 2, "lasts from 1m to 1h"),
    ],
)
def test_a_person_is_told_what_to_do(live, home, arguments, code, words) -> None:
    done = run(live, home, *arguments)

    assert done.returncode == code
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) < 45


def test_t340_ops_a_misspelt_setting_stops_the_start(live, home) -> None:
    done = run(live, home, "up", DAYPASS_LISTN="x")

    assert done.returncode == 2
    assert "did you mean DAYPASS_LISTEN?" in done.stderr
