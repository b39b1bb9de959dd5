"""The key ring's file, and the master key that opens it.

The master key is a file of mode 0600 beside the ring, created at the first start; or
`DAYPASS_MASTER_KEY` (base64); or the output of the command in `DAYPASS_MASTER_KEY_COMMAND`. A
missing or wrong master key over existing data is an error, never a reason for a new key.
"""

import base64
import binascii
import fcntl
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from daypass.core import keyring
from daypass.core.keyring import KeyRing, UnreadableKeyRing
from daypass.core.sealing import KEY_BYTES, NONCE_BYTES
from daypass.core.sources import Entropy
from daypass.state.files.data_files import KEY_RING, MASTER_KEY
from daypass.state.files.private_files import check_private, sync_directory, write_private
from daypass.state.unusable import Unusable

COMMAND_SECONDS = 30
NEXT_MASTER = "master.key.next"
_RING_ENTROPY = KEY_BYTES + 16


def read_master_key(data: Path, environ: Mapping[str, str]) -> bytes | None:
    """Return the master key; None if it is a file that does not exist yet. Raises `Unusable`."""
    if "DAYPASS_MASTER_KEY" in environ:
        return _decode_master_key(environ["DAYPASS_MASTER_KEY"], "DAYPASS_MASTER_KEY")
    if "DAYPASS_MASTER_KEY_COMMAND" in environ:
        return _run_master_key_command(environ["DAYPASS_MASTER_KEY_COMMAND"])
    path = data / MASTER_KEY
    if not path.exists() and not path.is_symlink():
        return None
    check_private(path)
    return _decode_master_key(path.read_text("ascii", errors="replace"), str(path))


def open_ring(data: Path, environ: Mapping[str, str]) -> KeyRing:
    """Return the key ring of a data directory; raises `Unusable` if it cannot be opened."""
    path = data / KEY_RING
    if not path.exists():
        raise _no_ring(data)
    check_private(path)
    master = read_master_key(data, environ)
    if master is None:
        raise Unusable(
            f"the master key of {data} is missing",
            f"put {data / 'master.key'} back, or set DAYPASS_MASTER_KEY; without it nothing "
            "can be opened",
        )
    try:
        return keyring.open_key_ring(path.read_bytes(), master)
    except UnreadableKeyRing as error:
        ring = _open_with_waiting_key(data, path) if is_master_key_a_file(environ) else None
        if ring is None:
            raise Unusable(
                f"{error.message} ({path})", "is this the master key of this data directory?"
            ) from error
        return ring


def _open_with_waiting_key(data: Path, path: Path) -> KeyRing | None:
    """Return the ring if a change of the master key was interrupted, None otherwise.

    The ring is then sealed under the new key, which is not in its place yet.
    """
    waiting = data / NEXT_MASTER
    if not waiting.exists():
        return None
    check_private(waiting)
    master = _decode_master_key(waiting.read_text("ascii", errors="replace"), str(waiting))
    try:
        return keyring.open_key_ring(path.read_bytes(), master)
    except UnreadableKeyRing:
        return None


def is_master_key_a_file(environ: Mapping[str, str]) -> bool:
    """Return whether the master key is a file in the data directory, not in the environment."""
    return not {"DAYPASS_MASTER_KEY", "DAYPASS_MASTER_KEY_COMMAND"} & set(environ)


def create_ring(data: Path, environ: Mapping[str, str], *, now: int, entropy: Entropy) -> KeyRing:
    """Create the first ring, and a master key if none is given.

    After a crash between the two the next start finishes.
    """
    master = read_master_key(data, environ)
    if master is None:
        master = entropy(KEY_BYTES)
        write_private(data / MASTER_KEY, base64.b64encode(master) + b"\n")
    ring = KeyRing.new(entropy(_RING_ENTROPY), now=now)
    save_ring(data, ring, master, entropy=entropy)
    return ring


def save_ring(data: Path, ring: KeyRing, master: bytes, *, entropy: Entropy) -> None:
    """Replace the ring's file, atomically and durably."""
    write_private(data / KEY_RING, ring.seal(master, nonce=entropy(NONCE_BYTES)))


AnnounceChange = Callable[[str], None]
"""Called with what is about to change; raises to prevent the change."""


def _announce_nowhere(_what: str) -> None:
    """Do nothing, for callers without an audit log."""


def rotate_root_key(
    data: Path,
    environ: Mapping[str, str],
    *,
    now: int,
    entropy: Entropy,
    tell: AnnounceChange = _announce_nowhere,
) -> KeyRing:
    """Add a root key that seals from now on; older keys still open what they sealed.

    `tell` is called with what is about to change; if it raises, nothing is changed.
    """
    with _lock_ring(data):
        _finish_master_key_change(data, environ)
        ring = open_ring(data, environ).with_new_key(entropy(KEY_BYTES), now=now)
        master = read_master_key(data, environ)
        assert master is not None  # noqa: S101 - the ring has just been opened with it
        tell(f"root key {ring.keys[-1].id}")
        save_ring(data, ring, master, entropy=entropy)
        return ring


def change_master_key(
    data: Path,
    environ: Mapping[str, str],
    *,
    entropy: Entropy,
    tell: AnnounceChange = _announce_nowhere,
) -> None:
    """Seal the ring under a new master key; raises `Unusable` if the ring cannot be opened.

    Where the master key is a file, a new key is created: first it waits beside the old one,
    then the ring is sealed under it, then it replaces the old one. Interrupted at any point,
    the ring opens with one of the two, and the next change or rotation finishes. Otherwise the
    new key comes in `DAYPASS_NEW_MASTER_KEY`, and the ring changes at once. `tell` is called
    with what is about to change; if it raises, nothing is changed.
    """
    with _lock_ring(data):
        _finish_master_key_change(data, environ)
        ring = open_ring(data, environ)
        if not is_master_key_a_file(environ):
            if "DAYPASS_NEW_MASTER_KEY" not in environ:
                raise Unusable(
                    "there is no new master key",
                    "the old one does not come from a file: give the new one in "
                    "DAYPASS_NEW_MASTER_KEY",
                )
            master = _decode_master_key(environ["DAYPASS_NEW_MASTER_KEY"], "DAYPASS_NEW_MASTER_KEY")
            tell("the master key, by the one in DAYPASS_NEW_MASTER_KEY")
            save_ring(data, ring, master, entropy=entropy)
            return
        tell("the master key, by a new one in the data directory")
        master = entropy(KEY_BYTES)
        write_private(data / NEXT_MASTER, base64.b64encode(master) + b"\n")
        save_ring(data, ring, master, entropy=entropy)
        _finish_master_key_change(data, environ)


def _finish_master_key_change(data: Path, environ: Mapping[str, str]) -> None:
    """Put a waiting master key in its place if the ring is sealed under it.

    The leftover of a change that did not get that far is overwritten by the next change.
    """
    if not is_master_key_a_file(environ) or not (data / NEXT_MASTER).exists():
        return
    if _open_with_waiting_key(data, data / KEY_RING) is not None:
        (data / NEXT_MASTER).replace(data / MASTER_KEY)
        sync_directory(data)


@contextmanager
def _lock_ring(data: Path) -> Iterator[None]:
    """Hold a lock on the ring's file, so that one command at a time changes the ring.

    The server only reads it. The lock is on the ring itself, so that it cannot be removed
    without the ring. A command that waited for a ring that was replaced meanwhile waits for the
    new one.
    """
    path = data / KEY_RING
    while True:
        ring = _open_descriptor(path)
        try:
            fcntl.flock(ring, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(ring), path.stat()):
                yield
                return
        finally:
            os.close(ring)


def _open_descriptor(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise _no_ring(path.parent) from None


def _no_ring(data: Path) -> Unusable:
    return Unusable(f"there is no key ring in {data}", "daypass up makes one at the first start")


def ring_file_version(data: Path) -> tuple[int, int]:
    """Return a value that differs whenever the ring's file was replaced: inode and mtime."""
    found = (data / KEY_RING).stat()
    return found.st_ino, found.st_mtime_ns


def _run_master_key_command(command: str) -> bytes:
    """Return the master key that a command prints; raises `Unusable` if it fails."""
    try:
        words = shlex.split(command)
        if not words:
            raise Unusable(
                "DAYPASS_MASTER_KEY_COMMAND is empty",
                "give a command that prints the master key, or leave the variable out",
            )
        done = subprocess.run(  # noqa: S603 - the operator's own command, split without a shell
            words,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Unusable(
            f"the command for the master key failed: {_command_failure(error)}",
            "run what DAYPASS_MASTER_KEY_COMMAND holds by hand",
        ) from error
    return _decode_master_key(
        done.stdout.decode("ascii", errors="replace"), "DAYPASS_MASTER_KEY_COMMAND"
    )


def _command_failure(error: Exception) -> str:
    """Return how a command failed, without its output, which may be half a key."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took longer than {COMMAND_SECONDS} seconds"
    if isinstance(error, OSError):
        return f"it cannot be run: {error.strerror}"
    return "it cannot be split into words"


def _decode_master_key(text: str, source: str) -> bytes:
    """Return the master key from its base64; raises `Unusable` if it is malformed."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Unusable(f"{source} does not hold a master key", "32 bytes in base64")
    return key
