"""Servers that the bench starts: each a process tree with a port, whose processor time is counted.

Nobody but the bench speaks to them.
"""

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS_MAX = 60.0
READY = "/readyz"
COMMAND = "from daypass.cli.entry import main; main()"
"""What the installed command does."""


class NotStarted(Exception):
    """A server that was started and does not answer."""


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    """Return the processor time of a process with all its threads, those that have ended too.

    The clock of another process (clock_getcpuclockid(3)) is exact, where the times of
    `/proc/PID/stat` come in hundredths of a second.
    """
    return time.clock_gettime_ns((~pid) << 3 | 2) / 1e9


def resident_bytes(pid):
    """Return how much memory of a process is resident."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def process_tree(pid):
    """Return a process and all that come from it."""
    children = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(each.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(each.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, ())
    return found


def wait_for(url, seconds=START_SECONDS_MAX):
    """Wait until somebody answers at a URL that is ready, whatever the status."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
                return
        except urllib.error.HTTPError as answer:
            if answer.code != 503:
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise NotStarted(f"nothing answers at {url}")


def wait_for_port(port):
    """Wait until somebody listens on a port."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise NotStarted(f"nobody listens on port {port}")


class Server:
    """A process that serves on a port."""

    def __init__(self, command, port, *, ready="", environ=None):
        self.port = port
        self.process = subprocess.Popen(
            [str(each) for each in command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **(environ or {})},
        )
        try:
            wait_for(f"http://127.0.0.1:{port}{ready}") if ready else wait_for_port(port)
        except BaseException:
            self.stop()
            raise
        self.pids = process_tree(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def cpu_seconds(self):
        """Return the processor time of the whole process tree so far."""
        return sum(map(cpu_seconds, self.pids))

    def resident_bytes(self):
        """Return the resident memory of the whole process tree."""
        return sum(map(resident_bytes, self.pids))

    def stop(self):
        """End the process."""
        self.process.terminate()
        self.process.wait()


def sources(checkout):
    """Return the environment in which Python runs another checkout's server; empty for this one."""
    if checkout is None:
        return {}
    return {"PYTHONPATH": os.pathsep.join([str(Path(checkout) / "src"), str(Path.cwd())])}


def daypass(data, *options, checkout=None, command=COMMAND):
    """Start the authority over a data directory, of another checkout if one is named."""
    port = free_port()
    listen = ("--listen", f"127.0.0.1:{port}", "--calls-per-second", "0")
    started = [sys.executable, "-c", command, "up", "--data", data, *listen, *options]
    return Server(started, port, ready=READY, environ=sources(checkout))


def moto():
    """Start moto_server."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", port]
    return Server(command, port, ready="/moto-api/")


def has_moto():
    """Say whether moto_server is installed."""
    return importlib.util.find_spec("moto") is not None
