"""The clients that people have, unchanged but for their endpoint: AWS CLI v1, the official v2
binary, the JS SDK.
"""

import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def name(request):
    return "k" + str(abs(hash(request.node.nodeid)))[:16]


def environment(live, home, key):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "HOME": str(home),
        "AWS_ENDPOINT_URL": live.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
        "AWS_DEFAULT_OUTPUT": "json",
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SESSION_TOKEN": key.get("SessionToken", ""),
    }


def practice(live, name):
    """Set the scene of the practice: a bucket, a user with a device, a role that asks for MFA."""
    s3 = live.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a.txt", Body=b"hello")
    only = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    key = live.user(name, only)
    serial, code = live.device(name)
    role = live.role(
        name,
        f"arn:aws:iam::{live.account}:user/{name}",
        Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    )
    live.client("iam").attach_role_policy(
        RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    return key, serial, code, role


@pytest.mark.parametrize("which", ["cli_v1", "cli_v2"])
def test_the_aws_cli_does_the_practice(live, name, tmp_path, request, which) -> None:
    aws = request.getfixturevalue(which)
    key, serial, code, role = practice(live, name)

    def run(key, *arguments):
        return subprocess.run(
            [aws, *arguments],
            env=environment(live, tmp_path, key),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert "AccessDenied" in run(key, "s3", "ls", f"s3://{name}").stderr
    assume = ["sts", "assume-role", "--role-arn", role, "--role-session-name", "me"]
    assert "AccessDenied" in run(key, *assume).stderr
    granted = run(key, *assume, "--serial-number", serial, "--token-code", code)
    assert granted.returncode == 0, granted.stderr
    session = json.loads(granted.stdout)["Credentials"]
    listed = run(session, "s3", "ls", f"s3://{name}")
    assert "a.txt" in listed.stdout, listed.stderr
    assert run(session, "s3", "cp", f"s3://{name}/a.txt", "-").stdout == "hello"
    (tmp_path / "b.txt").write_text("x")
    assert "AccessDenied" in run(session, "s3", "cp", "b.txt", f"s3://{name}/b.txt").stderr
    root = live.root()
    up = run(root, "s3", "cp", "b.txt", f"s3://{name}/b.txt")
    assert up.returncode == 0, up.stderr
    tampered = {**session, "SessionToken": session["SessionToken"][:-8] + "AAAAAAAA"}
    assert "InvalidClientTokenId" in run(tampered, "sts", "get-caller-identity").stderr


def test_the_js_sdk_does_the_practice(live, name, tmp_path) -> None:
    node = shutil.which("node")
    if node is None or not (HERE / "js" / "node_modules" / "@aws-sdk").exists():
        pytest.skip("node or the JS SDK is not installed here (npm install in tests/clients/js)")
    key, serial, code, role = practice(live, name)
    done = subprocess.run(
        [node, HERE / "js" / "practice.mjs", name, role, serial, code],
        env=environment(live, tmp_path, key),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "before": "AccessDenied",
        "withoutMfa": "AccessDenied",
        "keys": ["a.txt"],
        "body": "hello",
        "write": "AccessDenied",
    }


@pytest.mark.parametrize("which", ["cli_v1", "cli_v2"])
@pytest.mark.parametrize("who", ["a user's key", "a session"])
def test_the_aws_cli_presigns_without_configuration(
    live, name, tmp_path, request, which, who
) -> None:
    aws = request.getfixturevalue(which)
    s3 = live.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="reports/x y.txt", Body=b"hello")
    everything = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    key = live.user(name, everything) if who == "a user's key" else live.root()

    made = subprocess.run(
        [aws, "s3", "presign", f"s3://{name}/reports/x y.txt"],
        env=environment(live, tmp_path, key),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 0, made.stderr
    # Version 1 of the CLI signs links with Signature Version 2, as boto3 does; version 2 with 4.
    assert ("AWSAccessKeyId=" in made.stdout) is (which == "cli_v1")
    with urllib.request.urlopen(made.stdout.strip()) as answer:  # noqa: S310 - our own address
        assert answer.read() == b"hello"
