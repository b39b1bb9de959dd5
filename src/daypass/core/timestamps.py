"""Instants as AWS writes them; an instant is an integer of seconds since 1970, UTC."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=1024)
def iso8601(seconds: int) -> str:
    """Write an instant as `2026-01-01T00:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso8601(text: str) -> int:
    """Read an instant written with a zone; raises `ValueError` for anything else."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return int(instant.timestamp())


@lru_cache(maxsize=1024)
def parse_basic_date(text: str) -> int:
    """Read an instant of AWS's basic form, `20260101T000000Z`; raises `ValueError` for a date that there is not."""
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[9:11]), int(text[11:13]), int(text[13:15])
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return int(moment.timestamp())


def format_basic_date(seconds: int) -> str:
    """Write an instant in AWS's basic form."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
