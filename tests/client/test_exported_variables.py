"""What goes along with credentials: a child finds what the profile finds, in every shell, and no
older credentials after a failure.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import botocore.session
import pytest
from botocore.configprovider import ConfiguredEndpointProvider

from daypass.cli import credential_formats
from daypass.cli.credential_formats import ExportedCredentials
from daypass.client import credential_plan, exported_variables
from daypass.client.credentials_unavailable import CredentialsUnavailable

PROGRAM = str(Path(sys.executable).parent / "daypass")
AWS = str(Path(sys.executable).parent / "aws")
SERVICES = ("sts", "s3", "elasticbeanstalk")

LAB = "[profile it]\nendpoint_url = http://lab.test:1\n"
SPLIT = (
    "[profile it]\nservices = split\n"
    "[services split]\ns3 =\n  endpoint_url = http://store.test:2\nelastic_beanstalk =\n  endpoint_url = http://stalk.test:3\n"
)
BOTH = SPLIT.replace("services = split", "services = split\nendpoint_url = http://lab.test:1")
AWSS = "[profile it]\nregion = eu-west-1\n"
DEAF = "[profile it]\nendpoint_url = http://lab.test:1\nignore_configured_endpoint_urls = true\n"
DEFAULTS = {
    "no default": "",
    "a plain default": "[default]\nregion = us-west-2\n",
    "a default with an endpoint": "[default]\nendpoint_url = http://elsewhere.test:9\n",
    "a default with a service": "[default]\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = http://elsewhere.test:8\n",
    "a default that ignores endpoints": "[default]\nignore_configured_endpoint_urls = true\n",
}
PROFILES = {
    "one endpoint": LAB,
    "endpoints of services": SPLIT,
    "both": BOTH,
    "AWS": AWSS,
    "ignored": DEAF,
}
SHELLS = {
    "no variables": {},
    "a variable": {"AWS_ENDPOINT_URL": "http://shell.test:4"},
    "a variable of a service": {"AWS_ENDPOINT_URL_S3": "http://shell.test:5"},
    "variables that are ignored": {"AWS_ENDPOINT_URL": "http://shell.test:4", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    "variables that are not": {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"},
}  # fmt: skip


def endpoints(name):
    """Return where an SDK of this process's environment is configured to send requests of each
    service.
    """
    session = botocore.session.Session(profile=name)
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return dict.fromkeys(SERVICES)
    parts = session.full_config, session.get_scoped_config()
    return {each: ConfiguredEndpointProvider(*parts, each).provide() for each in SERVICES}


def handed_by(plan):
    """Return what a plan hands on, or why it cannot."""
    try:
        return plan.endpoint_variables(os.environ), ""
    except CredentialsUnavailable as error:
        return {}, str(error)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A function that writes the configuration and gives the plan of the profile `it`."""

    def write(text):
        (tmp_path / "config").write_text(text)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        return credential_plan.plan_credentials("it")

    return write


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("default", DEFAULTS)
@pytest.mark.parametrize("named", PROFILES)
def test_a_child_finds_the_endpoints_that_the_profile_finds(
    written, monkeypatch, named, default, shell
) -> None:
    plan = written(PROFILES[named] + DEFAULTS[default])
    for name, value in SHELLS[shell].items():
        monkeypatch.setenv(name, value)
    direct = endpoints("it")
    handed, complaint = handed_by(plan)
    if complaint:
        # Only where there is an endpoint of one service, and the child would take default's for the
        # others.
        assert "the profile default has endpoints of its own" in complaint
        assert default in {"a default with an endpoint", "a default with a service"}
        assert named == "endpoints of services" or shell == "a variable of a service"
        assert "AWS_ENDPOINT_URL" not in SHELLS[shell]
        return
    for name, value in handed.items():
        monkeypatch.setenv(name, value)

    assert endpoints(None) == direct


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("endpoint_url = lab.test:1", "is not the address of an endpoint"),
        ("endpoint_url = http://lab.test:nine", "is not the address of an endpoint"),
        ("endpoint_url = http://lab.test\n  export PATH=.", "contains a control character"),
        ("endpoint_url = http://lab.test\x1b[2J", "contains a control character"),
        ("region = us-east-1\n  two", "contains a control character"),
        ("services = gone", "services section gone, which does not exist"),
        ("services = odd\n[services odd]\ns3;id =\n  endpoint_url = http://lab.test", "is not a service id"),
    ],
)  # fmt: skip
def test_what_no_variable_may_hold_is_refused(written, text, words) -> None:
    plan = written(f"[profile it]\n{text}\n")

    with pytest.raises(CredentialsUnavailable, match=words):
        plan.endpoint_variables({})


def test_certificate_authorities_go_along_by_their_whole_path(
    written, monkeypatch, tmp_path
) -> None:
    plan = written("[profile it]\nca_bundle = ca.pem\n")
    monkeypatch.chdir(tmp_path)

    configured = plan.endpoint_variables({})
    exported = exported_variables.with_absolute_bundle(configured)

    assert exported == {"AWS_CA_BUNDLE": str(tmp_path / "ca.pem")}
    assert plan.endpoint_variables({"AWS_CA_BUNDLE": "own.pem"}) == {}


def test_what_one_command_handed_on_does_not_lead_the_next() -> None:
    shell = {"AWS_PAGER": "", "AWS_REGION": "us-east-1"}
    shell |= exported_variables.variables_with_record(
        {"AWS_ENDPOINT_URL": "http://root"}, exported_variables.ROOT_ORIGIN, shell
    )
    shell |= exported_variables.variables_with_record(
        {"AWS_CA_BUNDLE": "/a b", "AWS_REGION": "x"}, exported_variables.PROFILE_ORIGIN, shell
    )
    shell["AWS_REGION"] = "set by hand since"

    gone = exported_variables.remove_exported(shell, exported_variables.PROFILE_ORIGIN)

    assert set(gone) == {exported_variables.RECORD_VARIABLE, "AWS_CA_BUNDLE"}
    assert shell == {
        "AWS_PAGER": "",
        "AWS_REGION": "set by hand since",
        "AWS_ENDPOINT_URL": "http://root",
        exported_variables.RECORD_VARIABLE: "root:AWS_ENDPOINT_URL=http%3A//root",
    }
    assert "AWS_ENDPOINT_URL" in exported_variables.remove_exported(
        shell, exported_variables.PROFILE_ORIGIN, exported_variables.ROOT_ORIGIN
    )
    assert exported_variables.RECORD_VARIABLE not in shell


def test_a_variable_that_is_not_awss_is_never_taken_back() -> None:
    shell = {"PATH": "/bin", exported_variables.RECORD_VARIABLE: "profile:PATH=/bin"}

    exported_variables.remove_exported(shell, exported_variables.PROFILE_ORIGIN)

    assert shell == {"PATH": "/bin"}


# A value that would run something in a shell that puts it in.
HOSTILE = "http://lab.test/'$(touch ran)`touch ran`\";touch ran;\\'\u2019$Env:HOME"
NEW = ExportedCredentials(
    "ASIANEW",
    "s+/e",
    "t+/=",
    1_900_000_000,
    variables={"AWS_ENDPOINT_URL": HOSTILE},
    unset=("AWS_PROFILE", "AWS_CA_BUNDLE"),
)
SCRIPTS = {
    "bash": ("env", 'eval "$(cat text)"; echo $?'),
    "zsh": ("env", 'eval "$(cat text)"; echo $?'),
    "dash": ("env", 'eval "$(cat text)"; echo $?'),
    "fish": ("fish", "eval (cat text | string collect); echo $status"),
    "pwsh": ("powershell", "try { Get-Content text | Invoke-Expression; 0 } catch { 1 }"),
}
OLD = {
    "AWS_ACCESS_KEY_ID": "ASIAOLD",
    "AWS_SECRET_ACCESS_KEY": "old",
    "AWS_SESSION_TOKEN": "old",
    "AWS_SECURITY_TOKEN": "old",
    "AWS_PROFILE": "old",
    "AWS_CA_BUNDLE": "old",
}


def evaluated(shell, text, folder):
    """Return the status of an evaluation of text in a shell that holds old credentials, and the
    variables after it.
    """
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed here")
    (folder / "text").write_text(text + "\n")
    show = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    done = subprocess.run(
        [program, "-c", f"{SCRIPTS[shell][1]}\n{show}"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **OLD},
        capture_output=True,
        text=True,
        check=True,
    )
    status, variables = done.stdout.splitlines()
    return int(status), json.loads(variables)


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_shell_takes_credentials_and_what_goes_along_to_the_letter(shell, tmp_path) -> None:
    status, variables = evaluated(
        shell, credential_formats.format_credentials(NEW, SCRIPTS[shell][0]), tmp_path
    )

    assert status == 0
    assert variables["AWS_ACCESS_KEY_ID"] == "ASIANEW"
    assert variables["AWS_ENDPOINT_URL"] == HOSTILE
    assert not {"AWS_PROFILE", "AWS_CA_BUNDLE"} & variables.keys()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_failure_fails_in_a_shell_and_leaves_it_no_credentials(shell, tmp_path) -> None:
    status, variables = evaluated(
        shell, credential_formats.failure_statements(SCRIPTS[shell][0]), tmp_path
    )

    assert status != 0
    assert (
        variables["AWS_ACCESS_KEY_ID"]
        == variables["AWS_SECRET_ACCESS_KEY"]
        == credential_formats.INVALID_KEY
    )
    assert not {"AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"} & variables.keys()


def test_powershell_puts_no_variable_into_a_value() -> None:
    lines = credential_formats.format_credentials(NEW, "powershell").splitlines()

    assert lines[:2] == [f"Remove-Item -ErrorAction Ignore Env:{name}" for name in NEW.unset]
    quoted = HOSTILE.replace("'", "''").replace("\u2019", "\u2019\u2019")
    assert lines[-1] == f"$Env:AWS_ENDPOINT_URL='{quoted}'"


@pytest.mark.parametrize(
    ("arguments", "style"),
    [
        (["env", "-p", "no such profile"], "env"),
        (["env", "--format", "fish", "-p", "no such profile"], "fish"),
        (["env", "--no-such-option", "--format=powershell"], "powershell"),
        (["env", "--format"], "env"),
        (["env", "--format", "json", "-p", "no such profile"], "json"),
        (["root", "--data", "no such directory"], "env"),
        (["root", "--duration", "2d", "--format", "env-no-export"], "env-no-export"),
        (["root", "--no-such-option", "--", "aws"], "json"),
        (["root", "--data", "no such directory", "--", "aws"], "json"),
    ],
)
def test_a_command_that_fails_prints_what_makes_eval_fail(tmp_path, arguments, style) -> None:
    done = subprocess.run(
        [PROGRAM, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert done.stdout.strip() == credential_formats.failure_statements(style)
    assert done.stderr.lower().startswith(("error:", "usage:"))


@pytest.fixture
def home(live, request, tmp_path):
    """A home directory whose profile `work` leads to a role, and says itself where the authority
    is.
    """
    name = "h" + str(abs(hash(request.node.nodeid)))[:16]
    key = live.user(name)
    role = live.role(name, f"arn:aws:iam::{live.account}:user/{name}")
    aws = tmp_path / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(
        f"[base]\naws_access_key_id={key['AccessKeyId']}\naws_secret_access_key={key['SecretAccessKey']}\n"
    )
    (aws / "config").write_text(
        f"[profile work]\nsource_profile=base\nrole_arn={role}\nregion=us-east-1\nendpoint_url={live.url}\n"
    )
    return tmp_path


def in_bash(home, script, **more):
    kept = {name: os.environ[name] for name in ("LANG", "USER") if name in os.environ}
    path = f"{Path(PROGRAM).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", script],
        env={**kept, "PATH": path, "HOME": str(home), "DAYPASS_KEYRING": "file", **more},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


WHO = "aws sts get-caller-identity --query Arn --output text"


def test_a_profiles_endpoint_goes_along_into_a_child_and_into_a_shell(live, home) -> None:
    done = in_bash(home, f'daypass exec -p work {WHO} && eval "$(daypass env -p work)" && {WHO}')

    assert done.returncode == 0, done.stderr
    assert [":assumed-role/" in line for line in done.stdout.splitlines()] == [True, True]


def test_a_command_is_run_as_root_where_the_server_listens(live, home) -> None:
    # T383-CLI
    command = f"daypass root --data {live.data.path}"
    own = {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1", "AWS_PROFILE": "work"}
    done = in_bash(home, f'{command} -- {WHO} && eval "$({command})" && {WHO}', **own)

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"arn:aws:iam::{live.account}:root\n" * 2


def test_a_shell_does_not_go_on_as_who_it_was(live, home) -> None:
    # T383-CLI
    script = f'eval "$(daypass env -p work)"; eval "$(daypass env -p wrok)" || echo failed; {WHO}'
    done = in_bash(home, script)

    assert done.stdout == "failed\n"
    assert done.returncode != 0
    assert "InvalidClientTokenId" in done.stderr


def test_nobody_becomes_root_of_an_authority_that_is_nowhere(tmp_path, live) -> None:
    shutil.copytree(live.data.path, tmp_path / "data", ignore=shutil.ignore_patterns("*.sock"))
    done = subprocess.run(
        [PROGRAM, "root", "--data", tmp_path / "data"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith("error: no server is running on")
    assert done.stdout.strip() == credential_formats.failure_statements("env")
