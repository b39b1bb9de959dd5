"""What is said of one setting, and how a class of typed values declares its fields to be settings."""

import dataclasses
import enum
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


class Form(enum.Enum):
    """What a command line takes for a setting."""

    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"
    PATH = "path"
    FILE = "file"
    """A file that has to be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: how it is given, what it may be, and what it is without being given.

    A field declares it as `Annotated[Type, Setting(...)]`. Two fields may share one, whose `read` then returns both values.
    """

    flag: str = ""
    """Its option of `daypass up`; empty for one that a variable alone sets."""
    variable: str = ""
    """Its environment variable; empty for one that the command line alone sets."""
    help: str
    """Its line of `daypass up --help` and of the reference."""
    form: Form = Form.TEXT
    metavar: str = ""
    """What stands for its value in help; empty for click's word."""
    least: int | None = None
    most: int | None = None
    is_repeatable: bool = False
    is_reloadable: bool = False
    """Whether SIGHUP reads again the file that it names."""
    default: Any = None
    """Its value without being given; a field's own default, where it has one, takes this one's place."""
    read: Callable[[Any], Any] | None = None
    """Makes the fields' values of what the command line took, and raises `Misconfigured`; None where they are the same."""
    reader: str = "the server"
    """Who reads it, in the reference's words."""
    fields: tuple[str, ...] = ()
    """The fields of the configuration that it fills, as `region` or `store.url`; found by `declared`."""

    @property
    def parameter(self) -> str:
        """Return the name of its option's value among those that a command takes."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def name(self) -> str:
        """Return how people name it: by its flag, or else by its variable."""
        return self.flag or self.variable


def declared(owner: type, within: str = "") -> Iterator[Setting]:
    """Yield the settings that a dataclass declares, in the order of its fields, each with the fields that it fills.

    A field of another dataclass, or of one or None, stands for the settings of that class. Raises `TypeError` for a field that
    declares no setting.
    """
    hints = typing.get_type_hints(owner, include_extras=True)
    filled: dict[Setting, list[dataclasses.Field[Any]]] = {}
    for each in dataclasses.fields(owner):
        setting = _of(hints[each.name])
        inner = _within(hints[each.name])
        if setting is not None:
            filled.setdefault(setting, []).append(each)
        elif inner is not None:
            yield from _whole(filled, within)
            filled = {}
            yield from declared(inner, f"{within}{each.name}.")
        else:
            raise TypeError(f"the field {each.name} of {owner.__name__} declares no setting")
    yield from _whole(filled, within)


def _whole(filled: dict[Setting, list["dataclasses.Field[Any]"]], within: str) -> Iterator[Setting]:
    for setting, fields in filled.items():
        names = tuple(f"{within}{each.name}" for each in fields)
        default = fields[0].default
        if default is dataclasses.MISSING:
            default = setting.default
        yield dataclasses.replace(setting, fields=names, default=default)


def _of(hint: Any) -> Setting | None:
    said = getattr(hint, "__metadata__", ())
    return next((each for each in said if isinstance(each, Setting)), None)


def _within(hint: Any) -> type | None:
    kinds = typing.get_args(hint) or (hint,)
    return next((each for each in kinds if dataclasses.is_dataclass(each) and isinstance(each, type)), None)  # fmt: skip
