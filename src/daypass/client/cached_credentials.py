"""Look up a profile's cached credentials by a digest of files and variables, without an SDK.

While no byte of the configuration files and no `AWS_` variable has changed, a profile means what it
meant before, so the files need not be parsed. Anything else is a miss, and `fetch` gets the
credentials instead. Only credentials that depend on those files and variables alone are cached
under such a name: those of a program, a sign-in or a machine may change without a trace there. The
cache's key has to be in a file, because a keyring takes too long to load.
"""

import os
import stat
import time

from daypass.client.cache import CredentialCache, cache_directory
from daypass.client.cache_primitives import blake2b
from daypass.client.configuration_files import CONFIGURATION_BYTES_MAX, expand_path

TYPE_CHECKING = False  # `typing` takes longer to load than a hit takes
if TYPE_CHECKING:
    from collections.abc import Mapping

    from daypass.client.cache_entry import CacheEntry

REFRESH_MARGIN_SECONDS = 6 * 60
"""Credentials that end sooner are a miss. A little more than in `fetch`, so that `fetch` replaces
them before they end."""


def profile_cache_name(profile: str, environ: "Mapping[str, str]") -> str:
    """Return the cache name of a profile: a digest of everything that decides what it means.

    `profile` is empty if none was named, which may mean other credentials than `default`. `environ`
    must be the process's own, with or without variables that an earlier command exported, because
    paths are expanded with the process's. Raises `OSError` for a configuration file that is not a
    regular file or cannot be read: credentials are then not cached under such a name.
    """
    parts: list[bytes] = [os.fsencode(profile), str(os.geteuid()).encode()]
    for variable, usual in (
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ):
        # Pathlib is not loaded here.
        path = os.path.abspath(expand_path(environ.get(variable) or usual))  # noqa: PTH100
        parts += [os.fsencode(path), _read_regular_file(path)]
    for variable in sorted(environ):
        if variable.startswith("AWS_"):
            parts.append(os.fsencode(f"{variable}={environ[variable]}"))
    digest = blake2b(digest_size=32)
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return f"shortcut {digest.hexdigest()}"


def find_cached_credentials(profile: str, environ: "Mapping[str, str]") -> "CacheEntry | None":
    """Return a profile's cached credentials; None if there are none, or if they end soon.

    Raises `OSError` as `profile_cache_name` does, and `private_files.UnsafeDirectory`.
    """
    path = cache_directory(dict(environ))
    # Pathlib is not loaded here.
    if not path or not os.path.isfile(f"{path}/key") or _has_own_models(environ):  # noqa: PTH113
        return None
    entry = CredentialCache(path).get(profile_cache_name(profile, environ))
    # The client is an edge.
    if entry is None or entry.expires - time.time() < REFRESH_MARGIN_SECONDS:  # noqa: TID251
        return None
    return entry


def drop_cached_credentials(name: str, environ: "Mapping[str, str]") -> None:
    """Remove an entry that `find_cached_credentials` could find, by its `profile_cache_name`.

    Where the cache's key is in a keyring now, an entry from before, whose key is in a file, would
    hide newer ones. Raises `OSError`.
    """
    path = cache_directory(dict(environ))
    if path and os.path.isfile(f"{path}/key"):  # noqa: PTH113 - pathlib is not loaded here
        CredentialCache(path).remove(name)


def _has_own_models(environ: "Mapping[str, str]") -> bool:
    """Say whether the user has service models of their own, which may change STS's endpoint."""
    # The same.
    return "AWS_DATA_PATH" in environ or os.path.isdir(expand_path("~/.aws/models"))  # noqa: PTH112


def _read_regular_file(path: str) -> bytes:
    """Return a file's bytes, empty if it is missing; raises `OSError` for anything but a file."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode) and path != os.devnull:
            raise OSError(22, f"{path} is not a file")
        found = b""
        while more := os.read(file, CONFIGURATION_BYTES_MAX + 1 - len(found)):
            found += more
    finally:
        os.close(file)
    if len(found) > CONFIGURATION_BYTES_MAX:
        raise OSError(27, f"{path} is too large")
    return found
