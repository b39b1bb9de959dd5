"""Versions below which a library is known to let through what must not pass: with one of them the server does not start."""

import sqlite3
from collections.abc import Callable, Mapping
from importlib.metadata import version

from daypass.state.unusable import Unusable

FLOORS: Mapping[str, tuple[tuple[int, ...], str]] = {
    "cryptography": ((49,), "CVE-2026-34073, GHSA-m2h6-j472-rp4c"),
    "aiohttp": ((3, 12, 14), "CVE-2025-53643"),
}
SQLITE_WITH_WAL = (3, 51, 3)
"""From here on a write-ahead log is safe with several connections; before, a rollback journal is what is used."""


def check(found: Callable[[str], str] = version) -> None:
    """Raise `Unusable` for a library below its floor, naming the advisory."""
    for name, (floor, advisory) in FLOORS.items():
        installed = found(name)
        if _numbers(installed) < floor:
            wanted = ".".join(map(str, floor))
            raise Unusable(
                f"{name} {installed} is older than {wanted} ({advisory})",
                "make setup installs what requirements.lock names",
            )


def remarks(sqlite: tuple[int, ...] = sqlite3.sqlite_version_info) -> list[str]:
    """Return what an operator should know of what is installed."""
    if sqlite >= SQLITE_WITH_WAL:
        return []
    return [
        f"SQLite {'.'.join(map(str, sqlite))} can damage a write-ahead log: a rollback journal is used"
    ]


def _numbers(text: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with."""
    numbers = []
    for part in text.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
