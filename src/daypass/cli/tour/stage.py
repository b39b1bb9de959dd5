"""Start the tour's object store and authority in a temporary directory, and run commands there."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from daypass.cli.command_error import CommandError

REGION = "us-east-1"
STORE_KEYS = {"AWS_ACCESS_KEY_ID": "store", "AWS_SECRET_ACCESS_KEY": "only the gate knows this"}
START_SECONDS_MAX = 30  # until a started program answers
PROBE_SECONDS_MAX = 2  # for each request that tries whether it answers
STOP_SECONDS_MAX = 10  # from SIGTERM until a program is killed


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The exit code, standard output and standard error of a command."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Stage:
    """A running authority with a store behind it; `environ` is for commands that use them."""

    directory: Path
    url: str
    store_url: str
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """Return the authority's data directory."""
        return self.directory / "data"

    def run(
        self, arguments: list[str], credentials: Mapping[str, str], stdin: str = ""
    ) -> CommandResult:
        """Run `aws …` or `daypass …` with credentials in the environment, and return the result."""
        program = program_path(arguments[0])
        done = subprocess.run(  # noqa: S603 - the tour's own commands
            [program, *arguments[1:]],
            cwd=self.directory,
            env={**self.environ, **credentials},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return CommandResult(done.returncode, done.stdout, done.stderr)


def program_path(name: str) -> str:
    """Return the path of a program beside this Python or on the PATH; raises `CommandError`."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise CommandError(f"`{name}` is not installed", hint="pip install 'daypass[tour]'")
    return found


@contextmanager
def running_stage() -> Iterator[Stage]:
    """Yield a stage with a started store, authority and gate, which are stopped at the end."""
    with TemporaryDirectory(prefix="daypass-tour-") as name, _Processes() as processes:
        directory = Path(name)
        store_port, port = _free_port(), _free_port()
        set_up = Stage(directory, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{store_port}")
        set_up.environ = _environment(directory, set_up.url)
        processes.start(
            [
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "moto.server",
                "-H",
                "127.0.0.1",
                "-p",
                str(store_port),
            ],
            set_up.environ,
            directory / "store.log",
        )
        _wait_for(f"{set_up.store_url}/moto-api/", processes, directory / "store.log")
        _fill_store(set_up.store_url)
        processes.start(
            [
                *(program_path("daypass"), "up", "--data", str(set_up.data)),
                *("--listen", f"127.0.0.1:{port}"),
                *("--s3", set_up.store_url, "--s3-adopt", "reports"),
            ],
            {
                **set_up.environ,
                "DAYPASS_S3_ACCESS_KEY_ID": STORE_KEYS["AWS_ACCESS_KEY_ID"],
                "DAYPASS_S3_SECRET_ACCESS_KEY": STORE_KEYS["AWS_SECRET_ACCESS_KEY"],
            },
            directory / "authority.log",
        )
        _wait_for(f"{set_up.url}/readyz", processes, directory / "authority.log")
        yield set_up


def _environment(directory: Path, url: str) -> dict[str, str]:
    """Return an environment for the tour without the user's own AWS and Daypass configuration.

    `python3` is the Python that runs this, which has the tour's libraries.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "DAYPASS_")) and not name.lower().endswith("_proxy")
    }
    return {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "HOME": str(directory),
        "AWS_CONFIG_FILE": str(directory / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"),
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "AWS_DEFAULT_OUTPUT": "json",
        "PYTHONWARNINGS": "ignore",
    }


def _fill_store(store_url: str) -> None:
    """Create a bucket and two objects in the store, with the store's own keys."""
    import botocore.session

    client: Any = botocore.session.Session().create_client(
        "s3",
        region_name=REGION,
        endpoint_url=store_url,
        aws_access_key_id=STORE_KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=STORE_KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket="reports")
    client.put_object(Bucket="reports", Key="2026.csv", Body=b"month,total\n11,1250\n")
    client.put_object(Bucket="reports", Key="2025.csv", Body=b"month,total\n12,980\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, processes: "_Processes", log: Path) -> None:
    """Wait until a URL answers 200; raise `CommandError` after a time or if a process has died."""
    deadline = time.monotonic() + START_SECONDS_MAX
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        if not processes.alive():
            break
        try:
            with opener.open(url, timeout=PROBE_SECONDS_MAX):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise CommandError(
        f"nothing answers at {url}", hint=log.read_text()[-800:] or "its log is empty"
    )


class _Processes:
    """Child processes that are stopped at the end of the tour."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def start(self, arguments: list[str], environ: Mapping[str, str], log: Path) -> None:
        with log.open("wb") as file:
            self._running.append(
                subprocess.Popen(  # noqa: S603 - the stage's own programs
                    arguments,
                    env=dict(environ),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    start_new_session=True,
                )
            )

    def alive(self) -> bool:
        return all(process.poll() is None for process in self._running)

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.send_signal(signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(timeout=STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
