"""Every setting in one table, and the check that no variable is misspelt."""

import difflib
from collections.abc import Mapping
from typing import Any

from daypass.server.settings.config import Config
from daypass.server.settings.setting import Form, Setting, declared
from daypass.server.settings.setting_values import Misconfigured

_CLIENT = "the client"

VARIABLES = (
    Setting(
        variable="DAYPASS_S3_CREDENTIALS",
        form=Form.PATH,
        help="A file of mode 0600 that holds the store's access key id and secret access key, a line each.",
    ),
    Setting(
        variable="DAYPASS_MASTER_KEY",
        help="The master key, 32 bytes in base64.",
        reader="the server, and commands that open the key ring",
    ),
    Setting(
        variable="DAYPASS_MASTER_KEY_COMMAND",
        help="A command that prints the master key.",
        reader="the server, and commands that open the key ring",
    ),
    Setting(
        variable="DAYPASS_NEW_MASTER_KEY",
        help="The next master key.",
        reader="`daypass keys master`",
    ),
    Setting(
        variable="DAYPASS_DEBUG",
        help="Tracebacks for developers, where it is not empty.",
        reader="every command",
    ),
    Setting(
        variable="DAYPASS_CACHE",
        help="Where the client keeps its cache.",
        reader=_CLIENT,
    ),
    Setting(
        variable="DAYPASS_KEYRING",
        help="`file` to use a file in place of the system's keyring.",
        reader=_CLIENT,
    ),
    Setting(
        variable="DAYPASS_PROFILE",
        help="The profile that a command was started under; `daypass exec` sets it.",
        reader="what `daypass exec` starts",
    ),
    Setting(
        variable="DAYPASS_HANDED_ON",
        help="The variables that `daypass env` or `daypass root` has set in a shell; they set it.",
        reader=_CLIENT,
    ),
)
"""Variables that fill no field of the configuration."""

SETTINGS = (*declared(Config), *VARIABLES)
"""All settings, in the order in which help and the reference show them."""


def check_environment(environ: Mapping[str, str]) -> None:
    """Raise `Misconfigured` for a variable that begins like ours and is not."""
    known = [each.variable for each in SETTINGS if each.variable]
    for name in sorted(environ):
        if name.startswith("DAYPASS_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "see daypass up --help"
            raise Misconfigured(f"the environment variable {name} is not a setting", hint)


def fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `Config`, but for the store's, from what a command line took, by the names of its options.

    Raises `Misconfigured` for what cannot be read.
    """
    found: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.flag and not any("." in each for each in setting.fields):
            value = given[setting.parameter]
            read = value if setting.read is None else setting.read(value)
            values = (read,) if len(setting.fields) == 1 else read
            found.update(zip(setting.fields, values, strict=True))
    return found
