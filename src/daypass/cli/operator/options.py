"""click options made from the server's settings, so that a flag means the same in every command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from daypass.server.settings.all_settings import SETTINGS
from daypass.server.settings.setting import Setting, ValueKind

F = TypeVar("F", bound=Callable[..., Any])


def command_option(setting: Setting) -> click.Option:
    """Return the click option of `daypass up` for a setting."""
    return click.Option([setting.flag], **_option_attributes(setting))


def takes_setting(flag: str, **other: Any) -> Callable[[F], F]:
    """Return a decorator that gives a command the option of a setting, found by its flag.

    `other` overrides attributes of the click option. Raises `LookupError` for an unknown flag.
    """
    setting = next((each for each in SETTINGS if each.flag == flag), None)
    if setting is None:
        raise LookupError(f"no setting has the flag {flag}")
    return click.option(setting.flag, **(_option_attributes(setting) | other))


def _option_attributes(setting: Setting) -> dict[str, Any]:
    return {
        "type": _parameter_type(setting),
        "metavar": setting.metavar or None,
        "is_flag": setting.kind is ValueKind.SWITCH,
        "multiple": setting.is_repeatable,
        "envvar": setting.variable or None,
        "default": setting.default,
        "show_default": setting.kind is not ValueKind.SWITCH and setting.default not in {None, ()},
        "help": setting.help,
    }


def _parameter_type(setting: Setting) -> click.ParamType[Any]:
    match setting.kind:
        case ValueKind.TEXT:
            return click.STRING
        case ValueKind.NUMBER:
            return click.IntRange(min=setting.minimum, max=setting.maximum)
        case ValueKind.SWITCH:
            return click.BOOL
        case ValueKind.PATH:
            return click.Path(path_type=Path)
        case ValueKind.FILE:
            return click.Path(path_type=Path, exists=True, dir_okay=False)


DATA_OPTION = takes_setting("--data", help="The authority's data directory.")
"""The option for the data directory of an existing authority."""
