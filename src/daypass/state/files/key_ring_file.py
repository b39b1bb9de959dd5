"""The key ring's file and the master key that opens it.

The master key is a file of mode 0600 beside the ring, made at the first start; or `DAYPASS_MASTER_KEY` (base64); or what the
command in `DAYPASS_MASTER_KEY_COMMAND` prints. A missing or wrong master key over existing data is an error, never a new key.
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


def master_key(data: Path, environ: Mapping[str, str]) -> bytes | None:
    """Return the master key; nothing if it is a file that does not exist yet. Raises `Unusable`."""
    if "DAYPASS_MASTER_KEY" in environ:
        return _decoded(environ["DAYPASS_MASTER_KEY"], "DAYPASS_MASTER_KEY")
    if "DAYPASS_MASTER_KEY_COMMAND" in environ:
        return _from_command(environ["DAYPASS_MASTER_KEY_COMMAND"])
    path = data / MASTER_KEY
    if not path.exists() and not path.is_symlink():
        return None
    check_private(path)
    return _decoded(path.read_text("ascii", errors="replace"), str(path))


def open_ring(data: Path, environ: Mapping[str, str]) -> KeyRing:
    """Return the key ring of a data directory; raises `Unusable` where it does not open."""
    path = data / KEY_RING
    if not path.exists():
        raise _no_ring(data)
    check_private(path)
    master = master_key(data, environ)
    if master is None:
        raise Unusable(
            f"the master key of {data} is missing",
            f"put {data / 'master.key'} back, or set DAYPASS_MASTER_KEY; without it nothing can be opened",
        )
    try:
        return keyring.open_key_ring(path.read_bytes(), master)
    except UnreadableKeyRing as error:
        ring = _interrupted(data, path) if master_is_a_file(environ) else None
        if ring is None:
            raise Unusable(
                f"{error.message} ({path})", "is this the master key of this data directory?"
            ) from error
        return ring


def _interrupted(data: Path, path: Path) -> KeyRing | None:
    """Return the ring if a change of the master key stopped half-way: sealed anew, the new key not in its place yet."""
    waiting = data / NEXT_MASTER
    if not waiting.exists():
        return None
    check_private(waiting)
    master = _decoded(waiting.read_text("ascii", errors="replace"), str(waiting))
    try:
        return keyring.open_key_ring(path.read_bytes(), master)
    except UnreadableKeyRing:
        return None


def master_is_a_file(environ: Mapping[str, str]) -> bool:
    """Say whether the master key lies in the data directory, and not with somebody else."""
    return not {"DAYPASS_MASTER_KEY", "DAYPASS_MASTER_KEY_COMMAND"} & set(environ)


def create_ring(data: Path, environ: Mapping[str, str], *, now: int, entropy: Entropy) -> KeyRing:
    """Make the first ring, and a master key if none is given; a crash between the two is mended by the next start."""
    master = master_key(data, environ)
    if master is None:
        master = entropy(KEY_BYTES)
        write_private(data / MASTER_KEY, base64.b64encode(master) + b"\n")
    ring = KeyRing.new(entropy(_RING_ENTROPY), now=now)
    save_ring(data, ring, master, entropy=entropy)
    return ring


def save_ring(data: Path, ring: KeyRing, master: bytes, *, entropy: Entropy) -> None:
    """Write the ring in place of the one before, at once and durably."""
    write_private(data / KEY_RING, ring.seal(master, nonce=entropy(NONCE_BYTES)))


Tell = Callable[[str], None]
"""Is given what is about to change, and raises to leave it as it is."""


def _untold(_what: str) -> None:
    """Tell nobody: for whoever has no audit log."""


def rotate(
    data: Path, environ: Mapping[str, str], *, now: int, entropy: Entropy, tell: Tell = _untold
) -> KeyRing:
    """Add a root key that seals from now on; what older ones sealed goes on opening.

    `tell` is given what is about to change, and may raise to leave it as it is.
    """
    with _alone(data):
        _finish(data, environ)
        ring = open_ring(data, environ).with_new_key(entropy(KEY_BYTES), now=now)
        master = master_key(data, environ)
        assert master is not None  # noqa: S101 - the ring has just been opened with it
        tell(f"root key {ring.keys[-1].id}")
        save_ring(data, ring, master, entropy=entropy)
        return ring


def change_master(
    data: Path, environ: Mapping[str, str], *, entropy: Entropy, tell: Tell = _untold
) -> None:
    """Seal the ring under a new master key; raises `Unusable` where the ring does not open.

    Where the master key is a file a new one is made: first it waits beside the old one, then the ring is sealed under it,
    then it takes the old one's place. Stopped at any point, the ring opens with one of the two, and the next change or
    rotation finishes. Otherwise the new one comes in `DAYPASS_NEW_MASTER_KEY`, and the ring changes at once. `tell` is given
    what is about to change, and may raise to leave it as it is.
    """
    with _alone(data):
        _finish(data, environ)
        ring = open_ring(data, environ)
        if not master_is_a_file(environ):
            if "DAYPASS_NEW_MASTER_KEY" not in environ:
                raise Unusable(
                    "there is no new master key",
                    "the old one does not come from a file: give the new one in DAYPASS_NEW_MASTER_KEY",
                )
            master = _decoded(environ["DAYPASS_NEW_MASTER_KEY"], "DAYPASS_NEW_MASTER_KEY")
            tell("the master key, by the one in DAYPASS_NEW_MASTER_KEY")
            save_ring(data, ring, master, entropy=entropy)
            return
        tell("the master key, by a new one in the data directory")
        master = entropy(KEY_BYTES)
        write_private(data / NEXT_MASTER, base64.b64encode(master) + b"\n")
        save_ring(data, ring, master, entropy=entropy)
        _finish(data, environ)


def _finish(data: Path, environ: Mapping[str, str]) -> None:
    """Put a waiting master key in its place if the ring is sealed under it.

    A leftover of a change that did not get that far is overwritten by the next one.
    """
    if not master_is_a_file(environ) or not (data / NEXT_MASTER).exists():
        return
    if _interrupted(data, data / KEY_RING) is not None:
        (data / NEXT_MASTER).replace(data / MASTER_KEY)
        sync_directory(data)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Let one command at a time change the ring; the server only reads it.

    The lock is on the ring itself, so that it cannot be removed without the ring. Whoever waited for a ring that was replaced
    meanwhile waits for the new one.
    """
    path = data / KEY_RING
    while True:
        ring = _opened(path)
        try:
            fcntl.flock(ring, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(ring), path.stat()):
                yield
                return
        finally:
            os.close(ring)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise _no_ring(path.parent) from None


def _no_ring(data: Path) -> Unusable:
    return Unusable(f"there is no key ring in {data}", "daypass up makes one at the first start")


def stamp(data: Path) -> tuple[int, int]:
    """Return what changes whenever the ring's file does."""
    found = (data / KEY_RING).stat()
    return found.st_ino, found.st_mtime_ns


def _from_command(command: str) -> bytes:
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
            f"the command for the master key failed: {_failure(error)}",
            "run what DAYPASS_MASTER_KEY_COMMAND holds by hand",
        ) from error
    return _decoded(done.stdout.decode("ascii", errors="replace"), "DAYPASS_MASTER_KEY_COMMAND")


def _failure(error: Exception) -> str:
    """Return how a command failed; nothing of what it printed, which may be half a key."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took longer than {COMMAND_SECONDS} seconds"
    if isinstance(error, OSError):
        return f"it cannot be run: {error.strerror}"
    return "it cannot be split into words"


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Unusable(f"{source} does not hold a master key", "32 bytes in base64")
    return key
