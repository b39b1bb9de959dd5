"""A start loads what it needs: no gate without a store, no migration tool without a migration."""

import gc
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from daypass.cli.main import cli
from daypass.server import limits
from daypass.server.app import build_services
from daypass.server.http import gc_freezing
from daypass.server.settings.config import Config
from daypass.server.workers import serve
from daypass.services.registry import SERVICES

PROGRAM = str(Path(sys.executable).parent / "daypass")
GATE = (
    "daypass.gate", "daypass.server.gateway", "daypass.server.operator.store_check", "aiohttp",
    "aiosignal", "attr", "awscrt", "botocore.compat", "botocore.loaders", "dateutil", "frozenlist",
    "idna", "multidict", "multipart", "propcache", "urllib3", "yarl",
)  # fmt: skip
MIGRATION = ("alembic", "mako", "markupsafe", "pygments", "zoneinfo")
FURTHER = (
    "boto3", "cryptography.x509", "daypass.cli.client", "daypass.cli.policy", "daypass.client",
    "daypass.blueprint", "daypass.policy", "jmespath", "keyring", "pytest", "ruamel",
    "sqlalchemy.orm", "sqlalchemy.dialects.postgresql",
)  # fmt: skip
ONE, TWO = ("--workers", "1"), ("--workers", "2")


def loaded_by(*arguments, readiness=200, **variables):
    """Return the modules that a real server and all its workers load until /readyz answers."""
    process = subprocess.Popen(
        [PROGRAM, "up", "--listen", "127.0.0.1:0", *arguments],
        env={**os.environ, **variables, "PYTHONPROFILEIMPORTTIME": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        lines, url = [], ""
        for line in process.stderr:
            lines.append(line)
            if listening := re.match(r"daypass listens on (\S+) ", line):
                url = listening[1]
            if line.startswith("become root"):
                break
        else:
            raise AssertionError("".join(each for each in lines if "import time" not in each))
        try:
            assert status_of(f"{url}/readyz") == readiness
        finally:
            process.send_signal(signal.SIGTERM)
            lines += process.stderr
    assert process.returncode == 0
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def status_of(url):
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own address
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def among(names, loaded):
    """Return which packages or modules of these are loaded."""
    return {name for name in names if any(f"{each}.".startswith(f"{name}.") for each in loaded)}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data directory of the newest schema, and what its first start loaded."""
    path = tmp_path_factory.mktemp("started") / "data"
    with pytest.MonkeyPatch.context() as patch:
        for name in [each for each in os.environ if each.startswith(("AWS_", "DAYPASS_"))]:
            patch.delenv(name)
        return path, loaded_by("--data", str(path))


@pytest.mark.parametrize("workers", [ONE, TWO], ids=["one process", "two workers"])
def test_a_start_without_a_store_loads_neither_the_gate_nor_the_migration_tool(
    data, workers
) -> None:
    loaded = loaded_by("--data", str(data[0]), *workers)

    assert "daypass.server.serving" in loaded
    assert among((*GATE, *MIGRATION, *FURTHER), loaded) == set()


def test_the_first_start_loads_the_migration_tool(data) -> None:
    assert "alembic" in data[1]
    assert among(GATE, data[1]) == set()


@pytest.mark.parametrize("workers", [ONE, TWO], ids=["one process", "two workers"])
def test_a_start_with_a_store_loads_the_gate(data, workers) -> None:
    keys = {"DAYPASS_S3_ACCESS_KEY_ID": "id", "DAYPASS_S3_SECRET_ACCESS_KEY": "secret"}
    # Nothing answers at the store's address.
    store = ("--s3", "http://127.0.0.1:1")
    loaded = loaded_by("--data", str(data[0]), *store, *workers, readiness=503, **keys)

    assert {"daypass.gate.serve", "aiohttp"} <= loaded
    assert among(MIGRATION, loaded) <= {"zoneinfo"}


def test_the_workers_share_what_is_loaded_before_they_are_started(tmp_path, monkeypatch) -> None:
    seen = []

    class Parent:
        def __init__(self, *_arguments, serve, on_ready):
            self.serve = serve

        def run(self):
            modules = {name for name in sys.modules if name.startswith("daypass.")}
            seen.append((gc.isenabled(), self.serve.args[-1], modules))
            return 0

    monkeypatch.setattr(serve, "Parent", Parent)
    config = Config(data=tmp_path / "data", host="127.0.0.1", port=0, workers=2)
    with gc_freezing.pause_during_start():
        assert serve.serve_with_workers(config, {}) == 0

    [(is_collecting, built, modules)] = seen
    assert is_collecting
    assert (
        list(built.operations) == list(built.catalog.services) == [each.name for each in SERVICES]
    )
    assert {"daypass.server.authority.schemes.sigv4", "daypass.server.jobs.trimming"} <= modules


def test_services_that_were_built_before_are_those_that_a_server_builds() -> None:
    one, other = build_services(), build_services()

    assert one.services == other.services == SERVICES
    assert one.operations == other.operations
    assert one.catalog.services.keys() == other.catalog.services.keys()


# The garbage collector pauses meanwhile.


@pytest.fixture
def collecting():
    """The collector is on before, and after whatever a test does."""
    gc.enable()
    yield
    gc.enable()


@pytest.mark.usefixtures("collecting")
def test_the_collector_pauses_until_the_start_is_done(monkeypatch) -> None:
    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(gc.isenabled()))
    freezer = gc_freezing.GcFreezer(lambda: 2 * limits.RECORDS_FROZEN_TOGETHER)

    with gc_freezing.pause_during_start():
        assert not gc.isenabled()
        freezer.freeze_start()
        assert gc.isenabled()

    assert gc.isenabled()
    # Frozen before it is on again, so that no collection walks through what was loaded.
    assert frozen == [False]


@pytest.mark.usefixtures("collecting")
def test_a_start_that_fails_leaves_the_collector_on(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DAYPASS_DATA", str(tmp_path / "file" / "data"))
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(cli, ["up"])

    assert done.exception is not None
    assert gc.isenabled()


def test_a_start_leaves_the_collector_little_to_find(tmp_path) -> None:
    """Frozen garbage stays: there must be none that grows with the directory."""
    script = (
        "import gc, os, sys, time\n"
        "from pathlib import Path\n"
        "gc.disable()\n"
        "from daypass.core.domain.iam.user import User\n"
        "from daypass.server import single_process\n"
        "from daypass.server.settings.config import Config\n"
        "from daypass.state.changes import Changes, Put\n"
        "from daypass.state.data_directory.open_directory import open_data\n"
        "path, count = Path(sys.argv[1]), int(sys.argv[2])\n"
        "account = '111122223333'\n"
        "def opened():\n"
        "    return open_data(path, {}, clock=time.time, entropy=os.urandom, account=account)\n"
        "data = opened()\n"
        "users = [Put(User(account=account, name=f'u{n}', unique_id=f'AIDA{n}', created=1))\n"
        "         for n in range(count)]\n"
        "data.committer.submit(Changes(users), b'').result()\n"
        "data.close()\n"
        "del data\n"
        "gc.collect()\n"
        "data = opened()\n"
        "server = single_process.make_server(Config(data=path, host='127.0.0.1', port=0), data)\n"
        "print(gc.collect())\n"
    )
    few, many = (
        int(
            subprocess.run(
                [sys.executable, "-c", script, str(tmp_path / str(count)), str(count)],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for count in (1, 3000)
    )

    assert many < few + 500
