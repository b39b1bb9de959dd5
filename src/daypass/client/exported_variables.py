"""Record the variables that a `daypass` command exports, and remove them before the next one.

In the SDKs a variable wins over a profile, so an endpoint that one `daypass env` exports would
decide where the next profile's keys are sent. The variables of `daypass root` say which authority
the shell works with, so only another `root` removes them. A variable that was changed since is the
user's own, and stays.
"""

from collections.abc import Mapping, MutableMapping

RECORD_VARIABLE = "DAYPASS_HANDED_ON"
PROFILE_ORIGIN, ROOT_ORIGIN = "profile", "root"
"""The commands that variables come from: `env` and `exec` with a profile, or `root`."""


def variables_with_record(
    settings: Mapping[str, str], origin: str, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables to export, plus `DAYPASS_HANDED_ON`, which records them.

    The record keeps the variables of earlier commands that are not replaced. Without any, the
    result is empty.
    """
    from urllib.parse import quote  # noqa: PLC0415 - not needed for a cached answer

    kept = [
        each
        for each in environ.get(RECORD_VARIABLE, "").split()
        if _parse_entry(each)[1] not in settings
    ]
    entries = [*kept, *(f"{origin}:{name}={quote(value)}" for name, value in settings.items())]
    return {**settings, RECORD_VARIABLE: " ".join(entries)} if entries else {}


def remove_exported(environ: MutableMapping[str, str], *origins: str) -> tuple[str, ...]:
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
    from urllib.parse import unquote  # noqa: PLC0415 - the same

    origin, _, rest = entry.partition(":")
    name, _, value = rest.partition("=")
    return origin, name, unquote(value)
