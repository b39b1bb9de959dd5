"""Every secret that a day brings, and then every place where one could have been left."""

import base64
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError
from pyotp import HOTP
from tests.documents import allow, policy, trust

BIN = Path(sys.executable).parent
STORE_SECRET = "the store's canary: 7f3a9c"


def client(service, url, found):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found.get("SessionToken"),
        config=botocore.config.Config(
            retries={"total_max_attempts": 1}, signature_version="s3v4" if service == "s3" else None
        ),
    )


@pytest.fixture
def running(tmp_path, store_url):
    """A server as an operator runs it, with the store's keys in a file."""
    keys = tmp_path / "store-keys"
    keys.write_text(f"store\n{STORE_SECRET.replace(' ', '_')}\n")
    keys.chmod(0o600)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "DAYPASS_S3_CREDENTIALS": str(keys),
    }
    (tmp_path / "tmp").mkdir()
    (tmp_path / "home").mkdir()
    output = tmp_path / "output"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [BIN / "daypass", "up", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--s3", store_url, "--s3-adopt", "nothing"],
            env=environ, cwd=tmp_path, stdout=log, stderr=log,
        )  # fmt: skip
    while "listens on" not in (text := output.read_text()):
        assert process.poll() is None, text
        time.sleep(0.02)
    url = text.partition("listens on ")[2].split()[0]
    yield process, url, environ, tmp_path
    process.kill()
    process.wait()


def a_day(url, environ, data):
    """Use every kind of credential, rightly and wrongly; return every secret that there was."""
    minted = subprocess.run(
        [BIN / "daypass", "root", "--data", data, "--format", "process"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    root = json.loads(minted.stdout)
    iam = client("iam", url, root)
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    codes, step = HOTP(seed), int(time.time()) // 30
    iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=codes.at(step - 1),
        AuthenticationCode2=codes.at(step),
    )
    account = client("sts", url, root).get_caller_identity()["Account"]
    trusted, everything = policy(trust(account)), policy(allow())
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trusted)["Role"]
    arn = role["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="all", PolicyDocument=everything)
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=everything)
    mfa = {"SerialNumber": device["SerialNumber"], "TokenCode": codes.at(step + 1)}
    session = client("sts", url, key).assume_role(RoleArn=arn, RoleSessionName="day", **mfa)[
        "Credentials"
    ]
    plain = client("sts", url, key).get_session_token()["Credentials"]
    bucket = f"canary-{os.urandom(4).hex()}"
    s3 = client("s3", url, session)
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    link = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a"})
    urllib.request.urlopen(link).close()  # noqa: S310 - an address of this test's own
    for wrong in (
        {**session, "SecretAccessKey": key["SecretAccessKey"]},
        {**plain, "SessionToken": session["SessionToken"]},
        {**key, "SessionToken": plain["SessionToken"]},
    ):
        for service, call in (("sts", "get_caller_identity"), ("s3", "list_buckets")):
            with pytest.raises(ClientError):
                getattr(client(service, url, wrong), call)()
    iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    found = [
        each[name]
        for each in (root, session, plain)
        for name in ("SecretAccessKey", "SessionToken")
    ]
    return [*found, key["SecretAccessKey"], seed, STORE_SECRET.replace(" ", "_")]


def test_t262_log_no_secret_is_left_anywhere(running) -> None:
    process, url, environ, folder = running
    secrets = a_day(url, environ, folder / "data")
    proc = Path(f"/proc/{process.pid}")
    memory = (
        {"cmdline": (proc / "cmdline").read_bytes(), "environ": (proc / "environ").read_bytes()}
        if proc.exists()
        else {}
    )
    process.terminate()
    assert process.wait(30) == 0

    left = {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "store-keys"
    }
    assert any(path.endswith("audit.log") for path in left)
    assert any(path.endswith("daypass.db") for path in left)
    # The search finds what is there: the same principals and sessions, by names that are no
    # secrets.
    assert any(b"assumed-role/reader/day" in content for content in left.values())
    for place, content in {**left, **memory}.items():
        for secret in secrets:
            for form in (
                secret.encode(),
                base64.b64encode(secret.encode())[:-4],
                secret.encode().hex().encode(),
            ):
                assert form not in content, f"a secret is left in {place}"
        assert base64.b32decode(secrets[-2]) not in content, f"a seed is left in {place}"
