"""What a start of `daypass up` costs: processor time until /readyz says yes, with one process and
with two workers.

Each start takes turns with a Python that only imports the libraries which no start can do without,
and is told as a multiple of it: machines differ, the ratio does not. With the path of another
checkout, `python -m tests.bench.start CHECKOUT` compares starts of both.
"""

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.bench import compiled_modules

SOURCES = Path(__file__).resolve().parents[2] / "src"
ROUNDS = 7
_WORKERS = {"one process": 1, "two workers": 2}
_GOALS = {"one process": "<= 2.75, aim 2.3", "two workers": "<= 2.8, aim 2.35"}
"""Sixty and fifty percent of what a start took before the gate, Alembic and their libraries were
left out."""
_LIBRARIES = "import asyncio, click, cryptography.hazmat.primitives.ciphers.aead, msgspec, regex, sqlalchemy, uvicorn, uvloop"
_UP = "import sys; from daypass.cli.entry import main; sys.argv[0] = 'daypass'; main()"


def rows(rounds=ROUNDS):
    """Yield (name, ratio to importing the libraries, unit, goal) for each way to start."""
    with (
        tempfile.TemporaryDirectory() as folder,
        compiled_modules.kept_in(Path(folder) / "compiled"),
    ):
        for name, workers in _WORKERS.items():
            data = Path(folder) / "data"
            # Not counted: the first start makes the data, and compiled modules.
            start_seconds(SOURCES, data, workers)
            ratios = [
                start_seconds(SOURCES, data, workers) / library_seconds() for _ in range(rounds)
            ]
            yield (
                f"start of {name} beside its libraries' import",
                statistics.median(ratios),
                "×",
                _GOALS[name],
            )


def start_seconds(sources, data, workers):
    """Return the processor time of a start and of all its processes, until it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    listen = ("--listen", f"127.0.0.1:{port}", "--workers", str(workers))
    command = (sys.executable, "-c", _UP, "up", "--data", str(data), *listen)
    environ = os.environ | {"PYTHONPATH": str(sources)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_until_ready(process, f"http://127.0.0.1:{port}/readyz")
            return _tree_seconds(process.pid)
        finally:
            process.terminate()


def library_seconds():
    """Return the processor time of a Python that imports what every start needs."""
    show = f"{_LIBRARIES}; import time; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _wait_until_ready(process, url):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            if answer.status == 200:
                return
        time.sleep(0.005)
    raise SystemExit(f"no start: nothing is ready at {url}")


def _tree_seconds(pid):
    """Return the processor time of a process, its threads and its children, in seconds."""
    used, tasks = 0, Path(f"/proc/{pid}/task")
    for task in tasks.iterdir():
        used += int((task / "schedstat").read_text().split()[0]) / 1e9
        used += sum(_tree_seconds(int(each)) for each in (task / "children").read_text().split())
    return used


def compare(checkout):
    """Print what starts cost here and in another checkout, in turns, and the median of ratios."""
    trees = (SOURCES, Path(checkout).resolve() / "src")
    with (
        tempfile.TemporaryDirectory() as folder,
        compiled_modules.kept_in(Path(folder) / "compiled"),
    ):
        for name, workers in _WORKERS.items():
            found = {tree: [] for tree in trees}
            for at in range(ROUNDS + 1):
                for number, tree in enumerate(trees):
                    seconds = start_seconds(tree, Path(folder) / f"{number}-{workers}", workers)
                    if at:
                        found[tree].append(seconds)
            here, there = (statistics.median(found[tree]) for tree in trees)
            ratio = statistics.median(a / b for a, b in zip(*found.values(), strict=True))
            print(f"{name}: {here:.3f} s here, {there:.3f} s there, ratio {ratio:.2f}")


if __name__ == "__main__":
    if sys.argv[1:]:
        compare(sys.argv[1])
    else:
        for row in rows():
            print(*row)
