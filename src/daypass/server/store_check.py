"""What a store was found to have, kept beside the data until it is tried out again."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from daypass.gate.gate import Capabilities
from daypass.gate.preconditions import PROBED
from daypass.gate.probe import (
    ANNOTATIONS,
    BOUND_UPLOADS,
    DOT_SEGMENTS,
    EXACT_DELETIONS,
    TRAILERS,
    Finding,
)
from daypass.gate.probe_preconditions import TRIED_AS, finding
from daypass.state.private_files import write_private

FILE = "store-check.json"


class Kept(msgspec.Struct, frozen=True):
    """The findings about one store: `checked` is an instant, `holds` says of each finding whether the store has it."""

    url: str
    checked: int
    holds: dict[str, bool]

    @property
    def capabilities(self) -> Capabilities:
        """Return what the gate makes use of."""
        return Capabilities(
            trailers=self.holds.get(TRAILERS, False),
            annotations=self.holds.get(ANNOTATIONS, False),
            dot_segments=self.holds.get(DOT_SEGMENTS, False),
            preconditions=frozenset(
                operation
                for operation in PROBED
                if self.holds.get(finding(TRIED_AS.get(operation, operation)), False)
            ),
            bound_uploads=self.holds.get(BOUND_UPLOADS, False),
            exact_deletions=self.holds.get(EXACT_DELETIONS, False),
        )


def keep(data: Path, url: str, findings: Iterable[Finding], *, now: int) -> None:
    """Write findings down for the next start on a data directory."""
    kept = Kept(url, now, {each.name: each.holds for each in findings})
    write_private(data / FILE, msgspec.json.encode(kept))


def read(data: Path, url: str) -> Kept | None:
    """Return the findings about a store; nothing if it was not tried out, or the file cannot be read."""
    try:
        kept = msgspec.json.decode((data / FILE).read_bytes(), type=Kept)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        # What is not known is not made use of.
        return None
    return kept if kept.url == url else None
