"""What campaigns share: a server of its own on one processor, and requests that it answers."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.servers import free_port, wait_for
from tests.bench.signing import Key, signed
from tests.campaign import _processes
from tests.documents import policy, trust

BIN = Path(sys.executable).parent
SERVER_CPU = min(os.sched_getaffinity(0))
GENERATOR_CPU = max(os.sched_getaffinity(0))


class Server:
    """A running authority; `requests` are ready to be sent, by name."""

    def __init__(self, port, pid, requests):
        self.port, self.pid, self.requests = port, pid, requests

    @property
    def processes(self):
        """Return all of its processes."""
        return [self.pid, *_processes.children(self.pid)]


@contextlib.contextmanager
def serving(*options, listen="127.0.0.1", is_pinned=True):
    """Run an authority, on a processor of its own unless the system may choose."""
    with tempfile.TemporaryDirectory() as name:
        port, data = free_port(), Path(name) / "data"
        command = [BIN / "daypass", "up", "--data", data, "--listen", f"{listen}:{port}", "--calls-per-second", "0", *options]  # fmt: skip
        process = subprocess.Popen(
            [*(("taskset", "-c", str(SERVER_CPU)) if is_pinned else ()), *command],
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            yield Server(port, process.pid, _requests(port, data))
        finally:
            process.terminate()
            process.wait()


def _requests(port, data):
    """Return signed requests of a user who may assume a role."""
    import boto3

    minted = subprocess.run(
        [BIN / "daypass", "root", "--data", data, "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    root = json.loads(minted.stdout)
    iam = boto3.client(
        "iam",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=root["AccessKeyId"],
        aws_secret_access_key=root["SecretAccessKey"],
        aws_session_token=root["SessionToken"],
    )
    user = iam.create_user(UserName="caller")["User"]["Arn"]
    trusted = policy(trust(user))
    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument=trusted)["Role"]
    found = iam.create_access_key(UserName="caller")["AccessKey"]
    key = Key(found["AccessKeyId"], found["SecretAccessKey"])
    assume = {"RoleArn": role["Arn"], "RoleSessionName": "campaign"}
    return {
        "AssumeRole": signed(port, key, "sts", "AssumeRole", **assume),
        "GetCallerIdentity": signed(port, key, "sts", "GetCallerIdentity"),
    }


def pin_generator():
    """Keep this process on the other processor."""
    os.sched_setaffinity(0, {GENERATOR_CPU})


def raise_descriptors():
    """Let this process open as many connections as it may."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if GENERATOR_CPU == SERVER_CPU:
    sys.stderr.write("one processor alone: server and generator share it\n")
