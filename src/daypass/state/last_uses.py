"""When a credential or a role was last used: told at once, written down in batches, never waited for."""

import threading
from collections.abc import Mapping

import msgspec


class LastUse(msgspec.Struct, frozen=True):
    """A use: when (seconds since 1970), of which service (`sts`), in which region."""

    when: int
    service: str
    region: str


class LastUses:
    """The last use of each thing by its id; what changed since the last flush is kept apart for the writer.

    An older use never replaces a newer one. The event loop notes and asks while the writer's thread drains and learns.
    """

    def __init__(self, known: Mapping[str, LastUse] | None = None) -> None:
        self._known = dict(known or {})
        self._unwritten: dict[str, LastUse] = {}
        self._lock = threading.Lock()

    def record(self, thing: str, use: LastUse) -> None:
        """Remember that a thing was used here."""
        with self._lock:
            known = self._known.get(thing)
            if known is None or known.when <= use.when:
                self._known[thing] = use
                self._unwritten[thing] = use

    def last_use(self, thing: str) -> LastUse | None:
        """Return the last use of an access key (by its id) or a role (by its unique id)."""
        return self._known.get(thing)

    def take_unwritten(self) -> dict[str, LastUse]:
        """Return what the writer has not written yet, and count it as written."""
        with self._lock:
            unwritten, self._unwritten = self._unwritten, {}
        return unwritten

    def restore_unwritten(self, uses: Mapping[str, LastUse]) -> None:
        """Count what was drained as not written; a use that was noted since is newer."""
        with self._lock:
            self._unwritten = {**uses, **self._unwritten}

    def merge(self, uses: Mapping[str, LastUse]) -> None:
        """Remember what is written, by whichever node."""
        for thing, use in uses.items():
            # Taken for each thing alone, so that the event loop waits for one of them at most.
            with self._lock:
                known = self._known.get(thing)
                if known is None or known.when < use.when:
                    self._known[thing] = use
                elif known.when == use.when and self._unwritten.get(thing) is not known:
                    # Of one second what is written counts, unless ours is written later and counts then.
                    self._known[thing] = use
