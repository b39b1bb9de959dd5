"""The session duration of a permission set: an ISO 8601 duration, as whole seconds.

Source: IAM Identity Center API reference, "CreatePermissionSet"; ISO 8601-1, 5.5.2.
"""

import re

from daypass.core import quotas
from daypass.core.faults import InvalidParameterValue

_DURATION = re.compile(
    r"P(?=\d|T\d)"
    r"(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.0+)?S)?)?",
    re.ASCII,
)
_UNIT_SECONDS = {
    "weeks": 7 * 24 * 60 * 60,
    "days": 24 * 60 * 60,
    "hours": 60 * 60,
    "minutes": 60,
    "seconds": 1,
}
DEFAULT = "PT1H"


def session_seconds(duration: str) -> int:
    """Return the seconds of a duration such as `PT1H`, `PT60M` or `PT3600S`.

    Raises `InvalidParameterValue` unless it is a whole number of seconds from 15 minutes to
    12 hours. A year or a month has no fixed length, so that none may be in it.
    """
    found = _DURATION.fullmatch(duration)
    parts = {name: int(value) for name, value in found.groupdict("0").items()} if found else {}
    if not found or parts["years"] or parts["months"]:
        raise _out_of_range(duration)
    seconds = sum(parts[name] * length for name, length in _UNIT_SECONDS.items())
    if not quotas.PERMISSION_SET_SECONDS_MIN <= seconds <= quotas.PERMISSION_SET_SECONDS_MAX:
        raise _out_of_range(duration)
    return seconds


def _out_of_range(duration: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"The session duration {duration} is not a whole number of seconds from PT15M to PT12H."
    )
