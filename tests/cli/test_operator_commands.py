"""The operator's commands, on a data directory without a server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.documents import allow, document

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.server import clock
from daypass.server.operator import store_check
from daypass.state.data_directory.open_directory import open_data
from daypass.state.data_directory.unlocked_reading import read_without_lock

PROGRAM = str(Path(sys.executable).parent / "daypass")


@pytest.fixture
def data(tmp_path):
    open_data(
        tmp_path / "d", {}, clock=clock.wall, entropy=clock.entropy, account="111122223333"
    ).close()
    return tmp_path / "d"


def run(*arguments):
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "DAYPASS_"))
    }
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def opened(data):
    return open_data(data, {}, clock=clock.wall, entropy=clock.entropy)


def test_buckets_of_the_store_are_adopted_once(data) -> None:
    assert run("bucket", "adopt", "--data", data, "reports").returncode == 2
    assert (
        run("bucket", "adopt", "--data", data, "--dry-run", "reports").stdout
        == "to adopt for 111122223333: reports\n"
    )
    assert run("bucket", "adopt", "--data", data, "--yes", "reports", "archive").stdout.endswith(
        "adopted 2\n"
    )
    assert "nothing" in run("bucket", "adopt", "--data", data, "--yes", "reports").stdout
    assert run("bucket", "adopt", "--data", data, "--yes", "NOT_ONE").returncode == 2
    assert (
        run(
            "bucket", "adopt", "--data", data, "--yes", "--account", "999999999999", "x-y-z"
        ).returncode
        == 1
    )
    found = opened(data)
    assert [each.name for each in found.committer.directory.of(Bucket)] == ["archive", "reports"]
    found.close()


def test_more_policies_of_awss_are_loaded_from_a_file(data, tmp_path) -> None:
    listed = {
        "Arn": "arn:aws:iam::aws:policy/service-role/New",
        "DefaultVersionId": "v2",
        "CreateDate": "2026-01-01T00:00:00+00:00",
        "UpdateDate": "2026-01-02T00:00:00Z",
        "PolicyVersionList": [
            {"VersionId": "v1", "Document": {}},
            {"VersionId": "v2", "Document": document(allow("x:*"))},
        ],
    }
    (tmp_path / "p.json").write_text(json.dumps({"UserDetailList": [], "Policies": [listed]}))
    (tmp_path / "bad.json").write_text("{}")

    assert run("policy", "load", "--data", data, tmp_path / "p.json").stdout.endswith("loaded 1\n")
    assert run("policy", "load", "--data", data, tmp_path / "bad.json").returncode == 2
    found = opened(data)
    policy = found.committer.directory.by_arn(
        ManagedPolicy, "arn:aws:iam::aws:policy/service-role/New"
    )
    assert (policy.default, json.loads(policy.document)) == ("v2", document(allow("x:*")))
    found.close()


def test_t276_key_the_ring_is_rotated_and_goes_on_opening(data) -> None:
    before = read_without_lock(data, {}).keyring
    sealed = before.current_key("x").seal(b"y", context=b"", nonce=bytes(12))
    assert run("keys", "rotate", "--data", data).stdout.startswith("key 2 seals")
    after = read_without_lock(data, {}).keyring

    assert [key.id for key in after.keys] == [1, 2]
    assert after.key_by_id("x", 1).open(sealed, context=b"") == b"y"
    assert run("keys", "show", "--data", data).stdout.splitlines()[1].endswith("seals now")


def test_a_store_is_tried_out_before_the_gate_stands_in_front_of_it(store_url, data) -> None:
    keys = {
        "DAYPASS_S3_ACCESS_KEY_ID": "store",
        "DAYPASS_S3_SECRET_ACCESS_KEY": "only the gate knows this",
    }
    done = subprocess.run(
        [PROGRAM, "gate", "check", "--s3", store_url, "--data", data, "--json"],
        env={**os.environ, **keys},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {each["what"]: each["holds"] for each in json.loads(done.stdout)}

    assert found["a body shorter than its Content-Length leaves no object"]
    assert found["keys that differ stay apart"]
    # The store that stands in for one here checks no hashes: the probe says so, and does not let it
    # pass.
    assert done.returncode == int(
        not all(
            holds for what, holds in found.items() if what.startswith(("a ", "keys that", "an "))
        )
    )
    assert "Traceback" not in done.stderr
    # The findings are there for the next start with that store, and for no other.
    kept = store_check.read_findings(data, store_url)
    assert kept.capabilities.dot_segments is found["keys with dot segments stay apart"]
    assert not kept.capabilities.trailers
    assert store_check.read_findings(data, "http://another.example") is None
    (data / store_check.FILE_NAME).write_text("{")
    assert store_check.read_findings(data, store_url) is None


def test_the_master_key_is_changed_while_a_server_runs_and_a_rotated_ring_is_taken_over(
    live,
) -> None:
    before = live.root()
    newest = live.data.keyring.keys[-1].id
    assert "new master key" in run("keys", "master", "--data", live.data.path).stdout
    assert run("keys", "rotate", "--data", live.data.path).returncode == 0
    while newest == live.data.keyring.keys[-1].id:
        live.client("sts", before).get_caller_identity()

    minted = run("root", "--data", live.data.path, "--format", "process")

    after = json.loads(minted.stdout)
    assert live.client("sts", after).get_caller_identity()["Account"] == live.account
    assert live.client("sts", before).get_caller_identity()["Account"] == live.account


def test_a_running_server_knows_an_adopted_bucket_at_once_and_writes_down_by_whom(
    live, store_url
) -> None:
    import boto3

    store = boto3.client(
        "s3",
        endpoint_url=store_url,
        region_name="us-east-1",
        aws_access_key_id="store",
        aws_secret_access_key="x",
    )
    store.create_bucket(Bucket="already-there")
    store.put_object(Bucket="already-there", Key="a", Body=b"old")

    done = run("bucket", "adopt", "--data", live.data.path, "--yes", "already-there")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "adopted 1"), done.stderr
    assert live.client("s3").get_object(Bucket="already-there", Key="a")["Body"].read() == b"old"
    assert (
        "nothing"
        in run("bucket", "adopt", "--data", live.data.path, "--yes", "already-there").stdout
    )
    refused = run(
        "bucket", "adopt", "--data", live.data.path, "--yes", "--account", "999999999999", "a-b-c"
    )
    assert (refused.returncode, "there is no account" in refused.stderr) == (1, True)
    lines = [json.loads(line)["event"] for line in live.data.audit.path.read_bytes().splitlines()]
    [adopted] = [each for each in lines if each["operation"] == "adopt"]
    assert adopted["detail"]["what"] == "already-there"
    assert adopted["detail"]["by"]


def test_a_running_server_knows_loaded_policies_at_once(live, tmp_path) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    one = {
        "arn": arn,
        "version": "v7",
        "created": "2015-02-06T18:41:07Z",
        "updated": "2015-02-06T18:41:07Z",
        "document": document(allow("sqs:*")),
    }
    (tmp_path / "more.json").write_text(json.dumps(one))

    done = run("policy", "load", "--data", live.data.path, tmp_path / "more.json")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "loaded 1"), done.stderr
    assert live.client("iam").get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v7"
    (tmp_path / "broken.json").write_text("{")
    refused = run("policy", "load", "--data", live.data.path, tmp_path / "broken.json")
    assert (refused.returncode, "not JSON" in refused.stderr) == (2, True)


def test_nobody_else_reaches_a_running_servers_control(live) -> None:
    import socket as sockets

    path = live.data.path / "control.sock"
    assert path.stat().st_mode & 0o777 == 0o600
    assert live.data.path.stat().st_mode & 0o777 == 0o700
    for message in (b"{}\n", b"nonsense\n", b'{"type":"grant-all"}\n'):
        with sockets.socket(sockets.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(message)
            assert b"cannot be understood" in connection.recv(65536)


def test_a_deep_directory_has_a_control_too(tmp_path) -> None:
    import asyncio

    from daypass.server.operator import control_socket

    deep = tmp_path / ("d" * 120)
    deep.mkdir()

    async def handle(message):
        return control_socket.ControlAnswer(done=message.names)

    async def talk():
        server = await control_socket.serve_operators(deep, handle)
        try:
            return await asyncio.to_thread(
                control_socket.ask_server, deep, control_socket.AdoptBuckets(("a",))
            )
        finally:
            server.close()

    assert asyncio.run(talk()).done == ("a",)
    assert control_socket.ask_server(tmp_path, control_socket.AdoptBuckets(("a",))) is None


def test_policies_are_fetched_from_an_account(live, data) -> None:
    found = live.root()
    account = {
        "AWS_ENDPOINT_URL": live.url,
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }

    def fetch(*arguments):
        return subprocess.run(
            [PROGRAM, "policy", "fetch", "--data", data, *arguments],
            env={**os.environ, **account},
            capture_output=True,
            text=True,
            check=False,
        )

    one = fetch("AmazonS3ReadOnlyAccess")
    everything = fetch("--dry-run")
    nothing = fetch("NoSuchPolicy")

    assert (one.returncode, one.stdout.splitlines()[-1]) == (0, "loaded 1"), one.stderr
    assert len(everything.stdout.splitlines()) >= 30
    assert (nothing.returncode, "has no policy NoSuchPolicy" in nothing.stderr) == (1, True)
    opened_data = opened(data)
    policy = opened_data.committer.directory.by_arn(
        ManagedPolicy, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    theirs = live.data.committer.directory.by_arn(ManagedPolicy, policy.arn)
    assert json.loads(policy.document) == json.loads(theirs.document)
    assert (policy.default, policy.created) == (theirs.default, theirs.created)
    opened_data.close()


def test_accounts_are_listed_and_a_closed_one_is_opened_again(live) -> None:
    organizations = live.client("organizations")
    asked = organizations.create_account(AccountName="shut", Email="shut@example.com")
    done = organizations.describe_create_account_status(
        CreateAccountRequestId=asked["CreateAccountStatus"]["Id"]
    )
    account = done["CreateAccountStatus"]["AccountId"]
    path = live.data.path

    assert (
        run("account", "reopen", "--data", path, "--yes", account).stdout
        == "to open again: nothing, it is open\n"
    )
    organizations.close_account(AccountId=account)
    listed = [
        json.loads(line)
        for line in run("account", "list", "--json", "--data", path).stdout.splitlines()
    ]
    [shut] = [each for each in listed if each["id"] == account]
    assert (shut["email"], shut["closed"] is None) == ("shut@example.com", False)
    assert f"{account}  closed 2" in run("account", "list", "--data", path).stdout
    refused = run("root", "--data", path, "--account", account)
    assert (refused.returncode, "is closed" in refused.stderr) == (1, True)

    assert run("account", "reopen", "--data", path, account).returncode == 2
    assert (
        run("account", "reopen", "--data", path, "--dry-run", account).stdout
        == f"to open again: {account}\n"
    )
    assert run("account", "reopen", "--data", path, "--yes", account).stdout.endswith("opened 1\n")
    assert live.client("iam", live.root(account=account)).list_users()["Users"] == []
    assert run("account", "reopen", "--data", path, "--yes", "999999999999").returncode == 1
    organizations.remove_account_from_organization(AccountId=account)
