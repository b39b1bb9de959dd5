"""The installed program as a process: a server that a test starts, kills and starts again."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def environment(tmp_path, **more):
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "DAYPASS_"))
    }
    return {**kept, "HOME": str(tmp_path), **more}


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
