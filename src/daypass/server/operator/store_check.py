"""The findings about an object store, kept beside the data until the store is tested again."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from daypass.gate.operations.table import CONDITIONAL
from daypass.gate.s3_gate import StoreCapabilities
from daypass.gate.store import findings
from daypass.gate.store.findings import CHUNKED_BODIES, StoreFinding
from daypass.gate.store.probe import (
    ANNOTATIONS,
    BOUND_UPLOADS,
    DOT_SEGMENTS,
    EXACT_DELETIONS,
    TRAILERS,
)
from daypass.gate.store.probe_preconditions import finding_name
from daypass.server.settings.config import Config, S3Store
from daypass.server.settings.setting_values import Misconfigured
from daypass.state.files.private_files import write_private

FILE_NAME = "store-check.json"


class StoreFindings(msgspec.Struct, frozen=True):
    """The findings about one store: `holds` says for each finding whether the store has it.

    `checked` is when it was tested, in seconds since 1970.
    """

    url: str
    checked: int
    holds: dict[str, bool]

    @property
    def capabilities(self) -> StoreCapabilities:
        """Return the optional capabilities that the gate uses with this store."""
        return StoreCapabilities(
            trailers=self.holds.get(TRAILERS, False),
            chunked_bodies=self.holds.get(CHUNKED_BODIES, True),
            annotations=self.holds.get(ANNOTATIONS, False),
            dot_segments=self.holds.get(DOT_SEGMENTS, False),
            preconditions=frozenset(
                each.name
                for each in CONDITIONAL
                # A form's upload reaches the store as an upload like any other.
                if self.holds.get(finding_name(each.model_name), False)
            ),
            bound_uploads=self.holds.get(BOUND_UPLOADS, False),
            exact_deletions=self.holds.get(EXACT_DELETIONS, False),
        )


def write_findings(data: Path, url: str, found: Iterable[StoreFinding], *, now: int) -> None:
    """Write findings about a store into a data directory, for the next start."""
    record = StoreFindings(url, now, {each.name: each.holds for each in found})
    write_private(data / FILE_NAME, msgspec.json.encode(record))


def read_findings(data: Path, url: str) -> StoreFindings | None:
    """Return the findings about a store; None if it was not tested, or the file cannot be read."""
    try:
        record = msgspec.json.decode((data / FILE_NAME).read_bytes(), type=StoreFindings)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        # Without findings, the gate uses no optional capability.
        return None
    return record if record.url == url else None


def check_store(config: Config) -> None:
    """Raise `Misconfigured` if the store lacks what the gate needs, unless the settings accept it.

    Findings are accepted by name; accepting one that the gate does not need is refused too.
    """
    store = config.store
    if store is None:
        return
    needed = findings.needed_capabilities(is_tls=_is_tls(store))
    for name in config.s3_accept:
        if name not in needed:
            raise Misconfigured(
                f"--s3-accept: the gate needs no finding `{name}` of this store",
                f"those that can be accepted are {', '.join(needed)}",
            )
    record = read_findings(config.data, store.url)
    missing = findings.missing_capabilities(
        record.holds if record else {}, is_tls=_is_tls(store), accepted=config.s3_accept
    )
    if missing:
        raise Misconfigured(
            f"the store {store.url} was found to lack what the gate needs: "
            + "; ".join(f"{name} ({needed[name]})" for name in missing),
            "; ".join(f"without {name}, {findings.CONSEQUENCES[name]}" for name in missing)
            + f"; try it again with `{check_command(config, store)}`, or accept it with "
            + " ".join(f"--s3-accept {name}" for name in missing),
        )


def store_remarks(config: Config) -> Iterator[str]:
    """Yield lines for the terminal about what is known of the store behind the gate."""
    store = config.store
    if store is None:
        return
    record = read_findings(config.data, store.url)
    if record is None:
        yield f"  nobody has tried that store out yet: {check_command(config, store)}"
        return
    needed = findings.needed_capabilities(is_tls=_is_tls(store))
    when = datetime.fromtimestamp(record.checked, UTC).strftime("%Y-%m-%d")
    optional = [name for name, holds in record.holds.items() if not holds and name not in needed]
    lacks = ", ".join(optional) or "none of what is optional"
    yield f"  it was tried out on {when}; it lacks {lacks}"
    for name in findings.missing_capabilities(record.holds, is_tls=_is_tls(store)):
        yield (
            f"  ACCEPTED by --s3-accept: it lacks {name}, which the gate needs:"
            f" {findings.CONSEQUENCES[name]}"
        )
    untried = [name for name in needed if name not in record.holds]
    if untried:
        yield f"  not tried yet: {', '.join(untried)}: {check_command(config, store)}"


def check_command(config: Config, store: S3Store) -> str:
    """Return the command that tests a store for a data directory."""
    return f"daypass gate check --s3 {store.url} --data {config.data}"


def _is_tls(store: S3Store) -> bool:
    return store.url.startswith("https:")
