"""Last uses of access keys and roles, in memory; written to the store in batches."""

import threading
from collections.abc import Mapping

import msgspec


class LastUse(msgspec.Struct, frozen=True):
    """A use of a credential: when (epoch seconds), of which service (`sts`), in which region."""

    when: int
    service: str
    region: str


class LastUses:
    """The last use of each access key and role, by id, and those that are not yet written.

    An older use never replaces a newer one. The event loop records and reads while the
    committer's thread takes unwritten uses and merges those of other nodes.
    """

    def __init__(self, known: Mapping[str, LastUse] | None = None) -> None:
        self._known = dict(known or {})
        self._unwritten: dict[str, LastUse] = {}
        self._lock = threading.Lock()

    def record(self, used_id: str, use: LastUse) -> None:
        """Record that an access key or role was used on this node."""
        if self._known.get(used_id) == use:
            # One of many within a second, of which the first is written, or waits to be.
            return
        with self._lock:
            known = self._known.get(used_id)
            if known is None or known.when <= use.when:
                self._known[used_id] = use
                self._unwritten[used_id] = use

    def last_use(self, used_id: str) -> LastUse | None:
        """Return the last use of an access key (by id) or a role (by unique id), None if unused."""
        return self._known.get(used_id)

    def take_unwritten(self) -> dict[str, LastUse]:
        """Return the uses that are not written yet, and mark them as written."""
        with self._lock:
            unwritten, self._unwritten = self._unwritten, {}
        return unwritten

    def restore_unwritten(self, uses: Mapping[str, LastUse]) -> None:
        """Mark uses that could not be written as unwritten again; newer ones replace them."""
        with self._lock:
            self._unwritten = {**uses, **self._unwritten}

    def merge(self, uses: Mapping[str, LastUse]) -> None:
        """Add uses that are stored, of whichever node."""
        for used_id, use in uses.items():
            # Locked for each use alone, so that the event loop waits for one of them at most.
            with self._lock:
                known = self._known.get(used_id)
                if known is None or known.when < use.when:
                    self._known[used_id] = use
                elif known.when == use.when and self._unwritten.get(used_id) is not known:
                    # Within one second the stored use counts, unless ours is still to be written.
                    self._known[used_id] = use
