"""Commands that read an account with a profile's own credentials: what cannot be used is told."""

import os
import types

import botocore.httpsession
import pytest
from botocore.awsrequest import AWSResponse
from click.testing import CliRunner

from daypass.cli.command_error import CommandError
from daypass.cli.main import cli

SECRET = "wJalrXUtnFEMI-secret"
COMMANDS = {
    "export": ("export",),
    "explain": (
        "policy", "explain", "--as", "arn:aws:iam::111122223333:user/a", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k",
    ),
    "fetch": ("policy", "fetch", "--dry-run", "AmazonSQSFullAccess"),
}  # fmt: skip
PROGRAMS = {
    "no JSON": (f"echo {SECRET}", "printed no JSON"),
    "an open quote": ("cat 'open", "has an open quote"),
    "no program": ("/no/such/program", "cannot be run (No such file or directory)"),
    "an end that is past": (
        """printf '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2020-01-01T00:00:00Z"}'""",
        "have expired",
    ),
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes the configuration file; no other configuration is read."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / ".aws").mkdir()
    return (tmp_path / ".aws" / "config").write_text


def refusal(command):
    done = CliRunner().invoke(cli, [*COMMANDS[command], "--profile", "it"])
    assert isinstance(done.exception, CommandError), done.exception
    return done.exception


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_cannot_be_used_is_told(write, command, name) -> None:
    program, words = PROGRAMS[name]
    write(f"[profile it]\ncredential_process = {program}\n")
    told = refusal(command)

    assert f"credential_process of profile it {words}" in str(told).replace(
        "printed credentials that ", ""
    )
    assert f"`{program}`" in str(told)
    assert told.code == 2
    assert "run the command by itself" in told.hint


@pytest.mark.parametrize("command", COMMANDS)
def test_a_line_of_a_file_is_not_repeated(write, command) -> None:
    write(f"[profile it]\n{SECRET}\n")
    told = refusal(command)

    assert "line 2: a line is neither a [section] nor KEY = VALUE" in str(told)
    assert SECRET not in str(told) + told.hint
    assert told.code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_not_there_is_told(write, command) -> None:
    write(
        "[profile it]\nrole_arn = arn:aws:iam::111122223333:role/r\n"
        "web_identity_token_file = /no/such/file\n"
    )
    told = refusal(command)

    assert "the keys of profile it cannot be read: /no/such/file: No such file" in str(told)
    assert told.code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_an_answer_that_no_authority_gives_is_told(write, monkeypatch, command) -> None:
    raw = types.SimpleNamespace(stream=lambda **_: [b"<html> a page"])
    monkeypatch.setattr(
        botocore.httpsession.URLLib3Session,
        "send",
        lambda _self, request: AWSResponse(request.url, 200, {}, raw),
    )
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("time.sleep", lambda _: None)
    write("[profile it]\naws_access_key_id = AKIA\naws_secret_access_key = s\n")
    told = refusal(command)

    assert "nable to parse response" in str(told)
    assert told.code == 1
