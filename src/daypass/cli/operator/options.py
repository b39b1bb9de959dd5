"""Options of commands, made of the settings that they take, so that a flag means the same with every command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from daypass.server.settings.all_settings import SETTINGS
from daypass.server.settings.setting import Form, Setting

F = TypeVar("F", bound=Callable[..., Any])


def command_option(setting: Setting) -> click.Option:
    """Return the option of `daypass up` that takes a setting."""
    return click.Option([setting.flag], **_option_attributes(setting))


def takes_setting(flag: str, **other: Any) -> Callable[[F], F]:
    """Return the decorator by which another command takes the setting of a flag; raises `LookupError` for a flag of no setting.

    `other` says what of the option is otherwise with that command, in click's words.
    """
    setting = next((each for each in SETTINGS if each.flag == flag), None)
    if setting is None:
        raise LookupError(f"{flag} is the flag of no setting")
    return click.option(setting.flag, **(_option_attributes(setting) | other))


def _option_attributes(setting: Setting) -> dict[str, Any]:
    return {
        "type": _parameter_type(setting),
        "metavar": setting.metavar or None,
        "is_flag": setting.form is Form.SWITCH,
        "multiple": setting.is_repeatable,
        "envvar": setting.variable or None,
        "default": setting.default,
        "show_default": setting.form is not Form.SWITCH and setting.default not in {None, ()},
        "help": setting.help,
    }


def _parameter_type(setting: Setting) -> click.ParamType[Any]:
    match setting.form:
        case Form.TEXT:
            return click.STRING
        case Form.NUMBER:
            return click.IntRange(min=setting.least, max=setting.most)
        case Form.SWITCH:
            return click.BOOL
        case Form.PATH:
            return click.Path(path_type=Path)
        case Form.FILE:
            return click.Path(path_type=Path, exists=True, dir_okay=False)


DATA_OPTION = takes_setting("--data", help="The authority's data directory.")
"""Takes the directory of an authority that is there already."""
