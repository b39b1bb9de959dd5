"""The dates that IAM accepts when a policy is written: more forms than the operators compare.

A date that is accepted here and that no operator can parse is stored, and never allows a request.
Source: Joda-Time, "ISODateTimeFormat", dateTimeParser, whose years go from -292,275,054 to
292,278,993.
"""

import calendar
import re

_SECONDS = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_SECONDS_MAX = 2**63
_TIME = (
    r"(?:(?:[01]?[0-9]|2[0-3])(?::[0-5]?[0-9](?::[0-5]?[0-9])?)?"
    r"(?:[.,][0-9]{1,9})?)?"
)
_OFFSET = r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]{1,3})?)?)?)?"
_DATE = re.compile(
    r"(?P<year>[+-]?[0-9]{1,9})(?:-(?P<month>0?[1-9]|1[0-2])(?:-(?P<day>0?[1-9]|[12][0-9]|3[01]))?"
    r"|-(?P<ordinal>[0-9]{3})|-W(?:0?[1-9]|[1-4][0-9]|5[0-3])(?:-[1-7])?)?"
    rf"(?:[Tt]{_TIME}{_OFFSET})?",
    re.ASCII,
)
_YEARS = range(-292_275_054, 292_278_994)
_LEAP, _COMMON = 366, 365


def is_date(text: str) -> bool:
    """Return whether IAM accepts a text as a date, or as seconds since 1970."""
    if _SECONDS.fullmatch(text):
        return -_SECONDS_MAX <= int(text) < _SECONDS_MAX
    match = _DATE.fullmatch(text)
    if match is None or int(match["year"]) not in _YEARS:
        return False
    return _is_day(int(match["year"]), match)


def _is_day(year: int, match: re.Match[str]) -> bool:
    # The calendar repeats itself every four hundred years.
    alike = year % 400 + 2000
    if match["ordinal"]:
        return 1 <= int(match["ordinal"]) <= (_LEAP if calendar.isleap(alike) else _COMMON)
    if not match["day"]:
        return True
    return int(match["day"]) <= calendar.monthrange(alike, int(match["month"]))[1]
