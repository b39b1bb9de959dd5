"""The key ring of a data directory: opened, and opened again when its file has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daypass.core.keyring import KeyRing
from daypass.core.sources import Entropy
from daypass.state.data_directory.directory_errors import errors_as_unusable
from daypass.state.files import data_files, key_ring_file
from daypass.state.unusable import Unusable


@dataclass(frozen=True, slots=True)
class OpenKeyRing:
    """A key ring that is open, and the version of the file that it was read from."""

    file_version: tuple[int, int]
    keys: KeyRing


class KeyRingFile:
    """The file of a key ring in a data directory."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        """Use the ring in the directory `path`; `environ` says where its master key comes from."""
        self._path = path
        self._environ = environ

    def file_version(self) -> tuple[int, int] | None:
        """Return a value that differs whenever the file was replaced; None if there is no file."""
        try:
            return key_ring_file.ring_file_version(self._path)
        except OSError:
            return None

    def open_ring(self) -> OpenKeyRing:
        """Open the ring; raises `Unusable` if it cannot be opened."""
        # The version is read first: a ring that is replaced meanwhile counts as changed once
        # more.
        file_version = key_ring_file.ring_file_version(self._path)
        return OpenKeyRing(file_version, key_ring_file.open_ring(self._path, self._environ))

    def open_or_create(self, *, now: int, entropy: Entropy) -> OpenKeyRing:
        """Open the ring, or create it in a first start; raises `Unusable`."""
        if not (self._path / data_files.KEY_RING).exists():
            key_ring_file.create_ring(self._path, self._environ, now=now, entropy=entropy)
        return self.open_ring()

    def reopen(self, ring: OpenKeyRing) -> OpenKeyRing:
        """Open the file again.

        Raises `Unusable` if it cannot be opened, or is not a later state of `ring`. It may
        take as long as the operator's command for the master key, so it must not be called
        on an event loop.
        """
        with errors_as_unusable(self._path):
            found = self.open_ring()
        if not found.keys.opens_all_of(ring.keys):
            raise Unusable(
                f"the key ring of {self._path} is not a later state of the one in use",
                f"put {self._path / data_files.KEY_RING} back: what is sealed now would not "
                "open any more",
            )
        return found
