"""A server's processes as the system knows them: which there are, what processor time they used,
and who serves which connection.
"""

import os
import signal
from pathlib import Path

from tests.campaign.faults._parts import until

GONE_SECONDS_MAX = 60.0
_NANOSECONDS = 1_000_000_000


def _stat(pid):
    """Return state and parent of a process; None if there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1])


def lives(pid):
    """Say whether a process runs; one that has ended and is not reaped does not."""
    found = _stat(pid)
    return found is not None and found[0] not in "ZX"


def children(pid):
    """Return the processes that a process has started and that still run, the oldest first."""
    known = {int(each.name): _stat(each.name) for each in Path("/proc").glob("[0-9]*")}
    return sorted(
        child
        for child, found in known.items()
        if found is not None and found[1] == pid and found[0] not in "ZX"
    )


def cpu_seconds(pids):
    """Return the processor time of all threads of processes, to the nanosecond; a thread that
    has ended is not counted.
    """
    used = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            used += int((thread / "schedstat").read_text().split()[0])
    return used / _NANOSECONDS


def kill(pid):
    """Kill a process, if it is there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def all_gone(pids, seconds=GONE_SECONDS_MAX):
    """Say whether none of these processes runs any more before so many seconds have passed."""
    return until(lambda: not any(map(lives, pids)), seconds)


def server_of(connection, pids):
    """Return which of some processes serves a connection of this one; None while none has
    accepted it.
    """
    ours, theirs = connection.getsockname()[1], connection.getpeername()[1]
    inode = _inode(theirs, ours)
    return next((pid for pid in pids if inode in _sockets(pid)), None) if inode else None


def _inode(local, remote):
    """Return the inode of an established socket by its two ports; 0 while nobody has accepted
    it.
    """
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if (
            int(fields[1].rpartition(":")[2], 16) == local
            and int(fields[2].rpartition(":")[2], 16) == remote
        ):
            return int(fields[9])
    return 0


def _sockets(pid):
    """Return the inodes of a process's sockets."""
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            name = each.readlink().name
        except OSError:
            continue
        if name.startswith("socket:["):
            found.add(int(name[8:-1]))
    return found
