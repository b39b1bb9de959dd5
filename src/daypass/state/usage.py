"""When a credential or a role was last used: told at once, written down in batches, never waited for."""

import msgspec


class LastUse(msgspec.Struct, frozen=True):
    """A use: when (seconds since 1970), of which service (`sts`), in which region."""

    when: int
    service: str
    region: str


class Usage:
    """The last use of each thing by its id; what changed since the last flush is kept apart for the writer."""

    def __init__(self, known: dict[str, LastUse] | None = None) -> None:
        self._known = dict(known or {})
        self._unwritten: dict[str, LastUse] = {}

    def note(self, thing: str, use: LastUse) -> None:
        """Remember that a thing was used."""
        self._known[thing] = use
        self._unwritten[thing] = use

    def last(self, thing: str) -> LastUse | None:
        """Return the last use of an access key (by its id) or a role (by its unique id)."""
        return self._known.get(thing)

    def drain(self) -> dict[str, LastUse]:
        """Return what the writer has not written yet, and count it as written."""
        unwritten, self._unwritten = self._unwritten, {}
        return unwritten
