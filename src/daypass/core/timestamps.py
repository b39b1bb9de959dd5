"""Instants as AWS writes them; an instant is an integer of seconds since 1970, UTC."""

from datetime import UTC, datetime


def iso8601(seconds: int) -> str:
    """Write an instant as `2026-01-01T00:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso8601(text: str) -> int:
    """Read an instant written with a zone; raises `ValueError` for anything else."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return int(instant.timestamp())
