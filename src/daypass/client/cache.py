"""An encrypted on-disk cache of temporary credentials, one private file for each entry.

An entry's name includes everything that decides which credentials it holds. Its file is named by a
keyed digest of that name, so that a file name reveals nothing. A file with another owner, a wider
mode, too many bytes or content that does not decrypt is a miss.

Entries are encrypted with AES-256-GCM. The key is in the system's keyring where there is a usable
one, otherwise in a file of mode 0600 beside the entries; `DAYPASS_KEYRING=file` selects the file
without looking for a keyring.

An SDK waits for this module before every command: it loads nothing that a hit does not need (no
pathlib, dataclasses, json, typing or contextlib).
"""

import os
from binascii import a2b_base64, b2a_base64

from daypass.client.cache_entry import CacheEntry, decode_entry, encode_entry
from daypass.client.cache_primitives import AESGCM, blake2b
from daypass.client.private_files import (
    ensure_private_directory,
    read_private_file,
    remove_file,
    write_private_file,
)

TYPE_CHECKING = False  # `typing` takes longer to load than a hit takes
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_NONCE_BYTES = 12
_KEY_BYTES = 32
"""AES-256."""
_HEADER = b"daypass-cache-4\n"
_ENTRY_SUFFIX = ".sealed"
_LOCK_SUFFIX = ".lock"


def cache_directory(environ: "os._Environ[str] | dict[str, str]") -> str:
    """Return the cache's path: `DAYPASS_CACHE`, or `daypass` in the user's cache directory.

    Empty means that there is no cache, because the user has no home directory.
    """
    if "DAYPASS_CACHE" in environ:
        return environ["DAYPASS_CACHE"]
    base = environ.get("XDG_CACHE_HOME")
    if not base:
        # Pathlib is not loaded here. A user without an entry in passwd gets the tilde back.
        home = environ["HOME"] if "HOME" in environ else os.path.expanduser("~")  # noqa: PTH111
        if not home.startswith("/"):
            return ""
        base = f"{home}/.cache"
    return f"{base}/daypass"


class CredentialCache:
    """The cache of one user, in a directory that only this user can read.

    `key` is the AES key; None takes or creates the key file. Raises
    `private_files.UnsafeDirectory`, and `OSError` for a directory that cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str], *, key: bytes | None = None) -> None:
        self._path = os.fspath(path)
        ensure_private_directory(self._path)
        key = key or _load_or_create_key(self._path)
        self._aead = AESGCM(key)
        self._name_key = key

    def get(self, name: str) -> CacheEntry | None:
        """Return an entry; None if it is missing, damaged, or its file is not private."""
        return self._read_entry(self._file_name(name))

    def put(self, name: str, entry: CacheEntry) -> None:
        """Store an entry, replacing the previous one atomically; raises `OSError`.

        The file's modification time is set to the credentials' expiry, for `remove_expired`.
        """
        file = self._file_name(name)
        nonce = os.urandom(_NONCE_BYTES)  # noqa: TID251 - the client is an edge
        body = self._aead.encrypt(nonce, encode_entry(entry), _HEADER + file.encode())
        write_private_file(
            f"{self._path}/{file}", _HEADER + nonce + body, time_seconds=entry.expires
        )

    def remove(self, name: str) -> None:
        """Remove an entry if it is there."""
        remove_file(f"{self._path}/{self._file_name(name)}")

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
            remove_file(f"{self._path}/{file}")
        return len(gone)

    def remove_expired(self, now: float) -> None:
        """Remove entries whose credentials have expired, and lock files without entry or holder."""
        from daypass.client.lock_files import remove_free_lock  # noqa: PLC0415 - not for a hit

        for file in self._list_files(_ENTRY_SUFFIX):
            if os.lstat(f"{self._path}/{file}").st_mtime < now:
                remove_file(f"{self._path}/{file}")
        kept = {file.removesuffix(_ENTRY_SUFFIX) for file in self._list_files(_ENTRY_SUFFIX)}
        for file in self._list_files(_LOCK_SUFFIX):
            if file.removesuffix(_LOCK_SUFFIX) not in kept:
                remove_free_lock(f"{self._path}/{file}")

    def lock(self, name: str) -> "AbstractContextManager[None]":
        """Return a context that holds an entry's lock file, blocking until it is free.

        So, of many commands that need the same credentials, one fetches them for all. Entering it
        raises `OSError`.
        """
        from daypass.client.lock_files import hold_lock  # noqa: PLC0415 - not for a hit

        stem = self._file_name(name).removesuffix(_ENTRY_SUFFIX)
        return hold_lock(f"{self._path}/{stem}{_LOCK_SUFFIX}")

    def _list_files(self, suffix: str) -> list[str]:
        # Pathlib is not loaded here.
        return [name for name in os.listdir(self._path) if name.endswith(suffix)]  # noqa: PTH208

    def _read_entry(self, file: str) -> CacheEntry | None:
        try:
            raw = read_private_file(f"{self._path}/{file}")
        except OSError:
            return None
        nonce = raw[len(_HEADER) : len(_HEADER) + _NONCE_BYTES]
        sealed = raw[len(_HEADER) + _NONCE_BYTES :]
        try:
            return decode_entry(self._aead.decrypt(nonce, sealed, _HEADER + file.encode()))
        except Exception as error:
            if _is_damage(error):
                return None
            raise

    def _file_name(self, name: str) -> str:
        """Return an entry's file name: a keyed digest, so that nobody can guess names from it."""
        return (
            blake2b(name.encode(), key=self._name_key, digest_size=24).hexdigest() + _ENTRY_SUFFIX
        )


def _is_damage(error: Exception) -> bool:
    """Say whether an error means that the bytes of an entry are not those that were written."""
    # Loaded only now, because it loads `typing`.
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415

    return isinstance(error, InvalidTag | ValueError | TypeError)


def _load_or_create_key(path: str) -> bytes:
    file = f"{path}/key"
    key = _load_key(file)
    if key is not None:
        return key
    from daypass.client.lock_files import hold_directory  # noqa: PLC0415 - not for a hit

    # Of several first commands at once, one creates the key: with keys of their own, each would
    # wait for other locks and fetch for itself.
    with hold_directory(path):
        key = _load_key(file)
        if key is None:
            key = AESGCM.generate_key(256)
            write_private_file(file, b2a_base64(key))
    return key


def _load_key(file: str) -> bytes | None:
    """Return the key in a file; None if the file is missing, not private, or holds no key."""
    try:
        key = a2b_base64(read_private_file(file))
    except (OSError, ValueError):
        return None
    return key if len(key) == _KEY_BYTES else None
