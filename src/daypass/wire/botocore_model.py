"""A botocore service model as typed values: shapes with constraints, members, raw operations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure: its name in the API, its shape, and its place in a message."""

    name: str
    shape: str
    wire_name: str
    location: str = ""
    """`header`, `headers`, `uri`, `querystring`, `statusCode`, or empty for the body."""
    is_flattened: bool = False
    timestamp_format: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape with its constraints; `kind` is `structure`, `list`, `map` or a scalar's name."""

    name: str
    kind: str
    members: tuple[Member, ...] = ()
    required: frozenset[str] = frozenset()
    item: Member | None = None
    key: str = ""
    value: str = ""
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = ""
    is_sensitive: bool = False
    is_flattened: bool = False
    is_union: bool = False
    is_document: bool = False
    payload: str = ""
    timestamp_format: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)


class BotocoreModel:
    """One service's model: metadata, raw operations, and shapes, parsed when first used."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.metadata: Mapping[str, Any] = raw["metadata"]
        self.operations: Mapping[str, Mapping[str, Any]] = raw["operations"]
        self._raw: Mapping[str, Mapping[str, Any]] = raw["shapes"]
        self._shapes: dict[str, Shape] = {}

    @property
    def shape_names(self) -> tuple[str, ...]:
        """Return the names of all shapes."""
        return tuple(self._raw)

    def shape(self, name: str) -> Shape:
        """Return a shape by name; raises `KeyError` if the model has none of that name."""
        known = self._shapes.get(name)
        if known is None:
            known = self._shapes[name] = _shape(name, self._raw[name])
        return known


def _shape(name: str, raw: Mapping[str, Any]) -> Shape:
    members = tuple(_member(each, value) for each, value in raw.get("members", {}).items())
    return Shape(
        name=name,
        kind=raw["type"],
        members=members,
        required=frozenset(raw.get("required", ())),
        item=_member("member", raw["member"]) if "member" in raw else None,
        key=raw.get("key", {}).get("shape", ""),
        value=raw.get("value", {}).get("shape", ""),
        enum=tuple(raw.get("enum", ())),
        minimum=raw.get("min"),
        maximum=raw.get("max"),
        pattern=raw.get("pattern", ""),
        is_sensitive=bool(raw.get("sensitive")),
        is_flattened=bool(raw.get("flattened")),
        is_union=bool(raw.get("union")),
        is_document=bool(raw.get("document")),
        payload=raw.get("payload", ""),
        timestamp_format=raw.get("timestampFormat", ""),
        error=raw.get("error", {}) if raw.get("exception") else {},
    )


def _member(name: str, raw: Mapping[str, Any]) -> Member:
    return Member(
        name=name,
        shape=raw["shape"],
        wire_name=raw.get("locationName", name),
        location=raw.get("location", ""),
        is_flattened=bool(raw.get("flattened")),
        timestamp_format=raw.get("timestampFormat", ""),
    )
