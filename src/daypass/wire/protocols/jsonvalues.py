"""JSON as AWS's JSON protocols use it: one reading of the text, then values by shape, and back."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from daypass.core.jsontext import JsonFlaw, JsonReader, NotJson, parse_finite_float
from daypass.wire.botocore_model import BotocoreModel, Member, Shape
from daypass.wire.errors import WireFault
from daypass.wire.limits import JSON_DEPTH_MAX, JSON_VALUES_MAX, NUMBER_DIGITS_MAX
from daypass.wire.protocols import scalars

Convert = Callable[[Any, str], Any]
"""Takes a JSON value and its path; returns the value of the API."""


def serialization_fault(message: str) -> WireFault:
    """Return the fault for JSON that cannot be read as what the operation takes."""
    return WireFault("SerializationException", message, status=400)


def parse_json_object(body: bytes) -> dict[str, Any]:
    """Return the one JSON object of a body; nothing is an empty one.

    Raises `WireFault` for anything else, for a member that is there twice, for depth and size out of bounds.
    """
    if not body:
        return {}
    try:
        value = _READER.read(body.decode("utf-8"), values=JSON_VALUES_MAX, depth=JSON_DEPTH_MAX)
    except UnicodeDecodeError:
        raise serialization_fault("The body is not JSON.") from None
    except NotJson as error:
        raise serialization_fault(_FLAW_MESSAGES[error.flaw]) from None
    if not isinstance(value, dict):
        raise serialization_fault("The body is not a JSON object.")
    return value


_FLAW_MESSAGES: Mapping[JsonFlaw, str] = {
    JsonFlaw.TOO_MUCH: "The body is too large.",
    JsonFlaw.BROKEN: "The body is not JSON.",
    JsonFlaw.TWICE: "A member of the body is there twice.",
    JsonFlaw.TOO_DEEP: "The body is nested too deeply.",
}


def _integer(text: str) -> int:
    if len(text) > NUMBER_DIGITS_MAX:
        raise ValueError(text)
    return int(text)


_READER = JsonReader(integer=_integer, fraction=parse_finite_float)


class JsonShapeReader:
    """Compiles shapes into functions that take JSON apart."""

    def __init__(self, model: BotocoreModel) -> None:
        self._model = model
        self._known: dict[str, Convert] = {}

    def members(self, members: tuple[Member, ...]) -> Convert:
        """Return a function that reads the given members of an object; others are ignored, as AWS ignores them."""
        compiled = [(each.name, each.wire_name, self._value(each)) for each in members]

        def read(value: Any, path: str) -> Any:
            if not isinstance(value, dict):
                raise serialization_fault(f"The value at '{path}' is not an object.")
            return {
                name: convert(value[wire_name], f"{path}/{wire_name}")
                for name, wire_name, convert in compiled
                if value.get(wire_name) is not None
            }

        return read

    def _value(self, member: Member) -> Convert:
        shape = self._model.shape(member.shape)
        known = self._known.get(shape.name)
        if known is None:
            self._known[shape.name] = lambda value, path: self._known[shape.name](value, path)  # noqa: PLW0108 - bound late, on purpose
            known = self._known[shape.name] = self._compile(shape)
        return known

    def _compile(self, shape: Shape) -> Convert:
        if shape.is_document:
            return lambda value, _path: value
        if shape.kind == "structure":
            return self.members(shape.members)
        if shape.kind == "list":
            assert shape.item is not None  # noqa: S101 - a list has an item
            return _list(self._value(shape.item))
        if shape.kind == "map":
            return _map(self._value(Member("value", shape.value, "value")))
        return _scalar(shape.kind)


def _list(item: Convert) -> Convert:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, list):
            raise serialization_fault(f"The value at '{path}' is not a list.")
        if any(each is None for each in value):
            raise serialization_fault(f"The list at '{path}' holds null.")
        return [item(each, f"{path}/{at}") for at, each in enumerate(value)]

    return read


def _map(inner: Convert) -> Convert:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise serialization_fault(f"The value at '{path}' is not an object.")
        return {name: inner(each, path) for name, each in value.items() if each is not None}

    return read


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}


def _scalar(kind: str) -> Convert:
    types = _TYPES[kind]

    def read(value: Any, path: str) -> Any:
        if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean"):
            raise serialization_fault(f"The value at '{path}' is not a valid {kind}.")
        if kind in {"integer", "long"}:
            return scalars.parse_integer(str(value), path, kind)
        if kind in {"blob", "timestamp"}:
            return scalars.SCALAR_PARSERS[kind](str(value), path, kind)
        return value

    return read


class JsonShapeWriter:
    """Compiles shapes into functions that make values ready for JSON."""

    def __init__(self, model: BotocoreModel) -> None:
        self._model = model
        self._known: dict[str, Callable[[Any], Any]] = {}

    def members(self, members: tuple[Member, ...]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Return a function that writes the given members of a structure, those that are there."""
        compiled = {each.name: (each.wire_name, self._value(each)) for each in members}

        def write(value: Mapping[str, Any]) -> dict[str, Any]:
            return {
                compiled[name][0]: compiled[name][1](each)
                for name, each in value.items()
                if each is not None and name in compiled
            }

        return write

    def _value(self, member: Member) -> Callable[[Any], Any]:
        shape = self._model.shape(member.shape)
        style = member.timestamp_format or shape.timestamp_format
        if shape.kind == "timestamp" and style:
            return _timestamp(style)
        known = self._known.get(shape.name)
        if known is None:
            self._known[shape.name] = lambda value: self._known[shape.name](value)  # noqa: PLW0108 - bound late, on purpose
            known = self._known[shape.name] = self._compile(shape)
        return known

    def _compile(self, shape: Shape) -> Callable[[Any], Any]:
        if shape.is_document:
            return _as_is
        if shape.kind == "structure":
            return self.members(shape.members)
        if shape.kind == "list":
            assert shape.item is not None  # noqa: S101 - a list has an item
            item = self._value(shape.item)
            return lambda value: [item(each) for each in value]
        if shape.kind == "map":
            inner = self._value(Member("value", shape.value, "value"))
            return lambda value: {name: inner(each) for name, each in value.items()}
        if shape.kind == "blob":
            return lambda value: base64.b64encode(value).decode("ascii")
        return _timestamp("unixTimestamp") if shape.kind == "timestamp" else _as_is


def _as_is(value: Any) -> Any:
    return value


def _timestamp(style: str) -> Callable[[Any], Any]:
    return scalars.format_iso8601 if style == "iso8601" else scalars.unix_seconds


def encode_json(value: Any) -> bytes:
    """Return JSON as bytes."""
    return msgspec.json.encode(value)
