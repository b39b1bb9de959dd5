"""A strict JSON parser with bounds: it refuses every text that two parsers could read differently.

Such texts have duplicate names, half a surrogate pair, NaN or infinities. Callers turn `NotJson`
into AWS's words and check what the values mean.
"""

import enum
import json
import math
from collections.abc import Callable

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON value."""
ReadNumber = Callable[[str], int | float]
"""Converts the text of a number to its value; raises `ValueError` for a number that is refused."""


class JsonFlaw(enum.Enum):
    """Why a text is refused as JSON."""

    TOO_LONG = enum.auto()
    """The text has more characters than allowed."""
    TOO_MANY_VALUES = enum.auto()
    NOT_JSON = enum.auto()
    """The text breaks JSON's grammar, or has a number or character that is refused."""
    DUPLICATE_NAME = enum.auto()
    TOO_DEEP = enum.auto()


class NotJson(Exception):
    """A text that is not JSON, is ambiguous, or exceeds a bound; `flaw` says which."""

    def __init__(self, flaw: JsonFlaw) -> None:
        super().__init__(flaw.name)
        self.flaw = flaw


class JsonReader:
    """A strict JSON parser: refuses duplicate names, half a surrogate pair, NaN and infinities."""

    def __init__(self, *, integer: ReadNumber, fraction: ReadNumber) -> None:
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=integer,
            parse_float=fraction,
        )

    def read(self, text: str, *, values: int, depth: int, characters: int | None = None) -> Json:
        """Return the value of a JSON text; raises `NotJson`.

        `values`, `depth` and `characters` are the most values, levels and characters allowed.
        Values are counted in the text, before any of them is built, so that a hostile text costs no
        memory.
        """
        if characters is not None and len(text) > characters:
            raise NotJson(JsonFlaw.TOO_LONG)
        if count_values_max(text) > values:
            raise NotJson(JsonFlaw.TOO_MANY_VALUES)
        try:
            value: Json = self._decoder.decode(text)
            if "\\u" in text:
                # Half of a surrogate pair is JSON, but no text.
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise NotJson(JsonFlaw.NOT_JSON) from None
        _check_depth(value, depth)
        return value


def parse_finite_float(text: str) -> float:
    """Return a number's text as a finite float.

    Raises `ValueError` for a number beyond a float's range.
    """
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def count_values_max(text: str) -> int:
    """Return an upper bound of the number of values in a JSON text.

    It counts commas and brackets outside strings. The count is right up to the place where the
    text stops being JSON, and no parser builds values from what follows.
    """
    marks = text.count(",") + text.count("[") + text.count("{")
    if '"' not in text or marks <= _FEW_MARKS:
        return marks + 1
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    return outside.count(",") + outside.count("[") + outside.count("{") + 1


_FEW_MARKS = 1_000
"""Up to so many commas and brackets are not looked at more closely: even counted with those
inside strings, they are fewer than any bound."""


def _object_without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJson(JsonFlaw.DUPLICATE_NAME)
    return members


def _refuse_constant(constant: str) -> Json:
    raise ValueError(constant)


def _check_depth(value: Json, levels_left: int) -> None:
    if levels_left < 0:
        raise NotJson(JsonFlaw.TOO_DEEP)
    if isinstance(value, dict):
        for each in value.values():
            _check_depth(each, levels_left - 1)
    elif isinstance(value, list):
        for each in value:
            _check_depth(each, levels_left - 1)
