"""Record the variables that a `daypass` command exports, and remove them before the next one.

In the SDKs a variable wins over a profile, so an endpoint that one `daypass env` exports would
decide where the next profile's keys are sent. The variables of `daypass root` say which authority
the shell works with, so only another `root` removes them. A variable that was changed since is the
user's own, and stays.
"""

import os

TYPE_CHECKING = False  # `typing` takes longer to load than a cached answer
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

CA_BUNDLE_VARIABLE = "AWS_CA_BUNDLE"
RECORD_VARIABLE = "DAYPASS_HANDED_ON"
PROFILE_ORIGIN, ROOT_ORIGIN = "profile", "root"
"""The commands that variables come from: `env` and `exec` with a profile, or `root`."""
_UNQUOTED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/")
_HEX_DIGITS = b"0123456789abcdefABCDEF"


def with_absolute_bundle(settings: "Mapping[str, str]") -> dict[str, str]:
    """Return variables with the path of the certificate authorities made absolute.

    The shell that gets them may change its directory. Raises `OSError` for a relative path in a
    directory that no longer exists.
    """
    found = dict(settings)
    if CA_BUNDLE_VARIABLE in found:
        # As botocore opens it; pathlib is not loaded here.
        found[CA_BUNDLE_VARIABLE] = os.path.abspath(found[CA_BUNDLE_VARIABLE])  # noqa: PTH100
    return found


def variables_with_record(
    settings: "Mapping[str, str]", origin: str, environ: "Mapping[str, str]"
) -> dict[str, str]:
    """Return the variables to export, plus `DAYPASS_HANDED_ON`, which records them.

    The record keeps the variables of earlier commands that are not replaced. Without any, the
    result is empty.
    """
    kept = [
        each
        for each in environ.get(RECORD_VARIABLE, "").split()
        if _parse_entry(each)[1] not in settings
    ]
    entries = [*kept, *(f"{origin}:{name}={_quote(value)}" for name, value in settings.items())]
    return {**settings, RECORD_VARIABLE: " ".join(entries)} if entries else {}


def remove_exported(environ: "MutableMapping[str, str]", *origins: str) -> tuple[str, ...]:
    """Remove from `environ` the unchanged variables that commands of these origins exported.

    Returns the removed names, the record's included.
    """
    record = environ.pop(RECORD_VARIABLE, None)
    if record is None:
        return ()
    removed, kept = [RECORD_VARIABLE], []
    for each in record.split():
        origin, name, value = _parse_entry(each)
        if not name.startswith("AWS_") or environ.get(name) != value:
            continue
        if origin in origins:
            removed.append(name)
            del environ[name]
        else:
            kept.append(each)
    if kept:
        environ[RECORD_VARIABLE] = " ".join(kept)
    return tuple(removed)


def _parse_entry(entry: str) -> tuple[str, str, str]:
    """Return the origin, name and value of one entry of the record."""
    origin, _, rest = entry.partition(":")
    name, _, value = rest.partition("=")
    return origin, name, _unquote(value)


def _quote(value: str) -> str:
    """Return what `urllib.parse.quote` does, which takes longer to load than a cached answer."""
    return "".join(chr(each) if each in _UNQUOTED else f"%{each:02X}" for each in value.encode())


def _unquote(value: str) -> str:
    """Return what `urllib.parse.unquote` does."""
    if "%" not in value:
        return value
    if not value.isascii():
        # Never written by a command of ours.
        from urllib.parse import unquote  # noqa: PLC0415 - as above

        return unquote(value)
    found, *escaped = value.encode("ascii").split(b"%")
    for each in escaped:
        digits = each[:2]
        if len(digits) == 2 and not digits.strip(_HEX_DIGITS):  # noqa: PLR2004 - as it is written
            found += bytes([int(digits, 16)]) + each[2:]
        else:
            found += b"%" + each
    return found.decode(errors="replace")
