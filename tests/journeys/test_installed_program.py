"""The installed program as a process: the tour, the life of a server, and the documents' own
commands.
"""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]


def environment(tmp_path, **more):
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "DAYPASS_"))
    }
    return {**kept, "HOME": str(tmp_path), **more}


def test_the_tour_ends_as_it_should_and_is_plain_in_a_pipe(tmp_path) -> None:
    done = subprocess.run(
        [BIN / "daypass", "tour"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"All \d\d steps ended as they should", done.stdout)
    assert "\x1b" not in done.stdout
    assert "✗" not in done.stdout


@pytest.fixture
def server(tmp_path):
    """A server as a user starts it; a function that starts it again on the same data."""
    started = []

    def start(*more, port):
        log = (tmp_path / f"log{len(started)}").open("wb")
        process = subprocess.Popen(
            [BIN / "daypass", "up", "--data", tmp_path / "data", "--listen", f"127.0.0.1:{port}", *more], env=environment(tmp_path), stderr=log, stdout=log
        )  # fmt: skip
        started.append(process)
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                    break
            except OSError:
                time.sleep(0.05)
        log.close()
        return process, (tmp_path / f"log{len(started) - 1}")

    yield start
    for process in started:
        process.kill()
        process.wait()


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_says_what_to_type_next_and_stops_when_asked(server, tmp_path) -> None:
    port = free_port()
    process, log = server(port=port)
    text = log.read_text()
    command = re.search(r'eval "\$\((daypass root [^)]*)\)"', text)[1]
    minted = subprocess.run(
        command.replace("daypass", str(BIN / "daypass"), 1).split(),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    second, second_log = server(port=free_port())
    process.send_signal(signal.SIGTERM)

    assert f"http://127.0.0.1:{port}" in text
    assert "export AWS_SESSION_TOKEN=" in minted.stdout
    # What the server says to type is all that an AWS client needs, on a machine that has never seen
    # one.
    assert "export AWS_REGION=us-east-1" in minted.stdout
    assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}" in minted.stdout
    assert second.wait(20) == 1
    assert second_log.read_text().startswith("error: another daypass is using")
    assert process.wait(30) == 0
    verified = subprocess.run(
        [BIN / "daypass", "log", "verify", "--data", tmp_path / "data"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert verified.stdout.startswith("whole: 3 lines")


def test_the_example_of_up_works_as_it_stands(tmp_path) -> None:
    known = environment(
        tmp_path,
        PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}",
        DAYPASS_LISTEN=f"127.0.0.1:{free_port()}",
    )
    shown = subprocess.run(
        ["daypass", "up", "--help"], env=known, capture_output=True, text=True, check=True
    ).stdout
    example = re.search(r"Example:\n((?:    +.*\n)+)", shown)[1]
    first, *rest = [
        line.strip() for line in example.splitlines() if not line.strip().startswith("#")
    ]
    serving = subprocess.Popen(
        ["bash", "-c", f"exec {first}"], env=known, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    try:
        for line in serving.stderr:
            if "become root" in line:
                break
        done = subprocess.run(
            ["bash", "-c", "\n".join(rest)],
            env=known,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        serving.kill()
        serving.wait()
        serving.stderr.close()

    assert done.returncode == 0, done.stderr
    assert '"UserName": "alice"' in done.stdout


def test_t287_data_a_killed_server_starts_again_with_everything(server, tmp_path) -> None:
    port = free_port()
    process, _ = server(port=port)
    minted = subprocess.run(
        [BIN / "daypass", "root", "--data", tmp_path / "data", "--format", "env-no-export"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    keys = dict(line.split("=", 1) for line in minted.stdout.splitlines())
    import boto3

    iam = boto3.client(
        "iam",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys["AWS_SESSION_TOKEN"],
    )
    for number in range(5):
        iam.create_user(UserName=f"user{number}")
    process.kill()
    process.wait()
    server(port=port)

    assert [user["UserName"] for user in iam.list_users()["Users"]] == [
        f"user{number}" for number in range(5)
    ]


def test_the_readmes_table_is_the_one_that_is_computed() -> None:
    done = subprocess.run(
        [BIN / "daypass", "coverage", "--markdown"], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() in (ROOT / "README.md").read_text()


def test_every_command_of_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text()
    commands = set(re.findall(r"daypass ([a-z-]+)", text))
    targets = set(re.findall(r"\$ make ([a-z]+)", text))
    shown = subprocess.run(
        [BIN / "daypass", "--help"], capture_output=True, text=True, check=True
    ).stdout
    makefile = (ROOT / "Makefile").read_text()

    assert all(re.search(rf"^  {command}\s", shown, re.MULTILINE) for command in commands), commands
    assert all(f"\n{target}:" in makefile for target in targets), targets
