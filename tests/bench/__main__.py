"""`make bench`: what a request costs, beside others, in one run.

Figures are CPU microseconds of the server's whole process tree.

Compare ratios of one run, never absolute times: the machine's neighbours swing them. `--write`
records the baseline.
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.bench import decisions, organizations, refusals

BIN = Path(sys.executable).parent
BASELINE = Path(__file__).parent / "baseline.json"
CONNECTIONS = 8
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    """Return the CPU time of a process and all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def wait_for(url):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nothing answers at {url}")


def signed(port, key, params):
    """Return body and headers of a signed STS request."""
    body = urlencode({"Version": "2011-06-15", **params}).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Host": f"127.0.0.1:{port}",
    }
    request = AWSRequest("POST", f"http://127.0.0.1:{port}/", headers=headers, data=body)
    SigV4Auth(Credentials(*key), "sts", "us-east-1").add_auth(request)
    return body, dict(request.headers.items())


def hammer(port, message, count):
    """Send a request so many times over each of some connections; every answer must be 200."""
    body, headers = message

    failed = []

    def one():
        try:
            with contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            ) as connection:
                for _ in range(count):
                    connection.request("POST", "/", body=body, headers=headers)
                    answer = connection.getresponse()
                    content = answer.read()
                    if answer.status != 200:
                        failed.append(f"refused: {content[:500]!r}")
                        return
        except (OSError, http.client.HTTPException) as error:
            failed.append(repr(error))

    threads = [threading.Thread(target=one) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise SystemExit(failed[0])


def cost(pid, port, message, count):
    """Return CPU microseconds a request, warmed up."""
    hammer(port, message, max(2, count // 10))
    before = cpu_seconds(pid)
    hammer(port, message, count)
    return (cpu_seconds(pid) - before) * 1e6 / (count * CONNECTIONS)


def daypass(folder):
    """Start an authority with a user and a role in 10,000 others; return how long that took and
    what it needs.
    """
    account = "111122223333"
    data = folder / "data"
    subprocess.run([sys.executable, "-c", _FILL, str(data)], check=True)
    port = free_port()
    started = time.monotonic()
    process = subprocess.Popen(
        [
            BIN / "daypass",
            "up",
            "--data",
            data,
            "--listen",
            f"127.0.0.1:{port}",
            "--calls-per-second",
            "0",
        ],
        stderr=subprocess.DEVNULL,
    )
    wait_for(f"http://127.0.0.1:{port}/readyz")
    seconds = time.monotonic() - started
    minted = subprocess.run(
        [BIN / "daypass", "root", "--data", data, "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    root = json.loads(minted.stdout)
    import boto3

    iam = boto3.client(
        "iam",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=root["AccessKeyId"],
        aws_secret_access_key=root["SecretAccessKey"],
        aws_session_token=root["SessionToken"],
    )
    key = iam.create_access_key(UserName="user1")["AccessKey"]
    return process, port, (key["AccessKeyId"], key["SecretAccessKey"]), account, seconds


_FILL = """
import os, sys, time
from pathlib import Path
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
data = open_data(Path(sys.argv[1]), {}, clock=time.time, entropy=os.urandom, account="111122223333")
trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"AIDA1"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"xyz"},"Bool":{"aws:SecureTransport":"false"}}}]}'
records = [Put(User(account="111122223333", name=f"user{n}", unique_id=f"AIDA{n}", created=1)) for n in range(10000)]
records += [Put(Role(account="111122223333", name=f"role{n}", unique_id=f"AROA{n}", created=1, trust=trust)) for n in range(1000)]
data.committer.submit(Changes(records, read={"111122223333": data.committer.directory.account("111122223333").revision}), b"").result()
data.close()
"""


def moto():
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    wait_for(f"http://127.0.0.1:{port}/moto-api/")
    return process, port


def main():
    figures = decisions.figures()
    with tempfile.TemporaryDirectory() as name:
        figures |= organizations.figures(Path(name))
        figures |= refusals.figures(Path(name))
        ours, port, key, account, seconds = daypass(Path(name))
        others, moto_port = moto()
        try:
            role = {
                "Action": "AssumeRole",
                "RoleArn": f"arn:aws:iam::{account}:role/role1",
                "RoleSessionName": "bench",
                "ExternalId": "xyz",
            }
            assume = cost(ours.pid, port, signed(port, key, role), 400)
            identity = cost(ours.pid, port, signed(port, key, {"Action": "GetCallerIdentity"}), 400)
            theirs = cost(others.pid, moto_port, signed(moto_port, key, role), 40)
            figures |= {
                "CPU µs AssumeRole": round(assume),
                "CPU µs GetCallerIdentity": round(identity),
                "CPU µs AssumeRole of moto_server": round(theirs),
                "moto_server : daypass, AssumeRole (goal 30)": round(theirs / assume, 1),
                "MB with 10,000 users and 1,000 roles (goal < 300)": round(
                    resident_bytes(ours.pid) / 1e6
                ),
                "seconds to start with them (goal < 3)": round(seconds, 2),
            }
        finally:
            for process in (ours, others):
                process.terminate()
                process.wait()
    last = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    for what, value in figures.items():
        before = f"   (baseline {last[what]})" if what in last else ""
        print(f"{what:<58}{value:>10}{before}")
    if "--write" in sys.argv:
        BASELINE.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
