"""Temporary credentials kept between commands: encrypted, private, and a miss whenever anything about them is odd.

Each entry is a file of its own, sealed by AES-256-GCM. The key lies in the system's keyring where there is a usable one,
otherwise in a file of mode 0600 beside the entries; `DAYPASS_KEYRING=file` asks for the file, and saves looking.
"""

import base64
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_VERSION = b"daypass-cache-1\n"


class Unsafe(Exception):
    """The cache's directory could be read or written by others."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Temporary credentials; `expires` is seconds since 1970."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires: int
    account: str = ""


def directory(environ: "os._Environ[str] | dict[str, str]") -> Path:
    """Return where the cache is: `DAYPASS_CACHE`, or the user's cache directory."""
    if "DAYPASS_CACHE" in environ:
        return Path(environ["DAYPASS_CACHE"])
    base = environ.get("XDG_CACHE_HOME") or str(
        Path(environ.get("HOME", "~")).expanduser() / ".cache"
    )
    return Path(base) / "daypass"


class Cache:
    """The entries of one user."""

    def __init__(self, path: Path, *, key: bytes | None = None) -> None:
        self._path = path
        _own_directory(path)
        self._aead = AESGCM(key or _file_key(path))

    def get(self, name: str) -> Entry | None:
        """Return an entry; nothing for one that is not there, damaged, or not ours alone."""
        path = self._file(name)
        try:
            if not _is_private(path):
                return None
            raw = path.read_bytes()
            nonce = raw[len(_VERSION) : len(_VERSION) + _NONCE]
            body = self._aead.decrypt(
                nonce, raw[len(_VERSION) + _NONCE :], _VERSION + name.encode()
            )
            return Entry(**json.loads(body))
        except (OSError, InvalidTag, ValueError, TypeError):
            return None

    def put(self, name: str, entry: Entry) -> None:
        """Keep an entry, in place of the one before, at once."""
        nonce = os.urandom(_NONCE)  # noqa: TID251 - the client is an edge
        body = self._aead.encrypt(
            nonce, json.dumps(asdict(entry)).encode(), _VERSION + name.encode()
        )
        write_private(self._file(name), _VERSION + nonce + body)

    def forget(self) -> int:
        """Remove every entry and return how many there were."""
        files = list(self._path.glob("*.sealed"))
        for path in files:
            path.unlink(missing_ok=True)
        return len(files)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold an entry's lock, so that of many commands that need it one fetches and the others find it."""
        import fcntl  # noqa: PLC0415 - not needed for a hit

        file = os.open(
            self._file(name).with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _file(self, name: str) -> Path:
        return self._path / f"{hashlib.sha256(name.encode()).hexdigest()[:40]}.sealed"


def _own_directory(path: Path) -> None:
    """Make the directory, or make sure that it is ours alone; raises `Unsafe`."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise Unsafe(f"{path} is a link, or belongs to somebody else")
    if status.st_mode & 0o077:
        path.chmod(0o700)


def _is_private(path: Path) -> bool:
    status = path.lstat()
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & 0o077
    )


def _file_key(path: Path) -> bytes:
    file = path / "key"
    try:
        if _is_private(file):
            key = base64.b64decode(file.read_bytes())
            if len(key) == 32:  # noqa: PLR2004 - AES-256
                return key
    except (OSError, ValueError):
        pass
    key = AESGCM.generate_key(256)
    write_private(file, base64.b64encode(key))
    return key


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 whatever the umask, whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, 0o600)
        os.write(file, content)
    finally:
        os.close(file)
    fresh.replace(path)
