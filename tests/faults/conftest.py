"""Disks that kill or fail at the n-th call, a small disk, and the server on such disks."""

import http.client
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.campaign.faults import _shim

BIN = Path(sys.executable).parent


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """Return the library to preload; its instructions are in the environment or a mapped file."""
    if _shim.why_not():
        pytest.skip(_shim.why_not())
    return _shim.compiled(tmp_path_factory.mktemp("shim"))


@dataclass
class Disk:
    """A small file system of its own."""

    path: Path

    def fill(self):
        """Take every byte that is left."""
        with (self.path / "ballast").open("ab", buffering=0) as ballast:
            block = bytes(64 * 1024)
            while block:
                try:
                    ballast.write(block)
                except OSError:
                    block = block[: len(block) // 2]

    def take_inodes(self):
        """Take every inode that is left, and that of a journal which a write is about to remove."""
        names = (self.path / f"inode{number}" for number in range(100_000))
        refused = 0
        while refused < 2:
            try:
                next(names).touch()
                refused = 0
            except OSError:
                refused += not any(self.path.rglob("*-journal"))

    def free(self):
        """Give back what was taken."""
        for each in [*self.path.glob("ballast"), *self.path.glob("inode*")]:
            each.unlink()

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.path], check=True)


@pytest.fixture
def disk(tmp_path):
    """A file system of two megabytes and a hundred inodes, for the test to fill."""
    yield from mounted(tmp_path / "disk")


@pytest.fixture
def other_disk(tmp_path):
    """A second one, for a file that is to be alone in having no room."""
    yield from mounted(tmp_path / "other-disk")


def mounted(path):
    path.mkdir()
    options = "size=2m,nr_inodes=100,mode=700"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", path],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    yield Disk(path)
    subprocess.run(["umount", "--lazy", path], check=True)


@dataclass
class Server:
    """The installed program as a process on a data directory."""

    process: subprocess.Popen
    port: int
    log: Path

    def get(self, path):
        """Return the status and the text of an answer, (0, "") while nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def ready_when(self, expected, words="", seconds=30):
        """Return what `/readyz` says as soon as it is the expected status with these words, or
        what it says in the end.
        """
        end = time.monotonic() + seconds
        while True:
            found = self.get("/readyz")
            if (
                (found[0] == expected and words in found[1])
                or time.monotonic() > end
                or self.process.poll() is not None
            ):
                return found
            time.sleep(0.05)

    def told(self, text, seconds=10):
        """Return what the terminal shows as soon as it has a text, or what it shows in the end."""
        end = time.monotonic() + seconds
        while text not in (shown := self.log.read_text()) and time.monotonic() < end:
            time.sleep(0.05)
        return shown

    def stop(self):
        """Stop as SIGTERM does, and return how it ended."""
        self.process.terminate()
        return self.process.wait(40)


@pytest.fixture
def up(tmp_path):
    """A function that starts a server on a data directory; it returns at once."""
    started = []

    def start(data, *more, **environ):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = tmp_path / f"server{len(started)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [BIN / "daypass", "up", "--data", data, "--listen", f"127.0.0.1:{port}", *more],
                env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environ},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        started.append(process)
        return Server(process, port, log)

    yield start
    for process in started:
        process.kill()
        process.wait()
