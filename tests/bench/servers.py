"""Servers that the bench starts: each a process tree with a port, whose processor time is counted.

Nobody but the bench speaks to them.
"""

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS_MAX = 60.0
STARTS_MAX = 3
ERROR_BYTES_MAX = 2_000
"""How much of what a server said before it ended is told."""
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


def is_ready(url):
    """Say whether somebody answers at a URL that is ready, whatever the status."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
            return True
    except urllib.error.HTTPError as answer:
        return answer.code != 503
    except OSError:
        return False


def wait_for(url, seconds=START_SECONDS_MAX, *, has_ended=lambda: False):
    """Wait until somebody answers at a URL.

    Raises `NotStarted` after so many seconds, and as soon as `has_ended` says that nobody will.
    """
    deadline = time.monotonic() + seconds
    while not has_ended() and time.monotonic() < deadline:
        if is_ready(url):
            return
        time.sleep(0.02)
    raise NotStarted(f"nothing answers at {url}")


class Server:
    """A process that serves on a port that was free: it is started again if another took it."""

    def __init__(self, command, *, ready="/", environ=None):
        """Take what makes the command of a port, and the path at which it answers when ready."""
        self._environ = {**os.environ, **(environ or {})}
        for attempt in range(STARTS_MAX):
            self.port = free_port()
            try:
                self._start(command(self.port), ready)
            except NotStarted:
                if attempt + 1 == STARTS_MAX:
                    raise
            else:
                return

    def _start(self, command, ready):
        with tempfile.TemporaryFile() as errors:
            self.process = subprocess.Popen(
                [str(each) for each in command],
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=self._environ,
            )
            has_ended = lambda: self.process.poll() is not None
            try:
                wait_for(f"http://127.0.0.1:{self.port}{ready}", has_ended=has_ended)
            except BaseException as error:
                is_running = not has_ended()
                self.stop()
                if isinstance(error, NotStarted) and not is_running:
                    errors.seek(0)
                    said = errors.read()[-ERROR_BYTES_MAX:].decode(errors="replace")
                    raise NotStarted(f"{error}: {said}") from None
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
    starting = [sys.executable, "-c", command, "up", "--data", data, "--calls-per-second", "0"]
    return Server(
        lambda port: [*starting, "--listen", f"127.0.0.1:{port}", *options],
        ready=READY,
        environ=sources(checkout),
    )


def moto():
    """Start moto_server."""
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p"]
    return Server(lambda port: [*command, port], ready="/moto-api/")


def has_moto():
    """Say whether moto_server is installed."""
    return importlib.util.find_spec("moto") is not None
