"""The short way to a kept set of credentials: by what the user's files and variables are, without understanding them.

As long as not one byte of the configuration and not one AWS variable has changed, a profile means what it meant; anything else is
a miss, and the long way is gone. Works where the cache's key lies in a file.
"""

import hashlib
import os
import time
from collections.abc import Mapping

from daypass.client.cache import Cache, Entry, directory

EARLY_SECONDS = 6 * 60
"""A little more than the long way's, so that it is the long way that fetches anew."""


def name(profile: str, environ: Mapping[str, str]) -> str:
    """Return what credentials are kept under for everything that could change what the profile means."""
    home = environ.get("HOME", "")
    digest = hashlib.sha256(profile.encode())
    for variable, usual in (
        ("AWS_CONFIG_FILE", "config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ):
        digest.update(b"\0" + _content(environ.get(variable) or f"{home}/.aws/{usual}"))
    for variable in sorted(environ):
        if variable.startswith("AWS_"):
            digest.update(f"\0{variable}={environ[variable]}".encode())
    return f"shortcut {digest.hexdigest()}"


def find(profile: str, environ: Mapping[str, str]) -> Entry | None:
    """Return kept credentials that are good for a while yet; nothing where the long way has to be gone."""
    path = directory(dict(environ))
    if not os.path.isfile(f"{path}/key"):  # noqa: PTH113 - pathlib is not loaded here
        return None
    entry = Cache(path).get(name(profile, environ))
    if entry is None or entry.expires - time.time() < EARLY_SECONDS:  # noqa: TID251 - the client is an edge
        return None
    return entry


def _content(path: str) -> bytes:
    """Return what a file holds, nothing if there is none."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the same
            return file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return b""
