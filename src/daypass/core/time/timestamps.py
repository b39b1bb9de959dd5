"""AWS's text formats of a time; a time is an integer of seconds since 1970, UTC."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=1024)
def iso8601(seconds: int) -> str:
    """Return a time as `2026-01-01T00:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso8601(text: str) -> int:
    """Return the time of an ISO 8601 text with a zone; raises `ValueError` for any other text."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return int(instant.timestamp())


@lru_cache(maxsize=1024)
def parse_basic_date(text: str) -> int:
    """Return the time of a text in AWS's basic format, `20260101T000000Z`.

    The caller has checked the text's shape; raises `ValueError` for a date that does not exist.
    """
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[9:11]), int(text[11:13]), int(text[13:15])
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return int(moment.timestamp())


def format_basic_date(seconds: int) -> str:
    """Return a time in AWS's basic format, `20260101T000000Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
