"""JSON bodies of AWS's JSON protocols: strict parsing, values by the model's shapes, and back."""

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
"""Takes a JSON value and its path; returns the parsed value, or raises `WireFault` with the
path."""


def serialization_fault(message: str) -> WireFault:
    """Return the fault for a request that cannot be parsed as the operation's input."""
    return WireFault("SerializationException", message, status=400)


def parse_json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body; an empty body is an empty object.

    Raises `WireFault` for any other body, for a duplicate member, and for more depth or values than
    allowed.
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
    JsonFlaw.TOO_MANY_VALUES: "The body is too large.",
    JsonFlaw.NOT_JSON: "The body is not JSON.",
    JsonFlaw.DUPLICATE_NAME: "A member of the body is there twice.",
    JsonFlaw.TOO_DEEP: "The body is nested too deeply.",
}


def _integer(text: str) -> int:
    if len(text) > NUMBER_DIGITS_MAX:
        raise ValueError(text)
    return int(text)


_READER = JsonReader(integer=_integer, fraction=parse_finite_float)


class JsonShapeReader:
    """Compiles a model's shapes into functions that convert JSON to the API's values."""

    def __init__(self, model: BotocoreModel) -> None:
        self._model = model
        self._compiled: dict[str, Convert] = {}

    def compile_members(self, members: tuple[Member, ...]) -> Convert:
        """Return a function that parses these members of a JSON object.

        Other members are ignored, as AWS does.
        """
        compiled = [(each.name, each.wire_name, self._compile_member(each)) for each in members]

        def read(value: Any, path: str) -> Any:
            if not isinstance(value, dict):
                raise serialization_fault(f"The value at '{path}' is not an object.")
            return {
                name: convert(value[wire_name], f"{path}/{wire_name}")
                for name, wire_name, convert in compiled
                if value.get(wire_name) is not None
            }

        return read

    def _compile_member(self, member: Member) -> Convert:
        shape = self._model.shape(member.shape)
        compiled = self._compiled.get(shape.name)
        if compiled is None:
            self._compiled[shape.name] = lambda value, path: self._compiled[shape.name](value, path)  # noqa: PLW0108
            compiled = self._compiled[shape.name] = self._compile(shape)
        return compiled

    def _compile(self, shape: Shape) -> Convert:
        if shape.is_document:
            return lambda value, _path: value
        if shape.kind == "structure":
            return self.compile_members(shape.members)
        if shape.kind == "list":
            assert shape.item is not None  # noqa: S101 - a list has an item
            return _compile_list(self._compile_member(shape.item))
        if shape.kind == "map":
            return _compile_map(self._compile_member(Member("value", shape.value, "value")))
        return _compile_scalar(shape.kind)


def _compile_list(item: Convert) -> Convert:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, list):
            raise serialization_fault(f"The value at '{path}' is not a list.")
        if any(each is None for each in value):
            raise serialization_fault(f"The list at '{path}' holds null.")
        return [item(each, f"{path}/{at}") for at, each in enumerate(value)]

    return read


def _compile_map(inner: Convert) -> Convert:
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


def _compile_scalar(kind: str) -> Convert:
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
    """Compiles a model's shapes into functions that convert the API's values for JSON."""

    def __init__(self, model: BotocoreModel) -> None:
        self._model = model
        self._compiled: dict[str, Callable[[Any], Any]] = {}

    def compile_members(
        self, members: tuple[Member, ...]
    ) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Return a function that converts these members of a structure.

        Missing and None ones are left out.
        """
        compiled = {each.name: (each.wire_name, self._compile_member(each)) for each in members}

        def write(value: Mapping[str, Any]) -> dict[str, Any]:
            return {
                compiled[name][0]: compiled[name][1](each)
                for name, each in value.items()
                if each is not None and name in compiled
            }

        return write

    def _compile_member(self, member: Member) -> Callable[[Any], Any]:
        shape = self._model.shape(member.shape)
        style = member.timestamp_format or shape.timestamp_format
        if shape.kind == "timestamp" and style:
            return _timestamp_writer(style)
        compiled = self._compiled.get(shape.name)
        if compiled is None:
            self._compiled[shape.name] = lambda value: self._compiled[shape.name](value)  # noqa: PLW0108
            compiled = self._compiled[shape.name] = self._compile(shape)
        return compiled

    def _compile(self, shape: Shape) -> Callable[[Any], Any]:
        if shape.is_document:
            return _unchanged
        if shape.kind == "structure":
            return self.compile_members(shape.members)
        if shape.kind == "list":
            assert shape.item is not None  # noqa: S101 - a list has an item
            item = self._compile_member(shape.item)
            return lambda value: [item(each) for each in value]
        if shape.kind == "map":
            inner = self._compile_member(Member("value", shape.value, "value"))
            return lambda value: {name: inner(each) for name, each in value.items()}
        if shape.kind == "blob":
            return lambda value: base64.b64encode(value).decode("ascii")
        return _timestamp_writer("unixTimestamp") if shape.kind == "timestamp" else _unchanged


def _unchanged(value: Any) -> Any:
    return value


def _timestamp_writer(style: str) -> Callable[[Any], Any]:
    return scalars.format_iso8601 if style == "iso8601" else scalars.unix_seconds


def encode_json(value: Any) -> bytes:
    """Return a value as JSON, in UTF-8."""
    return msgspec.json.encode(value)
