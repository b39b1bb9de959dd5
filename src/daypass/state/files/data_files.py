"""The files of a data directory: their names, checks that none is missing, and their permissions.

An authority is made only in an empty directory. Where some of its files are missing, a new
authority over the rest would seal under old keys and go on in an old log, so that the loss would go
unnoticed: such a directory is refused.
"""

import contextlib
import os
import re
import stat
from pathlib import Path

from daypass.state.files.private_files import sync_directory, write_private
from daypass.state.unusable import Unusable

KEY_RING = "keyring"
MASTER_KEY = "master.key"
DATABASE = "daypass.db"
AUDIT_LOG = "audit.log"
FIRST_START = "first-start"
"""Exists during a first start only, which distinguishes an interrupted one from a loss of files."""
GIT_IGNORE = ".gitignore"
_FURTHER_LOG = re.compile(r"audit-([1-9][0-9]{0,8})\.log")
"""The audit log of a node that is not the first."""

_NAMES = {KEY_RING: "the key ring", DATABASE: "the database", MASTER_KEY: "the master key"}
_OF_AN_AUTHORITY = {*_NAMES, AUDIT_LOG, "master.key.next", "daypass.db-journal"}
_BEFORE_AN_AUTHORITY = {
    "lock",
    "keyring.lock",
    "store-check.json",
    "lost+found",
    GIT_IGNORE,
    f".{FIRST_START}.new",
    f".{GIT_IGNORE}.new",
}
"""Files that an "empty" directory may have: store findings, and an interrupted start's."""


def is_new(path: Path, *, has_master_key: bool) -> bool:
    """Return whether a directory has no authority yet, or one whose first start did not finish.

    Raises `Unusable` for a directory that belongs to another program, and for one that lacks a
    file of an authority. `has_master_key` says whether the master key is a file in it.
    """
    found = {each.name for each in path.iterdir()}
    if FIRST_START in found:
        return True
    ours = (found & _OF_AN_AUTHORITY) | {name for name in found if node_of_audit_log(name)}
    if not ours:
        _check_empty(path, found)
        return True
    needed = [KEY_RING, DATABASE, *([MASTER_KEY] if has_master_key else [])]
    for name in needed:
        if name not in found:
            raise Unusable(
                f"{_NAMES[name]} of {path} is missing:"
                f" there is {', '.join(sorted(ours))}, but no {name}",
                f"put {path / name} back; a new authority is made in an empty directory only",
            )
    return False


def node_of_audit_log(name: str) -> str:
    """Return the node whose audit log has this file name; empty for the first node's log.

    Empty for any other file too.
    """
    found = _FURTHER_LOG.fullmatch(name)
    return found[1] if found else ""


def check_empty_or_authority(path: Path) -> None:
    """Raise `Unusable` for a directory that is neither empty nor an authority's."""
    found = {each.name for each in path.iterdir()}
    if not (found & {*_OF_AN_AUTHORITY, FIRST_START} or any(map(node_of_audit_log, found))):
        _check_empty(path, found)


def _check_empty(path: Path, found: set[str]) -> None:
    """Raise `Unusable` if the directory has a file that no first start leaves."""
    others = sorted(found - _BEFORE_AN_AUTHORITY)
    if others:
        raise Unusable(
            f"{path} is not empty and holds no data of daypass: `{others[0]}` is in it",
            "give an empty directory, or one that does not exist yet, with --data",
        )


def begin_first_start(path: Path) -> None:
    """Mark the first start as begun, and keep the directory's keys out of git."""
    write_private(path / FIRST_START, b"an authority is being made here\n")
    write_private(path / GIT_IGNORE, b"*\n")


def end_first_start(path: Path) -> None:
    """Mark the first start as finished, durably."""
    (path / FIRST_START).unlink(missing_ok=True)
    sync_directory(path)


def make_file_private(path: Path, *, create: bool) -> bool:
    """Give a file mode 0600; return whether others could access it before.

    `create` creates a missing file. A link is followed: a log may be on a disk of its own.
    """
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        file = os.open(path, flags, 0o600)
    except FileNotFoundError:
        return False
    try:
        was_open = bool(os.fstat(file).st_mode & 0o077)
        if was_open:
            os.fchmod(file, 0o600)
        return was_open
    finally:
        os.close(file)


def make_data_private(path: Path, *, is_new: bool) -> list[str]:
    """Give the database and the logs mode 0600; return remarks for the operator."""
    was_open = [
        name for name in (DATABASE, AUDIT_LOG) if make_file_private(path / name, create=is_new)
    ]
    other_logs = sorted(each.name for each in path.iterdir() if node_of_audit_log(each.name))
    was_open += [name for name in other_logs if make_file_private(path / name, create=False)]
    notes = [f"others could read {path / name}: it is its owner's alone now" for name in was_open]
    return [*notes, *exposure_remarks(path)]


def exposure_remarks(path: Path) -> list[str]:
    """Return remarks for the operator: others can read the directory, or git would delete it."""
    found = []
    mode = path.stat().st_mode
    if mode & (stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH):
        found.append(f"others can look into {path}: chmod 700 {path}")
    with contextlib.suppress(OSError):
        above = next((each for each in path.absolute().parents if (each / ".git").exists()), None)
        if above is not None:
            found.append(
                f"{path} lies in the work tree of {above}:"
                " `git clean -dfx` there would delete its keys"
            )
    return found
