"""The table of all settings, and the check for misspelt environment variables."""

import difflib
from collections.abc import Mapping
from typing import Any

from daypass.server.settings.config import Config
from daypass.server.settings.setting import Setting, ValueKind, declared_settings
from daypass.server.settings.setting_values import Misconfigured

_CLIENT = "the client"

FURTHER_VARIABLES = (
    Setting(
        variable="DAYPASS_S3_CREDENTIALS",
        kind=ValueKind.PATH,
        help=(
            "A file of mode 0600 that holds the store's access key id and secret access key, a line"
            " each."
        ),
    ),
    Setting(
        variable="DAYPASS_MASTER_KEY",
        help="The master key, 32 bytes in base64.",
        read_by="the server, and commands that open the key ring",
    ),
    Setting(
        variable="DAYPASS_MASTER_KEY_COMMAND",
        help="A command that prints the master key.",
        read_by="the server, and commands that open the key ring",
    ),
    Setting(
        variable="DAYPASS_NEW_MASTER_KEY",
        help="The next master key.",
        read_by="`daypass keys master`",
    ),
    Setting(
        variable="DAYPASS_DEBUG",
        help="Shows tracebacks, for developers, if it is not empty.",
        read_by="every command",
    ),
    Setting(
        variable="DAYPASS_CACHE",
        help="The file of the client's cache.",
        read_by=_CLIENT,
    ),
    Setting(
        variable="DAYPASS_KEYRING",
        help="`file` to use a file instead of the system's keyring.",
        read_by=_CLIENT,
    ),
    Setting(
        variable="DAYPASS_PROFILE",
        help="The profile that a command was started under; `daypass exec` sets it.",
        read_by="what `daypass exec` starts",
    ),
    Setting(
        variable="DAYPASS_HANDED_ON",
        help="The variables that `daypass env` or `daypass root` has set in a shell; they set it.",
        read_by=_CLIENT,
    ),
)
"""The settings that are variables alone and fill no field of `Config`."""

SETTINGS = (*declared_settings(Config), *FURTHER_VARIABLES)
"""All settings, in the order of `daypass up --help` and `docs/settings.md`."""


def check_environment(environ: Mapping[str, str]) -> None:
    """Raise `Misconfigured` for a variable that begins with `DAYPASS_` and is no setting."""
    known = [each.variable for each in SETTINGS if each.variable]
    for name in sorted(environ):
        if name.startswith("DAYPASS_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "see daypass up --help"
            raise Misconfigured(f"the environment variable {name} is not a setting", hint)


def config_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `Config`, without the store's, from a command's parameters.

    `given` has the value of each option by its parameter's name. Raises `Misconfigured` for a value
    that cannot be parsed.
    """
    values_by_field: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.flag and not any("." in each for each in setting.fields):
            value = given[setting.parameter]
            parsed = value if setting.parse is None else setting.parse(value)
            values = (parsed,) if len(setting.fields) == 1 else parsed
            values_by_field.update(zip(setting.fields, values, strict=True))
    return values_by_field
