"""The key ring of a data directory: opened, and opened again when a command has changed its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daypass.core.keyring import KeyRing
from daypass.core.sources import Entropy
from daypass.state.data_directory.explaining import explained
from daypass.state.files import data_files, key_ring_file
from daypass.state.unusable import Unusable


@dataclass(frozen=True, slots=True)
class Ring:
    """A key ring that is open; `stamp` tells its file from every other state of it."""

    stamp: tuple[int, int]
    keys: KeyRing


class RingFile:
    """The file of a key ring in a data directory."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        """Name the data directory; `environ` says how its master key is had."""
        self._path = path
        self._environ = environ

    def stamp(self) -> tuple[int, int] | None:
        """Return what changes whenever the file does; None while there is no such file to be seen."""
        try:
            return key_ring_file.stamp(self._path)
        except OSError:
            return None

    def opened(self) -> Ring:
        """Open the ring; raises `Unusable` where it does not open."""
        # The stamp comes first: a ring that is replaced meanwhile counts as changed once more.
        stamp = key_ring_file.stamp(self._path)
        return Ring(stamp, key_ring_file.open_ring(self._path, self._environ))

    def opened_or_made(self, *, now: int, entropy: Entropy) -> Ring:
        """Open the ring, or make it in a first start that has none yet; raises `Unusable`."""
        if not (self._path / data_files.KEY_RING).exists():
            key_ring_file.create_ring(self._path, self._environ, now=now, entropy=entropy)
        return self.opened()

    def after(self, ring: Ring) -> Ring:
        """Open the file again; raises `Unusable` where it does not open, or does not follow the ring in use.

        It takes as long as the operator's command for the master key: not to be called on an event loop.
        """
        with explained(self._path):
            found = self.opened()
        if not found.keys.opens_all_of(ring.keys):
            raise Unusable(
                f"the key ring of {self._path} is not the one from before with further keys",
                f"put {self._path / data_files.KEY_RING} back: what is sealed now would not open any more",
            )
        return found
