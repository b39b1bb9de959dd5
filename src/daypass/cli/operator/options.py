"""Options of commands, made of the settings that they take, so that a flag means the same with every command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from daypass.server.settings.all_settings import SETTINGS
from daypass.server.settings.setting import Setting, ValueKind

F = TypeVar("F", bound=Callable[..., Any])


def option(setting: Setting) -> click.Option:
    """Return the option of `daypass up` that takes a setting."""
    return click.Option([setting.flag], **_words(setting))


def takes(flag: str, **other: Any) -> Callable[[F], F]:
    """Return the decorator by which another command takes the setting of a flag; raises `LookupError` for a flag of no setting.

    `other` says what of the option is otherwise with that command, in click's words.
    """
    setting = next((each for each in SETTINGS if each.flag == flag), None)
    if setting is None:
        raise LookupError(f"{flag} is the flag of no setting")
    return click.option(setting.flag, **(_words(setting) | other))


def _words(setting: Setting) -> dict[str, Any]:
    return {
        "type": _type(setting),
        "metavar": setting.metavar or None,
        "is_flag": setting.kind is ValueKind.SWITCH,
        "multiple": setting.is_repeatable,
        "envvar": setting.variable or None,
        "default": setting.default,
        "show_default": setting.kind is not ValueKind.SWITCH and setting.default not in {None, ()},
        "help": setting.help,
    }


def _type(setting: Setting) -> click.ParamType[Any]:
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


DATA = takes("--data", help="The authority's data directory.")
"""Takes the directory of an authority that is there already."""
