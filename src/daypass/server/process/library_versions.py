"""Minimum versions of libraries: older ones have known holes, and the server does not start."""

import sqlite3
from collections.abc import Callable, Mapping
from importlib.metadata import version

from daypass.state.unusable import Unusable

MIN_VERSIONS: Mapping[str, tuple[tuple[int, ...], str]] = {
    "cryptography": ((49,), "CVE-2026-34073, GHSA-m2h6-j472-rp4c"),
    "aiohttp": ((3, 12, 14), "CVE-2025-53643"),
}
SQLITE_WAL_MIN_VERSION = (3, 51, 3)
"""From this version on a write-ahead log is safe with several connections; older ones get a
rollback journal."""


def check_versions(version_of: Callable[[str], str] = version) -> None:
    """Raise `Unusable` for a library older than its minimum version, naming the advisory."""
    for name, (minimum, advisory) in MIN_VERSIONS.items():
        installed = version_of(name)
        if _parse_version(installed) < minimum:
            wanted = ".".join(map(str, minimum))
            raise Unusable(
                f"{name} {installed} is older than {wanted} ({advisory})",
                "make setup installs what requirements.lock names",
            )


def version_remarks(sqlite: tuple[int, ...] = sqlite3.sqlite_version_info) -> list[str]:
    """Return lines for the operator about the installed versions."""
    if sqlite >= SQLITE_WAL_MIN_VERSION:
        return []
    installed = ".".join(map(str, sqlite))
    return [f"SQLite {installed} can damage a write-ahead log: a rollback journal is used"]


def _parse_version(text: str) -> tuple[int, ...]:
    """Return the numbers at the start of a version."""
    numbers = []
    for part in text.split("."):
        if not (part.isascii() and part.isdigit()):
            break
        numbers.append(int(part))
    return tuple(numbers)
