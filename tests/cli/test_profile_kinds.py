"""`env`, `exec` and `process` for profiles of every kind: temporary keys, and what cannot be used.

Nobody is called: the network refuses.
"""

import json
import os

import botocore.httpsession
import pytest
from botocore.exceptions import EndpointConnectionError
from click.testing import CliRunner

from daypass.cli.command_error import CommandError
from daypass.cli.main import cli

COMMANDS = ("process", "env", "exec")
SECRET = "wJalrXUtnFEMI-secret"
END = "2099-01-01T00:00:00Z"
TEMPORARY = (
    f"aws_access_key_id = ASIATEMP\naws_secret_access_key = {SECRET}\naws_session_token = t/+=\n"
)


class Home:
    """A home directory, and commands run in this process with no variable of AWS but its own."""

    def __init__(self, path, patch):
        self.path, self.patch = path, patch
        for name in [each for each in os.environ if each.startswith(("AWS_", "XDG_"))]:
            patch.delenv(name)
        for name, value in {
            "HOME": path,
            "DAYPASS_CACHE": path / "cache",
            "DAYPASS_KEYRING": "file",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }.items():
            patch.setenv(name, str(value))
        patch.setattr(botocore.httpsession.URLLib3Session, "send", self._send)
        (path / ".aws").mkdir()

    def _send(self, request):
        raise EndpointConnectionError(endpoint_url=request.url)

    def write(self, config="", credentials=""):
        (self.path / ".aws" / "config").write_text(config)
        (self.path / ".aws" / "credentials").write_text(credentials)

    def run(self, command, *arguments):
        """Return what a command prints, or the environment of the program that `exec` runs."""
        run, before = [], dict(os.environ)
        with self.patch.context() as patch:
            patch.setattr(os, "execvpe", lambda *given: run.append(given[2]))
            more = ("ls",) if command == "exec" else ()
            done = CliRunner().invoke(cli, [command, *arguments, *more])
        os.environ.clear()
        os.environ.update(before)
        if isinstance(done.exception, CommandError):
            raise done.exception
        assert done.exception is None, done.exception
        return run[0] if run else done.stdout

    def kept(self):
        return [*(self.path / "cache").glob("*.sealed")]


@pytest.fixture
def home(tmp_path, monkeypatch):
    return Home(tmp_path, monkeypatch)


def test_temporary_keys_are_handed_out_as_they_are(home) -> None:
    home.write("[profile temp]\nregion = eu-west-1\n", f"[temp]\n{TEMPORARY}")
    answer = json.loads(home.run("process", "-p", "temp"))
    lines = home.run("env", "-p", "temp").splitlines()
    child = home.run("exec", "-p", "temp")

    assert answer == {
        "Version": 1, "AccessKeyId": "ASIATEMP", "SecretAccessKey": SECRET, "SessionToken": "t/+=",
    }  # fmt: skip
    assert "export AWS_ACCESS_KEY_ID=ASIATEMP" in lines
    assert "export AWS_SESSION_TOKEN=t/+=" in lines
    assert "export AWS_REGION=eu-west-1" in lines
    assert not [each for each in lines if "EXPIRATION" in each]
    assert (child["AWS_ACCESS_KEY_ID"], child["DAYPASS_PROFILE"]) == ("ASIATEMP", "temp")
    # They are in a file already, and their end is not known.
    assert home.kept() == []


def test_temporary_keys_do_not_get_the_end_of_those_before_them(home, monkeypatch) -> None:
    home.write("", f"[temp]\n{TEMPORARY}")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")

    assert "AWS_CREDENTIAL_EXPIRATION" not in home.run("exec", "-p", "temp")
    unset = home.run("env", "-p", "temp").splitlines()[0]
    assert unset.startswith("unset ")
    assert "AWS_CREDENTIAL_EXPIRATION" in unset


def test_a_programs_temporary_keys_are_handed_out_with_their_end(home) -> None:
    answer = {
        "Version": 1, "AccessKeyId": "ASIATEMP", "SecretAccessKey": "s", "SessionToken": "t",
        "Expiration": END, "AccountId": "111122223333",
    }  # fmt: skip
    (home.path / "answer").write_text(json.dumps(answer))
    home.write(f"[profile tool]\ncredential_process = cat {home.path}/answer\n")

    assert json.loads(home.run("process", "-p", "tool")) == answer
    assert f"export AWS_CREDENTIAL_EXPIRATION={END}" in home.run("env", "-p", "tool")
    assert home.run("exec", "-p", "tool")["AWS_ACCOUNT_ID"] == "111122223333"
    assert home.kept() == []


def test_the_life_of_temporary_keys_cannot_be_chosen(home) -> None:
    home.write("", f"[temp]\n{TEMPORARY}")

    with pytest.raises(CommandError, match="profile temp are temporary already") as raised:
        home.run("process", "-p", "temp", "--duration", "900")
    assert raised.value.code == 2
    assert "--duration" in raised.value.hint


def printing(text):
    return f"printf '%s' '{text}'"


KEYS = '"Version": 1, "AccessKeyId": "ASIATEMP", "SecretAccessKey": "wJalrXUtnFEMI-secret", "SessionToken": "t"'
PROGRAMS = {
    "an empty end": (printing(f'{{{KEYS}, "Expiration": ""}}'), "an Expiration that is not a date"),
    "an end that is no date": (printing(f'{{{KEYS}, "Expiration": "soon"}}'), "an Expiration that is not a date"),
    "an end beyond every date": (printing(f'{{{KEYS}, "Expiration": "{"9" * 20}"}}'), "an Expiration that is not a date"),
    "an end that is a number": (printing(f'{{{KEYS}, "Expiration": 5}}'), "an Expiration without a time zone"),
    "an end without a zone": (printing(f'{{{KEYS}, "Expiration": "2099-01-01T00:00:00"}}'), "an Expiration without a time zone"),
    "an end that is past": (printing(f'{{{KEYS}, "Expiration": "2020-01-01T00:00:00Z"}}'), "have expired"),
    "no JSON": (printing(SECRET), "printed no JSON"),
    "no answer": ("true", "printed no JSON"),
    "a list": (printing(f'["{SECRET}"]'), "JSON that is not an object"),
    "many levels": ("python3 -c 'print(\"[\" * 100_000)'", "printed JSON with too many levels"),
    "bytes": (r"printf '\377'", "bytes that are not UTF-8"),
    "another version": (printing('{"Version": 2}'), "Unsupported version '2'"),
    "no key": (printing('{"Version": 1}'), "Missing required key in response: 'AccessKeyId'"),
    "an empty key": (printing('{"Version": 1, "AccessKeyId": "", "SecretAccessKey": "s"}'), "a key that is empty"),
    "a key with a line end": (printing(r'{"Version": 1, "AccessKeyId": "A\nB", "SecretAccessKey": "s"}'), "a control character"),
    "a key that is a number": (printing('{"Version": 1, "AccessKeyId": 5, "SecretAccessKey": "s"}'), "a key that is"),
    "a token that is a list": (printing(f'{{{KEYS.replace(chr(34) + "t" + chr(34), "[]")}, "Expiration": "{END}"}}').replace("[]", "[5]"), "a key that is"),
    "a failure": ("sh -c 'echo the door is closed >&2; exit 3'", "failed (the door is closed)"),
    "a silent failure": ("false", "failed (it did not say why)"),
    "no program": ("/no/such/program --flag", "cannot be run (No such file or directory)"),
    "a folder": ("/usr", "cannot be run (Permission denied)"),
    "an open quote": ("cat 'open", "has an open quote"),
    "no command": ("", "is not a command"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_cannot_be_used_is_told(home, name) -> None:
    command, words = PROGRAMS[name]
    home.write(f"[profile tool]\ncredential_process = {command}\n")

    for wanted in COMMANDS:
        with pytest.raises(CommandError) as raised:
            home.run(wanted, "-p", "tool")
        text = str(raised.value)
        assert words in text
        assert "credential_process of profile tool" in text
        assert f"`{command}`" in text
        # What it printed is not repeated: there may be a secret in it.
        assert SECRET not in text.replace(command, "")
        assert "run the command by itself" in raised.value.hint
        assert raised.value.code == 2


ROLE = "role_arn = arn:aws:iam::111122223333:role/r\n"
STATIC = f"aws_access_key_id = AKIABASE\naws_secret_access_key = {SECRET}\n"
BASE = f"[base]\n{STATIC}"
PROFILES = {
    "no line of a file": ("[profile it]\nno value\n", "", "line 2: a line is neither"),
    "a secret by itself": ("[profile it]\n", f"[it]\n{SECRET}\n", "line 2: a line is neither"),
    "a line before the sections": (f"{SECRET} = x\n", "", "line 1: a line stands before"),
    "a section twice": ("[profile it]\n[profile it]\n", "", "line 2: the section [profile it] stands there twice"),
    "a key twice": ("[profile it]\nregion = a\nregion = b\n", "", "region stands twice in the section [profile it]"),
    "a nested line": (f"[profile it]\ns3 =\n  {SECRET}\n", "", "an indented line is not KEY = VALUE"),
    "a superscript": (f"[profile it]\n{ROLE}source_profile = base\nduration_seconds = 3²\n", BASE, "duration_seconds of profile it is not a number: 3²"),
    "digits of another script": (f"[profile it]\n{ROLE}source_profile = base\nduration_seconds = ٣٦٠٠\n", BASE, "duration_seconds of profile it is not a number"),
    "a sign": (f"[profile it]\n{ROLE}source_profile = base\nduration_seconds = +900\n", BASE, "duration_seconds of profile it is not a number"),
    "many digits": (f"[profile it]\n{ROLE}source_profile = base\nduration_seconds = {'9' * 5000}\n", BASE, "duration_seconds of profile it is not a number"),
    "a section for a number": (f"[profile it]\n{ROLE}source_profile = base\nduration_seconds =\n  a = b\n", BASE, "duration_seconds of profile it is a section"),
    "a section for a name": (f"[profile it]\n{ROLE}source_profile =\n  a = b\n", BASE, "source_profile of profile it is a section"),
    "an empty role": ("[profile it]\nrole_arn =\nsource_profile = base\n", BASE, "role_arn of profile it is empty"),
    "a short role": ("[profile it]\nrole_arn = r\nsource_profile = base\nrole_session_name = me\n", BASE, "profile it cannot be used: Parameter validation failed"),
    "no source": (f"[profile it]\n{ROLE}", BASE, "profile it has a role_arn and no source_profile"),
    "two sources": (f"[profile it]\n{ROLE}source_profile = base\ncredential_source = Environment\n", BASE, 'profile "it" contains both'),
    "a source that is not there": (f"[profile it]\n{ROLE}source_profile = gone\n", BASE, 'The source_profile "gone" referenced in the profile "it" does not exist'),
    "an unknown provider": (f"[profile it]\n{ROLE}credential_source = Nowhere\n", BASE, 'The credential source "Nowhere" referenced in profile "it" is not valid'),
    "a source without keys": (f"[profile it]\n{ROLE}source_profile = bare\n[profile bare]\nregion = x\n", "", "profile bare holds no keys"),
    "a key without its secret": ("", "[it]\naws_access_key_id = AKIA\n", "the keys of profile it cannot be read: Partial credentials"),
    "an empty key": ("", f"[it]\naws_access_key_id =\naws_secret_access_key = {SECRET}\n", "the keys of profile it cannot be read: one is empty"),
    "no keys": ("[profile it]\nregion = eu-west-1\n", "", "profile it holds no keys"),
    "a web identity's file that is not there": (f"[profile it]\n{ROLE}web_identity_token_file = /no/such/file\n", "", "/no/such/file: No such file or directory"),
    "a web identity without a role": ("[profile it]\nweb_identity_token_file = /dev/null\n", "", "the keys of profile it cannot be read"),
    "a portal that nobody signed in to": ("[profile it]\nsso_start_url = https://x.test\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n", "", "the keys of profile it cannot be read: Error loading SSO Token"),
    "a portal's session that is not there": ("[profile it]\nsso_session = gone\nsso_account_id = 1\nsso_role_name = r\n", "", 'sso-session does not exist: "gone"'),
    "a login that nobody made": ("[profile it]\nlogin_session = gone\n", "", "the keys of profile it cannot be read"),
    "a number that is none": ("[profile it]\nmetadata_service_timeout = soon\nregion = x\n", "", "profile it cannot be used"),
    "a region that is none": (f"[profile it]\nregion = a b\n{ROLE}source_profile = base\n", BASE, "profile it names no STS"),
    "an address that is none": (f"[profile it]\nendpoint_url = nowhere\n{ROLE}source_profile = base\n", BASE, "nowhere"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_that_cannot_be_used_is_told(home, name) -> None:
    config, credentials, words = PROFILES[name]
    home.write(config, credentials)

    for command in COMMANDS:
        with pytest.raises(CommandError) as raised:
            home.run(command, "-p", "it")
        text = str(raised.value)
        assert words in text
        assert SECRET not in text + raised.value.hint
        assert raised.value.hint
        assert raised.value.code == 2


def test_a_container_whose_answer_is_incomplete_is_told(home, monkeypatch) -> None:
    home.write("[profile it]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/credentials")
    with pytest.raises(CommandError, match="the keys of profile it cannot be read") as raised:
        home.run("process", "-p", "it")
    assert raised.value.code == 2

    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/no/such/file")
    with pytest.raises(CommandError, match="/no/such/file: No such file") as raised:
        home.run("process", "-p", "it")
    assert raised.value.code == 2


def test_keys_of_the_environment_that_have_ended_are_told(home, monkeypatch) -> None:
    home.write(f"[profile it]\n{ROLE}credential_source = Environment\n")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "ASIAENV",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": "t",
        "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z",
    }.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(CommandError, match="still expired") as raised:
        home.run("process", "-p", "it")
    assert raised.value.code == 2


def test_a_directory_that_is_gone_is_told(home, tmp_path, monkeypatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")

    with pytest.raises(CommandError, match="the working directory does not exist") as raised:
        home.run("process")
    assert raised.value.code == 2


class Answer:
    """What an address answers in the place of STS."""

    def __init__(self, status, text):
        self.status_code, self.text, self.headers = status, text, {"content-type": "text/xml"}
        self.content = text.encode()


REFUSAL = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"


@pytest.mark.parametrize(
    ("profile", "answer", "words", "hint"),
    [
        ("base", Answer(403, REFUSAL), "AccessDenied: not you", "check the keys of the profile"),
        ("work", Answer(403, REFUSAL), "AccessDenied: not you", "the role's trust policy"),
        ("base", Answer(200, "<Other><Result/></Other>"), "answered without credentials", "the address of STS"),
        ("work", Answer(200, "<Other><Result/></Other>"), "answered without credentials", "the address of STS"),
        ("base", Answer(200, "a page"), "STS cannot be reached", "https://sts.lab.test is the address"),
        ("base", None, "STS cannot be reached", "https://sts.lab.test is the address"),
    ],
)  # fmt: skip
def test_what_sts_does_not_do_is_told_with_what_to_do(
    home, monkeypatch, profile, answer, words, hint
) -> None:
    home.write(f"[profile work]\n{ROLE}source_profile = base\n", BASE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sts.lab.test")
    if answer:
        monkeypatch.setattr(
            botocore.httpsession.URLLib3Session, "send", lambda _self, _request: answer
        )
    with pytest.raises(CommandError) as raised:
        home.run("process", "-p", profile)

    assert words in str(raised.value)
    assert hint in raised.value.hint
    # A refusal, not wrong use.
    assert raised.value.code == 1
