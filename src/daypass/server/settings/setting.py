"""How a setting is declared, and how the settings of a configuration class are collected."""

import dataclasses
import enum
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


class ValueKind(enum.Enum):
    """The kind of value that a command line takes for a setting."""

    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"
    PATH = "path"
    FILE = "file"
    """The path of an existing file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The declaration of one setting: its option, its variable, its values and its default.

    A field declares its setting as `Annotated[Type, Setting(...)]`. Two fields may share one
    setting, whose `parse` then returns both values.
    """

    flag: str = ""
    """Its option of `daypass up`; empty if only a variable sets it."""
    variable: str = ""
    """Its environment variable; empty if only the command line sets it."""
    help: str
    """Its line of `daypass up --help` and of `docs/settings.md`."""
    kind: ValueKind = ValueKind.TEXT
    metavar: str = ""
    """The name of its value in help; empty for click's default name."""
    minimum: int | None = None
    maximum: int | None = None
    is_repeatable: bool = False
    is_reloadable: bool = False
    """Whether SIGHUP reads the file again that it names."""
    default: Any = None
    """Its default; the default of its first field, if that has one, replaces this."""
    parse: Callable[[Any], Any] | None = None
    """Returns the fields' values for the command line's value, or raises `Misconfigured`.

    None: the field takes the value as it is.
    """
    read_by: str = "the server"
    """Who reads it, as `docs/settings.md` says it."""
    fields: tuple[str, ...] = ()
    """The fields that it fills, as `region` or `store.url`; set by `declared_settings`."""

    @property
    def parameter(self) -> str:
        """Return the name of the command's parameter that takes its option, as `tls_cert`."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def name(self) -> str:
        """Return its flag, or its variable if it has no flag."""
        return self.flag or self.variable


def declared_settings(owner: type, prefix: str = "") -> Iterator[Setting]:
    """Yield the settings that a dataclass declares, in the order of its fields.

    Each has the names of the fields that it fills, after `prefix`. A field whose type is another
    dataclass, or that or None, yields the settings of that class. Raises `TypeError` for a field
    that declares no setting.
    """
    hints = typing.get_type_hints(owner, include_extras=True)
    filled: dict[Setting, list[dataclasses.Field[Any]]] = {}
    for each in dataclasses.fields(owner):
        setting = _declared_setting(hints[each.name])
        nested = _nested_dataclass(hints[each.name])
        if setting is not None:
            filled.setdefault(setting, []).append(each)
        elif nested is not None:
            yield from _completed_settings(filled, prefix)
            filled = {}
            yield from declared_settings(nested, f"{prefix}{each.name}.")
        else:
            raise TypeError(f"the field {each.name} of {owner.__name__} declares no setting")
    yield from _completed_settings(filled, prefix)


def _completed_settings(
    filled: dict[Setting, list["dataclasses.Field[Any]"]], prefix: str
) -> Iterator[Setting]:
    """Yield each setting with its fields' names and the first field's default."""
    for setting, fields in filled.items():
        names = tuple(f"{prefix}{each.name}" for each in fields)
        default = fields[0].default
        if default is dataclasses.MISSING:
            default = setting.default
        yield dataclasses.replace(setting, fields=names, default=default)


def _declared_setting(hint: Any) -> Setting | None:
    annotations = getattr(hint, "__metadata__", ())
    return next((each for each in annotations if isinstance(each, Setting)), None)


def _nested_dataclass(hint: Any) -> type | None:
    types = typing.get_args(hint) or (hint,)
    for each in types:
        if dataclasses.is_dataclass(each) and isinstance(each, type):
            return each
    return None
