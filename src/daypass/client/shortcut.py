"""The short way to a kept set of credentials: by what the user's files and variables are, without understanding them.

As long as not one byte of the configuration and not one variable that it may depend on has changed, a profile means what it meant;
anything else is a miss, and the long way is gone. Only what these files and variables decide alone is kept here: keys from a program,
a sign-in or a machine may change unseen. Works where the cache's key lies in a file.
"""

import os
import stat
import time
from collections.abc import Mapping
from hashlib import sha256

from daypass.client.cache import Cache, Entry, directory

EARLY_SECONDS = 6 * 60
"""A little more than the long way's, so that it is the long way that fetches anew."""
FILE_BYTES_MAX = 4 * 1024 * 1024


def name(profile: str, environ: Mapping[str, str]) -> str:
    """Return what credentials are kept under for everything that could change what the profile means.

    The variables must be the process's own: a path's tilde and variables stand for those. Raises `OSError` for a
    file that is no file, or cannot be read; there is no short way with it.
    """
    parts: list[bytes] = [os.fsencode(profile), str(os.geteuid()).encode()]
    for variable, usual in (
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ):
        path = os.path.abspath(_expanded(environ.get(variable) or usual))  # noqa: PTH100 - pathlib is not loaded here
        parts += [os.fsencode(path), _content(path)]
    for variable in sorted(environ):
        if variable.startswith("AWS_"):
            parts.append(os.fsencode(f"{variable}={environ[variable]}"))
    digest = sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return f"shortcut {digest.hexdigest()}"


def find(profile: str, environ: Mapping[str, str]) -> Entry | None:
    """Return kept credentials that are good for a while yet; None where the long way has to be gone."""
    path = directory(dict(environ))
    if not os.path.isfile(f"{path}/key") or _has_own_models(environ):  # noqa: PTH113 - pathlib is not loaded here
        return None
    entry = Cache(path).get(name(profile, environ))
    if entry is None or entry.expires - time.time() < EARLY_SECONDS:  # noqa: TID251 - the client is an edge
        return None
    return entry


def _has_own_models(environ: Mapping[str, str]) -> bool:
    """Say whether the user has service models of their own, which may change where STS is (botocore's loader)."""
    return "AWS_DATA_PATH" in environ or os.path.isdir(_expanded("~/.aws/models"))  # noqa: PTH112 - the same


def _expanded(path: str) -> str:
    """Return a path as botocore opens it."""
    return os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111 - the same


def _content(path: str) -> bytes:
    """Return what a file holds, nothing if there is none; never waits for one that is a pipe."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode) and path != os.devnull:
            raise OSError(22, f"{path} is not a file")
        found = b""
        while more := os.read(file, FILE_BYTES_MAX + 1 - len(found)):
            found += more
    finally:
        os.close(file)
    if len(found) > FILE_BYTES_MAX:
        raise OSError(27, f"{path} is too large")
    return found
