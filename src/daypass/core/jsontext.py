"""JSON that has one meaning: read strictly and within bounds.

So no two readers understand a text differently.

Not here: what the values mean, and in whose words a text is refused.
"""

import enum
import json
import math
from collections.abc import Callable

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON value."""
ReadNumber = Callable[[str], int | float]
"""Makes a number of its spelling; raises `ValueError` for one that is refused."""


class JsonFlaw(enum.Enum):
    """Why a text is not read."""

    TOO_LONG = enum.auto()
    TOO_MUCH = enum.auto()
    BROKEN = enum.auto()
    TWICE = enum.auto()
    TOO_DEEP = enum.auto()


class NotJson(Exception):
    """A text that is not JSON, has two readings, or exceeds a bound: `flaw` says which."""

    def __init__(self, flaw: JsonFlaw) -> None:
        super().__init__(flaw.name)
        self.flaw = flaw


class JsonReader:
    """Reads JSON; refuses a name that is there twice, half a surrogate pair, NaN and infinities."""

    def __init__(self, *, integer: ReadNumber, fraction: ReadNumber) -> None:
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=integer,
            parse_float=fraction,
        )

    def read(self, text: str, *, values: int, depth: int, characters: int | None = None) -> Json:
        """Return what a text says; raises `NotJson`. Each bound is the most that is allowed.

        How many values there are is counted in the text, before anything is built of it.
        """
        if characters is not None and len(text) > characters:
            raise NotJson(JsonFlaw.TOO_LONG)
        if count_values_max(text) > values:
            raise NotJson(JsonFlaw.TOO_MUCH)
        try:
            value: Json = self._decoder.decode(text)
            if "\\u" in text:
                # Half of a surrogate pair is JSON, but no text.
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise NotJson(JsonFlaw.BROKEN) from None
        _check_depth(value, depth)
        return value


def parse_finite_float(text: str) -> float:
    """Read a number as a float; raises `ValueError` for one that is too large to be one."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def count_values_max(text: str) -> int:
    """Return how many values a JSON text has at most, from its commas and brackets outside of strings.

    Up to the place where a text stops being JSON the count is right, and no reader builds anything
    of what stands behind.
    """
    marks = text.count(",") + text.count("[") + text.count("{")
    if '"' not in text or marks <= _MARKS_UNCHECKED_MAX:
        return marks + 1
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    return outside.count(",") + outside.count("[") + outside.count("{") + 1


_MARKS_UNCHECKED_MAX = 1_000
"""So few marks need no closer look: they are fewer than any bound, those inside of strings
counted too."""


def _object_without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson(JsonFlaw.TWICE)
    return found


def _refuse_constant(constant: str) -> Json:
    raise ValueError(constant)


def _check_depth(value: Json, left: int) -> None:
    if left < 0:
        raise NotJson(JsonFlaw.TOO_DEEP)
    if isinstance(value, dict):
        for each in value.values():
            _check_depth(each, left - 1)
    elif isinstance(value, list):
        for each in value:
            _check_depth(each, left - 1)
