"""What the text of a value means: a number, an instant, bytes, an address or a range of them.

None for every text that cannot be read, which then compares with nothing. Source: IAM user guide,
"IAM JSON policy elements: Condition operators".
"""

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from daypass.core import quotas
from daypass.core.policy.language import qualifiers

_READ_VALUES = 4096
"""How many read dates, numbers and addresses are kept: a clock's text is the same for a second."""


_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)


@lru_cache(_READ_VALUES)
def number(text: str) -> Decimal | None:
    """Read a decimal number; nothing for anything else, such as `12abc` or `1e2`."""
    if len(text) > quotas.NUMBER_CHARACTERS_MAX or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text)


_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?)?)?",
    re.ASCII,
)


_SECONDS = re.compile(r"-?[0-9]{1,19}", re.ASCII)


@lru_cache(_READ_VALUES)
def instant(text: str) -> Decimal | None:
    """Read a date of the W3C profile, or a whole number of seconds since 1970; nothing for anything else."""
    if _SECONDS.fullmatch(text):
        return Decimal(text)
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    zone = zone or qualifiers.zone_when_missing()
    try:
        whole = datetime(
            int(year),
            int(month),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=_zone(zone),
        )
        seconds = whole - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return Decimal(seconds // timedelta(seconds=1)) + Decimal(f"0.{fraction or 0}")


def _zone(text: str) -> timezone:
    if text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def decoded_bytes(text: str) -> bytes | None:
    """Read bytes in Base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


_DECIMAL = re.compile(r"[0-9]{1,3}", re.ASCII)


@lru_cache(_READ_VALUES)
def address(text: str) -> Address | None:
    """Read an IPv4 or IPv6 address, an IPv4-mapped one as IPv4 (RFC 4291, 2.5.5.2); None for anything else, zones included."""
    found = _written_address(text)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _written_address(text: str) -> Address | None:
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def network(text: str) -> Network | None:
    """Read `address/length`; bits behind the prefix do not count.

    None for anything else, netmasks included.

    A range of IPv4-mapped addresses is the IPv4 range; a mapped address with a shorter prefix than
    theirs has two readings, and so none.
    """
    plain, slash, length = text.partition("/")
    written, found = _written_address(plain), address(plain)
    if written is None or found is None or (slash and not _DECIMAL.fullmatch(length)):
        return None
    bits = int(length) if slash else qualifiers.prefix_when_missing(is_v6=written.version == 6)  # noqa: PLR2004 - IPv6
    bits -= written.max_prefixlen - found.max_prefixlen
    if not 0 <= bits <= found.max_prefixlen:
        return None
    return ipaddress.ip_network(f"{found}/{bits}", strict=False)


@lru_cache(_READ_VALUES)
def placed_address(text: str) -> tuple[int, int] | None:
    """Return an address's version and number; a policy's many ranges are compared with one address."""
    found = address(text)
    return None if found is None else (found.version, int(found))
