"""Data directories of earlier versions, stored beside the tests."""

import tarfile
from pathlib import Path

SCHEMAS = ("0001", "0002", "0004")
"""0001: killed, with users, keys, a device, used codes and a log. 0002: the same, upgraded, with
commits that have no line yet. 0004: killed, of level 1: an organization with all features, a member
and a closed account; another organization with consolidated billing alone."""


def unpacked(schema, path):
    """Put the directory of a schema at a path that is free, and return the path."""
    path.mkdir(mode=0o700)
    with tarfile.open(Path(__file__).parent / "directories" / f"schema-{schema}.tar.gz") as archive:
        # Member by member: how to extract all of it safely is said in another way in each version
        # of Python.
        for member in archive.getmembers():
            if member.isfile():
                (path / member.name).write_bytes(archive.extractfile(member).read())
                (path / member.name).chmod(member.mode)
    return path
