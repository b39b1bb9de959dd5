"""Parsing the values that conditions compare: numbers, dates, base64 and IP addresses.

A value of a policy and a value of a request are parsed alike. Source: IAM user guide, "IAM JSON
policy elements: Condition operators".
"""

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from daypass.core import quotas
from daypass.core.policy.language import undocumented_rules

_PARSED_VALUES_MAX = 4096
"""How many parsed numbers, dates and addresses are cached, of each.

Requests repeat them: `aws:CurrentTime` stays the same for a second.
"""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)


@lru_cache(_PARSED_VALUES_MAX)
def parse_number(text: str) -> Decimal | None:
    """Return a decimal number; None for anything else, such as `12abc` or `1e2`."""
    if len(text) > quotas.NUMBER_CHARACTERS_MAX or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text)


_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?)?)?",
    re.ASCII,
)
_SECONDS = re.compile(r"-?[0-9]{1,19}", re.ASCII)


@lru_cache(_PARSED_VALUES_MAX)
def parse_date(text: str) -> Decimal | None:
    """Return the seconds since 1970 of a date in the W3C profile, or of a whole number of seconds.

    None for anything else.
    """
    if _SECONDS.fullmatch(text):
        return Decimal(text)
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    zone = zone or undocumented_rules.default_time_zone()
    try:
        whole = datetime(
            int(year),
            int(month),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=_time_zone(zone),
        )
        seconds = whole - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return Decimal(seconds // timedelta(seconds=1)) + Decimal(f"0.{fraction or 0}")


def _time_zone(text: str) -> timezone:
    if text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def parse_base64(text: str) -> bytes | None:
    """Return the bytes of a base64 text; None for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_DECIMAL = re.compile(r"[0-9]{1,3}", re.ASCII)


@lru_cache(_PARSED_VALUES_MAX)
def parse_address(text: str) -> Address | None:
    """Return an IPv4 or IPv6 address, an IPv4-mapped one as IPv4 (RFC 4291, 2.5.5.2).

    None for anything else, an address with a zone included.
    """
    found = _parse_written_address(text)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _parse_written_address(text: str) -> Address | None:
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def parse_network(text: str) -> Network | None:
    """Return the range `address/length`; bits of the address after the prefix are ignored.

    None for anything else, a netmask included. A range of IPv4-mapped addresses is the IPv4 range;
    a mapped address with a shorter prefix than the mapping's own is ambiguous, and None.
    """
    plain, slash, length = text.partition("/")
    written, found = _parse_written_address(plain), parse_address(plain)
    if written is None or found is None or (slash and not _DECIMAL.fullmatch(length)):
        return None
    is_v6 = written.version == 6  # noqa: PLR2004 - IPv6
    bits = int(length) if slash else undocumented_rules.default_prefix_length(is_v6=is_v6)
    bits -= written.max_prefixlen - found.max_prefixlen
    if not 0 <= bits <= found.max_prefixlen:
        return None
    return ipaddress.ip_network(f"{found}/{bits}", strict=False)


@lru_cache(_PARSED_VALUES_MAX)
def address_version_and_number(text: str) -> tuple[int, int] | None:
    """Return an address's IP version and its number; None if it is not an address.

    Cached, because one request's address is compared with many ranges.
    """
    found = parse_address(text)
    return None if found is None else (found.version, int(found))
