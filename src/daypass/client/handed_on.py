"""Which variables of a shell an earlier command of ours has put there, so that the next one is not led by them.

The SDKs let a variable win over a profile: what one `daypass env` hands on (an endpoint, a region) would otherwise decide where the
next profile's keys are sent. What `daypass root` hands on says where a shell works, and only another `root` takes it back. A
variable that was changed since is its owner's, and stays.
"""

from collections.abc import Mapping, MutableMapping

VARIABLE = "DAYPASS_HANDED_ON"
PROFILE, ROOT = "profile", "root"
"""Who hands on: a profile's credentials, or a root's."""


def marked(settings: Mapping[str, str], origin: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables that are handed on, with the one that tells the next command of them, and of what was before."""
    from urllib.parse import quote  # noqa: PLC0415 - not needed where nothing is handed on

    kept = [each for each in environ.get(VARIABLE, "").split() if _parts(each)[1] not in settings]
    told = [*kept, *(f"{origin}:{name}={quote(value)}" for name, value in settings.items())]
    return {**settings, VARIABLE: " ".join(told)} if told else {}


def take_back(environ: MutableMapping[str, str], *origins: str) -> tuple[str, ...]:
    """Remove what these have handed on, as far as it is as it was, and return the names of all that is removed."""
    told = environ.pop(VARIABLE, None)
    if told is None:
        return ()
    gone, kept = [VARIABLE], []
    for each in told.split():
        origin, name, value = _parts(each)
        if not name.startswith("AWS_") or environ.get(name) != value:
            continue
        if origin in origins:
            gone.append(name)
            del environ[name]
        else:
            kept.append(each)
    if kept:
        environ[VARIABLE] = " ".join(kept)
    return tuple(gone)


def _parts(entry: str) -> tuple[str, str, str]:
    """Return who handed on which variable, and its value."""
    from urllib.parse import unquote  # noqa: PLC0415 - the same

    origin, _, rest = entry.partition(":")
    name, _, value = rest.partition("=")
    return origin, name, unquote(value)
