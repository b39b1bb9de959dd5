"""Temporary credentials kept between commands: encrypted, private, and a miss whenever anything about them is odd.

Each entry is a file of its own, sealed by AES-256-GCM. The key lies in the system's keyring where there is a usable one,
otherwise in a file of mode 0600 beside the entries; `DAYPASS_KEYRING=file` asks for the file, and saves looking.

An SDK waits for this module before every command: it loads nothing that a hit does not need (no pathlib, no dataclasses, no json).
"""

import hashlib
import os
import stat
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_VERSION = b"daypass-cache-2\n"
_SUFFIX = ".sealed"


class Unsafe(Exception):
    """The cache's directory could be read or written by others."""


class Entry(NamedTuple):
    """Temporary credentials; `expires` is seconds since 1970."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: int
    account: str = ""

    def __repr__(self) -> str:
        """Show which credentials these are, and no secret."""
        return f"Entry({self.access_key_id!r}, expires={self.expires})"


def directory(environ: "os._Environ[str] | dict[str, str]") -> str:
    """Return where the cache is: `DAYPASS_CACHE`, or the user's cache directory."""
    if "DAYPASS_CACHE" in environ:
        return environ["DAYPASS_CACHE"]
    base = environ.get("XDG_CACHE_HOME")
    if not base:
        home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - pathlib is not loaded here
        base = f"{home}/.cache"
    return f"{base}/daypass"


class Cache:
    """The entries of one user."""

    def __init__(self, path: str | os.PathLike[str], *, key: bytes | None = None) -> None:
        self._path = os.fspath(path)
        _own_directory(self._path)
        self._aead = AESGCM(key or _file_key(self._path))

    def get(self, name: str) -> Entry | None:
        """Return an entry; nothing for one that is not there, damaged, or not ours alone."""
        path = self._file(name)
        try:
            raw = _private_bytes(path)
            nonce = raw[len(_VERSION) : len(_VERSION) + _NONCE]
            body = self._aead.decrypt(
                nonce, raw[len(_VERSION) + _NONCE :], _VERSION + name.encode()
            )
            return _entry(body)
        except (OSError, InvalidTag, ValueError, TypeError):
            return None

    def put(self, name: str, entry: Entry) -> None:
        """Keep an entry, in place of the one before, at once."""
        nonce = os.urandom(_NONCE)  # noqa: TID251 - the client is an edge
        body = self._aead.encrypt(nonce, _lines(entry), _VERSION + name.encode())
        write_private(self._file(name), _VERSION + nonce + body)

    def forget(self) -> int:
        """Remove every entry and return how many there were."""
        names = [name for name in os.listdir(self._path) if name.endswith(_SUFFIX)]  # noqa: PTH208 - the same
        for name in names:
            _remove(f"{self._path}/{name}")
        return len(names)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold an entry's lock, so that of many commands that need it one fetches and the others find it."""
        import fcntl  # noqa: PLC0415 - not needed for a hit

        path = self._file(name).removesuffix(_SUFFIX) + ".lock"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _file(self, name: str) -> str:
        return f"{self._path}/{hashlib.sha256(name.encode()).hexdigest()[:40]}{_SUFFIX}"


def _lines(entry: Entry) -> bytes:
    """Write an entry, a line for each of its parts; raises `ValueError` for a part that is more than a line."""
    parts = [str(part) for part in entry]
    if any("\n" in part for part in parts):
        raise ValueError("a credential holds a line end")
    return "\n".join(parts).encode()


def _entry(body: bytes) -> Entry:
    key_id, secret, token, expires, account = body.decode().split("\n")
    return Entry(key_id, secret, token, int(expires), account)


def _own_directory(path: str) -> None:
    """Make the directory, or make sure that it is ours alone; raises `Unsafe`."""
    os.makedirs(path, mode=0o700, exist_ok=True)  # noqa: PTH103 - the same
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise Unsafe(f"{path} is a link, or belongs to somebody else")
    if status.st_mode & 0o077:
        os.chmod(path, 0o700)  # noqa: PTH101 - the same


def _private_bytes(path: str) -> bytes:
    """Return what a file holds that is ours alone, and no link; raises `OSError` for any other."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(file)
        if (
            not stat.S_ISREG(status.st_mode)
            or status.st_uid != os.geteuid()
            or status.st_mode & 0o077
        ):
            raise PermissionError(f"{path} is not ours alone")
        return os.read(file, status.st_size)
    finally:
        os.close(file)


def _file_key(path: str) -> bytes:
    file = f"{path}/key"
    try:
        key = a2b_base64(_private_bytes(file))
        if len(key) == 32:  # noqa: PLR2004 - AES-256
            return key
    except (OSError, ValueError):
        pass
    key = AESGCM.generate_key(256)
    write_private(file, b2a_base64(key))
    return key


def write_private(path: str, content: bytes) -> None:
    """Write a file of mode 0600 whatever the umask, whole or not at all."""
    folder, _, name = path.rpartition("/")
    fresh = f"{folder}/.{name}.{os.getpid()}"
    _remove(fresh)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, 0o600)
        if os.write(file, content) != len(content):
            raise OSError(28, "no space left on device")
    finally:
        os.close(file)
    os.replace(fresh, path)  # noqa: PTH105 - the same


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - the same
    except FileNotFoundError:
        return
