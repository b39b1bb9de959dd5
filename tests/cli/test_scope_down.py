"""`--scope-down` of `env`, `exec` and `process`, as a user runs them, against a live authority."""

import json

import pytest
from botocore.exceptions import ClientError
from tests.cli.test_client_commands import run
from tests.documents import allow, policy

USERS = policy(allow("iam:ListUsers"))


@pytest.fixture
def home(live, request, tmp_path):
    """A home directory whose profile `work` leads to a role that may do everything."""
    name = "d" + str(abs(hash(request.node.nodeid)))[:16]
    key = live.user(name)
    role = live.role(name, f"arn:aws:iam::{live.account}:user/{name}", allow("*"))
    aws = tmp_path / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(
        f"[base]\naws_access_key_id={key['AccessKeyId']}\naws_secret_access_key={key['SecretAccessKey']}\n"
    )
    (aws / "config").write_text(
        f"[profile base]\nregion=us-east-1\n[profile work]\nsource_profile=base\nrole_arn={role}\nrole_session_name=me\nregion=us-east-1\n"
    )
    (tmp_path / "users.json").write_text(USERS)
    return tmp_path


def narrowed(live, home, *arguments):
    """Return the credentials that `process` prints, as a client takes them."""
    done = run(live, home, "process", "-p", "work", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(call, **params):
    with pytest.raises(ClientError) as found:
        call(**params)
    return found.value.response["Error"]["Message"]


def test_process_hands_out_what_the_file_allows_and_no_more(live, home) -> None:
    found = narrowed(live, home, "--scope-down", str(home / "users.json"))
    iam = live.client("iam", found)

    assert iam.list_users()["Users"]
    words = refused(iam.list_roles)
    assert words.endswith("because no scope-down policy allows the iam:ListRoles action")
    assert live.client("sts", found).get_caller_identity()["Arn"].endswith("/me")


def test_read_only_reads_and_changes_nothing(live, home) -> None:
    found = narrowed(live, home, "--scope-down", "read-only")
    iam = live.client("iam", found)

    assert iam.list_roles()["Roles"]
    assert "iam:CreateUser" in refused(iam.create_user, UserName="never")
    assert "sts:AssumeRole" in refused(
        live.client("sts", found).assume_role,
        RoleArn=f"arn:aws:iam::{live.account}:role/any",
        RoleSessionName="me",
    )


def test_exec_gives_a_program_narrowed_credentials(live, home) -> None:
    show = "import os; print(os.environ['AWS_ACCESS_KEY_ID'])"
    plain = run(live, home, "exec", "-p", "work", "--", "python3", "-c", show)
    scoped = run(live, home, "exec", "-p", "work", "--scope-down", "read-only", "--", "python3", "-c", show)  # fmt: skip

    assert (plain.returncode, scoped.returncode) == (0, 0), scoped.stderr
    assert plain.stdout.startswith("ASIA")
    assert scoped.stdout.startswith("ASIA")
    assert plain.stdout != scoped.stdout


def test_env_prints_narrowed_credentials(live, home) -> None:
    done = run(live, home, "env", "-p", "work", "--scope-down", "read-only", "--format", "json")

    assert done.returncode == 0, done.stderr
    assert "ASIA" in done.stdout


def test_narrowed_credentials_are_never_kept(live, home) -> None:
    whole = narrowed(live, home)
    first = narrowed(live, home, "--scope-down", "read-only")
    second = narrowed(live, home, "--scope-down", "read-only")

    assert len({each["AccessKeyId"] for each in (whole, first, second)}) == 3
    assert narrowed(live, home) == whole


def test_the_audit_log_says_what_for(live, home) -> None:
    narrowed(live, home, "--scope-down", "read-only", "--scope-for", "nightly check")

    found = [
        line["event"]
        for line in map(json.loads, live.data.audit.path.read_text().splitlines())
        if line["event"]["operation"] == "GetScopedCredentials"
    ][-1]
    assert found["parameters"]["scopedSessionDescription"] == "nightly check"
    assert "iam:Get*" in found["parameters"]["policy"]
    assert found["response"]["scopedPoliciesCount"] == 1


@pytest.mark.parametrize(
    ("arguments", "words", "hint"),
    [
        (["--scope-for", "why"], "--scope-for says what narrowed credentials are for", "read-only"),
        (["--scope-down", "missing.json"], "missing.json", "read-only"),
        (["--scope-down", "bad.json"], "is no policy for a session", ""),
        (["--scope-down", "long.json"], "STS takes 2,048", "wildcards"),
        (["--scope-down", "read-only", "--scope-for", "x"], "cannot be narrowed", "--scope-for"),
    ],
)
def test_a_person_is_told_what_is_wrong(live, home, monkeypatch, arguments, words, hint) -> None:
    (home / "bad.json").write_text('{"Statement": [{"Efect": "Allow"}]}')
    many = [f"s3:Get{at:040}" for at in range(60)]
    (home / "long.json").write_text(policy({"Effect": "Allow", "Action": many, "Resource": "*"}))
    monkeypatch.chdir(home)
    done = run(live, home, "process", "-p", "work", *arguments)

    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert hint in done.stderr
    assert not done.stdout


def test_without_the_permission_no_wider_credentials_come_instead(live, home) -> None:
    config = home / ".aws" / "config"
    name = "e" + str(abs(hash(str(home))))[:16]
    user = config.read_text().split("role_arn=")[1].split("/")[1].split("\n")[0]
    role = live.role(name, f"arn:aws:iam::{live.account}:user/{user}", allow("iam:ListUsers"))
    config.write_text(
        config.read_text() + f"[profile bare]\nsource_profile=base\nrole_arn={role}\n"
    )

    done = run(live, home, "process", "-p", "bare", "--scope-down", "read-only")

    assert done.returncode == 1
    assert "sts:GetScopedCredentials" in done.stderr
    assert not done.stdout


def test_an_sts_that_does_not_know_it_is_told_so(home, store_url) -> None:
    class Elsewhere:
        url = store_url

    done = run(Elsewhere, home, "process", "-p", "work", "--scope-down", "read-only")

    assert done.returncode == 1, done.stderr
    assert "GetScopedCredentials" in done.stderr
    assert not done.stdout
