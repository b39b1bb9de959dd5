"""What a store was found to have, kept beside the data until it is tried out again."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from daypass.gate.gate import Capabilities
from daypass.gate.protocol.preconditions import PROBED
from daypass.gate.store import findings
from daypass.gate.store.findings import CHUNKED_BODIES, Finding
from daypass.gate.store.probe import (
    ANNOTATIONS,
    BOUND_UPLOADS,
    DOT_SEGMENTS,
    EXACT_DELETIONS,
    TRAILERS,
)
from daypass.gate.store.probe_preconditions import TRIED_AS, finding
from daypass.server.settings.config import Config, S3Store
from daypass.server.settings.setting_values import Misconfigured
from daypass.state.files.private_files import write_private

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
            chunked_bodies=self.holds.get(CHUNKED_BODIES, True),
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


def keep(data: Path, url: str, found: Iterable[Finding], *, now: int) -> None:
    """Write findings down for the next start on a data directory."""
    kept = Kept(url, now, {each.name: each.holds for each in found})
    write_private(data / FILE, msgspec.json.encode(kept))


def read(data: Path, url: str) -> Kept | None:
    """Return the findings about a store; nothing if it was not tried out, or the file cannot be read."""
    try:
        kept = msgspec.json.decode((data / FILE).read_bytes(), type=Kept)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        # What is not known is not made use of.
        return None
    return kept if kept.url == url else None


def check(config: Config) -> None:
    """Raise `Misconfigured` for a store that was found to lack what the gate needs, unless that is accepted by name."""
    store = config.store
    if store is None:
        return
    needed = findings.needed(is_tls=_is_tls(store))
    for name in config.s3_accept:
        if name not in needed:
            raise Misconfigured(
                f"--s3-accept: the gate needs no finding `{name}` of this store",
                f"those that can be accepted are {', '.join(needed)}",
            )
    kept = read(config.data, store.url)
    missing = findings.lacking(
        kept.holds if kept else {}, is_tls=_is_tls(store), accepted=config.s3_accept
    )
    if missing:
        raise Misconfigured(
            f"the store {store.url} was found to lack what the gate needs: "
            + "; ".join(f"{name} ({needed[name]})" for name in missing),
            "; ".join(f"without {name}, {findings.HINTS[name]}" for name in missing)
            + f"; try it again with `{command(config, store)}`, or accept it with "
            + " ".join(f"--s3-accept {name}" for name in missing),
        )


def remarks(config: Config) -> Iterator[str]:
    """Yield in lines what is known of the store that a server stands in front of."""
    store = config.store
    if store is None:
        return
    kept = read(config.data, store.url)
    if kept is None:
        yield f"  nobody has tried that store out yet: {command(config, store)}"
        return
    needed = findings.needed(is_tls=_is_tls(store))
    when = datetime.fromtimestamp(kept.checked, UTC).strftime("%Y-%m-%d")
    optional = [name for name, holds in kept.holds.items() if not holds and name not in needed]
    yield f"  it was tried out on {when}; it lacks {', '.join(optional) or 'none of what is optional'}"
    for name in findings.lacking(kept.holds, is_tls=_is_tls(store)):
        yield f"  ACCEPTED by --s3-accept: it lacks {name}, which the gate needs: {findings.HINTS[name]}"
    untried = [name for name in needed if name not in kept.holds]
    if untried:
        yield f"  not tried yet: {', '.join(untried)}: {command(config, store)}"


def command(config: Config, store: S3Store) -> str:
    """Return the command that tries a store out for a data directory."""
    return f"daypass gate check --s3 {store.url} --data {config.data}"


def _is_tls(store: S3Store) -> bool:
    return store.url.startswith("https:")
