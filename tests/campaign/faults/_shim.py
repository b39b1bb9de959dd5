"""A disk that fails or kills, and clocks that jump, for a process that is started with
`Shim.environ`.
"""

import enum
import errno
import mmap
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).parent / "_shim.c"
FIELDS = ("wall", "monotonic", "die_in", "fail_in", "fail_for", "calls", "files", "number", "seen", "failed")  # fmt: skip
FOR_GOOD = 1 << 60


class Call(enum.IntFlag):
    """The kinds of system calls that can fail.

    `NAME` renames, removes and cuts; `OPEN` opens for writing.
    """

    WRITE, SYNC, OPEN, NAME = 1, 2, 4, 8
    ANY = 15


class File(enum.IntFlag):
    """The files of a data directory, by their names. `KEYS` are the key ring and its master key."""

    LOG, DATABASE, KEYS, OTHER = 1, 2, 4, 8
    ANY = 15


def why_not():
    """Return why a shim cannot be had on this machine; empty if it can."""
    return "" if shutil.which("cc") else "no C compiler: the disk's calls cannot be counted here"


def compiled(folder):
    """Return the library to preload, made in `folder`."""
    library = Path(folder) / "shim.so"
    subprocess.run(
        [shutil.which("cc"), "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True
    )
    return library


class Shim:
    """What is said to the processes that have the library; they hear it before their next system
    call.
    """

    def __init__(self, library, folder, *, root):
        """Make the control file in `folder`; only files below `root` fail."""
        control = Path(folder) / "control"
        control.write_bytes(bytes(8 * len(FIELDS)))
        with control.open("r+b") as file:
            self._said = mmap.mmap(file.fileno(), 8 * len(FIELDS))
        self.environ = {
            "LD_PRELOAD": str(library),
            "DISK_CONTROL": str(control),
            "DISK_ROOT": str(root),
        }

    def _set(self, **values):
        for name, value in values.items():
            struct.pack_into("q", self._said, 8 * FIELDS.index(name), value)

    def _get(self, name):
        return struct.unpack_from("q", self._said, 8 * FIELDS.index(name))[0]

    def heal(self):
        """Let the disk take everything again."""
        self._set(die_in=0, fail_in=0, fail_for=0, calls=0, files=0)

    def die_in(self, count, calls=Call.ANY, files=File.ANY):
        """Kill the process before the `count`-th call from now."""
        self.heal()
        self._set(die_in=count, calls=calls, files=files)

    def fail(self, calls=Call.ANY, files=File.ANY, *, after=0, times=1, number=errno.EIO):
        """Let `times` calls fail with `number`, from the one that comes after `after` others."""
        self.heal()
        self._set(
            number=number, fail_in=after + 1, fail_for=times - 1, seen=0, failed=0, files=files
        )
        self._set(calls=calls)

    def fail_for_good(self, calls=Call.ANY, files=File.ANY, *, number=errno.EIO):
        """Let every call fail with `number` until `heal`."""
        self.fail(calls, files, times=FOR_GOOD, number=number)

    @property
    def failed(self):
        """Return how many calls have failed since the last `fail`."""
        return self._get("failed")

    @property
    def wall(self):
        """Return how many seconds the wall clock is ahead of this process's."""
        return self._get("wall")

    def jump(self, seconds, *, monotonic=0):
        """Set the wall clock `seconds` ahead of this process's, and the monotonic one forward by
        `monotonic`.
        """
        self._set(wall=seconds, monotonic=self._get("monotonic") + monotonic)
