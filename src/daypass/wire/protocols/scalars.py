"""Parsing and formatting scalar values as text: numbers, booleans, bytes and timestamps.

A parser takes the text, the value's path and its kind in the model, which faults name.
"""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from daypass.core.time.timestamps import iso8601
from daypass.wire.errors import WireFault
from daypass.wire.limits import NUMBER_DIGITS_MAX

_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_BITS = {"integer": 31, "long": 63}


def scalar_fault(path: str, kind: str) -> WireFault:
    """Return the fault for a text that is not a valid value of its kind.

    It leaves out the text, which may be secret.
    """
    return WireFault("ValidationError", f"The value at '{path}' is not a valid {kind}.", status=400)


def parse_integer(text: str, path: str, kind: str) -> int:
    """Return a whole number that fits its kind, `integer` (32 bits) or `long` (64 bits).

    Raises `WireFault`.
    """
    if len(text) > NUMBER_DIGITS_MAX or not _WHOLE.fullmatch(text):
        raise scalar_fault(path, kind)
    value = int(text)
    if not -(1 << _BITS[kind]) <= value < 1 << _BITS[kind]:
        raise scalar_fault(path, kind)
    return value


def parse_decimal(text: str, path: str, kind: str) -> float:
    """Return a decimal number as a float; raises `WireFault`."""
    if len(text) > NUMBER_DIGITS_MAX or not _DECIMAL.fullmatch(text):
        raise scalar_fault(path, kind)
    return float(text)


def parse_boolean(text: str, path: str, kind: str) -> bool:
    """Return the boolean of `true` or `false` in any case; raises `WireFault`."""
    if text.lower() not in {"true", "false"}:
        raise scalar_fault(path, kind)
    return text.lower() == "true"


def parse_blob(text: str, path: str, kind: str) -> bytes:
    """Return the bytes of a base64 text; raises `WireFault`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise scalar_fault(path, kind) from None


def parse_timestamp(text: str, path: str, kind: str) -> datetime:
    """Return a time with a zone, of ISO 8601, seconds since 1970, or an HTTP date.

    Raises `WireFault`.
    """
    try:
        if _DECIMAL.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        value = parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise scalar_fault(path, kind) from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def parse_string(text: str, _path: str, _kind: str) -> str:
    """Return the text unchanged."""
    return text


SCALAR_PARSERS: dict[str, Callable[[str, str, str], Any]] = {
    "string": parse_string,
    "character": parse_string,
    "integer": parse_integer,
    "long": parse_integer,
    "float": parse_decimal,
    "double": parse_decimal,
    "boolean": parse_boolean,
    "blob": parse_blob,
    "timestamp": parse_timestamp,
}


def to_datetime(value: Any) -> datetime:
    """Return a handler's time, which is seconds since 1970 or a datetime, as a datetime."""
    return value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)


def format_iso8601(value: Any) -> str:
    """Return a handler's time as ISO 8601 with a `Z`, with microseconds if it has any."""
    if type(value) is int:
        return iso8601(value)
    moment = to_datetime(value).astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond:06d}Z" if moment.microsecond else f"{text}Z"


def unix_seconds(value: Any) -> float | int:
    """Return a handler's time as seconds since 1970."""
    seconds = to_datetime(value).timestamp()
    return int(seconds) if seconds == int(seconds) else seconds


def scalar_formatter(kind: str) -> Callable[[Any], str]:
    """Return the function that formats a scalar of this kind as text in XML and headers."""
    if kind == "boolean":
        return lambda value: "true" if value else "false"
    if kind == "blob":
        return lambda value: base64.b64encode(value).decode("ascii")
    if kind == "timestamp":
        return format_iso8601
    return str
