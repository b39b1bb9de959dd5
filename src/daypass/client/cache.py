"""An encrypted on-disk cache of temporary credentials, one private file for each entry.

An entry's name includes everything that decides which credentials it holds. Its file is named by a
keyed digest of that name, so that a file name reveals nothing. A file with another owner, a wider
mode, too many bytes or content that does not decrypt is a miss.

Entries are encrypted with AES-256-GCM. The key is in the system's keyring where there is a usable
one, otherwise in a file of mode 0600 beside the entries; `DAYPASS_KEYRING=file` selects the file
without looking for a keyring.

An SDK waits for this module before every command: it loads nothing that a hit does not need (no
pathlib, no dataclasses, no json).
"""

import os
import stat
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_HEADER = b"daypass-cache-3\n"
_ENTRY_SUFFIX = ".sealed"
_LOCK_SUFFIX = ".lock"
_ENTRY_BYTES_MAX = 64 * 1024
"""The largest entry file; a session token may have 4 KB (STS), a name some hundred bytes."""


class UnsafeCacheDirectory(Exception):
    """The cache's directory is a link or belongs to another user."""


class CacheEntry(NamedTuple):
    """Temporary credentials as the cache stores them; `expires` is seconds since 1970."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: int
    account: str = ""
    profiles: tuple[str, ...] = ()
    """The profiles that the credentials are for, with those on their `source_profile` chains."""

    def __repr__(self) -> str:
        """Return the access key id and expiry, without secrets."""
        return f"Entry({self.access_key_id!r}, expires={self.expires})"


def cache_directory(environ: "os._Environ[str] | dict[str, str]") -> str:
    """Return the cache's path: `DAYPASS_CACHE`, or `daypass` in the user's cache directory."""
    if "DAYPASS_CACHE" in environ:
        return environ["DAYPASS_CACHE"]
    base = environ.get("XDG_CACHE_HOME")
    if not base:
        # Pathlib is not loaded here.
        home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111
        base = f"{home}/.cache"
    return f"{base}/daypass"


class CredentialCache:
    """The cache of one user, in a directory that only this user can read.

    `key` is the AES key; None takes or creates the key file. Raises `UnsafeCacheDirectory`.
    """

    def __init__(self, path: str | os.PathLike[str], *, key: bytes | None = None) -> None:
        self._path = os.fspath(path)
        _ensure_private_directory(self._path)
        key = key or _load_or_create_key(self._path)
        self._aead = AESGCM(key)
        self._name_key = key

    def get(self, name: str) -> CacheEntry | None:
        """Return an entry; None if it is missing, damaged, or its file is not private."""
        return self._read_entry(self._file_name(name))

    def put(self, name: str, entry: CacheEntry) -> None:
        """Store an entry, replacing the previous one atomically.

        The file's modification time is set to the credentials' expiry, for `remove_expired`.
        """
        file = self._file_name(name)
        nonce = os.urandom(_NONCE_BYTES)  # noqa: TID251 - the client is an edge
        body = self._aead.encrypt(nonce, _encode_entry(entry), _HEADER + file.encode())
        write_private_file(
            f"{self._path}/{file}", _HEADER + nonce + body, time_seconds=entry.expires
        )

    def forget(self, profile: str | None = None) -> int:
        """Remove a profile's entries, or all without a profile, and return how many were removed.

        Entries of other profiles with the same session are removed with them, and entries of
        profiles that use this one as source. An entry that cannot be decrypted could belong to any
        profile, so it is removed too.
        """
        found = {file: self._read_entry(file) for file in self._list_files(_ENTRY_SUFFIX)}
        ids = {
            entry.access_key_id
            for entry in found.values()
            if entry is not None and (profile is None or profile in entry.profiles)
        }
        gone = [f for f, entry in found.items() if entry is None or entry.access_key_id in ids]
        for file in gone:
            _remove_file(f"{self._path}/{file}")
        return len(gone)

    def remove_expired(self, now: float) -> None:
        """Remove entries whose credentials have expired, and lock files without entry or holder."""
        for file in self._list_files(_ENTRY_SUFFIX):
            if os.lstat(f"{self._path}/{file}").st_mtime < now:
                _remove_file(f"{self._path}/{file}")
        kept = {file.removesuffix(_ENTRY_SUFFIX) for file in self._list_files(_ENTRY_SUFFIX)}
        for file in self._list_files(_LOCK_SUFFIX):
            if file.removesuffix(_LOCK_SUFFIX) not in kept:
                _remove_free_lock(f"{self._path}/{file}")

    def _list_files(self, suffix: str) -> list[str]:
        # The same.
        return [name for name in os.listdir(self._path) if name.endswith(suffix)]  # noqa: PTH208

    def _read_entry(self, file: str) -> CacheEntry | None:
        try:
            raw = _read_private_file(f"{self._path}/{file}")
            nonce = raw[len(_HEADER) : len(_HEADER) + _NONCE_BYTES]
            body = raw[len(_HEADER) + _NONCE_BYTES :]
            return _decode_entry(self._aead.decrypt(nonce, body, _HEADER + file.encode()))
        except (OSError, InvalidTag, ValueError, TypeError):
            return None

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold an entry's lock file, blocking until it is free.

        So, of many commands that need the same credentials, one fetches them for all.
        """
        import fcntl  # noqa: PLC0415 - not needed for a hit

        path = f"{self._path}/{self._file_name(name).removesuffix(_ENTRY_SUFFIX)}{_LOCK_SUFFIX}"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _file_name(self, name: str) -> str:
        """Return an entry's file name: a keyed digest, so that nobody can guess names from it."""
        return (
            blake2b(name.encode(), key=self._name_key, digest_size=24).hexdigest() + _ENTRY_SUFFIX
        )


def _encode_entry(entry: CacheEntry) -> bytes:
    """Return an entry as lines; raises `ValueError` for a field that contains a line end."""
    parts = [str(part) for part in (*entry[:5], *entry.profiles)]
    if any("\n" in part for part in parts):
        raise ValueError("a credential holds a line end")
    return "\n".join(parts).encode()


def _decode_entry(body: bytes) -> CacheEntry:
    key_id, secret, token, expires, account, *profiles = body.decode().split("\n")
    return CacheEntry(key_id, secret, token, int(expires), account, tuple(profiles))


def _ensure_private_directory(path: str) -> None:
    """Create the directory or restrict it to mode 0700; raises `UnsafeCacheDirectory`."""
    os.makedirs(path, mode=0o700, exist_ok=True)  # noqa: PTH103 - the same
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise UnsafeCacheDirectory(f"{path} is a link, or belongs to somebody else")
    if status.st_mode & 0o077:
        os.chmod(path, 0o700)  # noqa: PTH101 - the same


def _read_private_file(path: str) -> bytes:
    """Return the bytes of a private regular file; raises `OSError` for a link or another's file."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(file, "rb") as opened:  # noqa: PTH123 - a descriptor
        status = os.fstat(file)
        if (
            not stat.S_ISREG(status.st_mode)
            or status.st_uid != os.geteuid()
            or status.st_mode & 0o077
            or status.st_size > _ENTRY_BYTES_MAX
        ):
            raise PermissionError(f"{path} is not ours alone")
        return opened.read(status.st_size)


def _load_or_create_key(path: str) -> bytes:
    file = f"{path}/key"
    try:
        key = a2b_base64(_read_private_file(file))
        if len(key) == 32:  # noqa: PLR2004 - AES-256
            return key
    except (OSError, ValueError):
        pass
    key = AESGCM.generate_key(256)
    write_private_file(file, b2a_base64(key))
    return key


def write_private_file(path: str, content: bytes, *, time_seconds: int | None = None) -> None:
    """Write a file of mode 0600 atomically, whatever the umask.

    `time_seconds`, if given, becomes its modification time in seconds since 1970.
    """
    folder, _, name = path.rpartition("/")
    fresh = f"{folder}/.{name}.{os.getpid()}"
    _remove_file(fresh)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, 0o600)
        if os.write(file, content) != len(content):
            raise OSError(28, "no space left on device")
        if time_seconds is not None:
            os.utime(file, (time_seconds, time_seconds))
    finally:
        os.close(file)
    os.replace(fresh, path)  # noqa: PTH105 - the same


def _remove_file(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - the same
    except FileNotFoundError:
        return


def _remove_free_lock(path: str) -> None:
    """Remove a lock file unless another process holds the lock."""
    import fcntl  # noqa: PLC0415 - not needed for a hit

    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove_file(path)
    except BlockingIOError:
        return
    finally:
        os.close(file)
