"""What is known of a request besides its resolution: the records, the small body, the tags at the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from daypass.core.domain.bucket import Bucket
from daypass.gate.protocol.documents import XMLElement

ConditionKeys = dict[str, str | tuple[str, ...]]


class ObjectName(NamedTuple):
    """An object, or one version of it."""

    bucket: str
    key: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectTags:
    """The tags of an object as the store told them."""

    pairs: tuple[tuple[str, str], ...] = ()
    version_id: str = ""
    """The version that has them; empty where the store names none."""
    is_missing: bool = False
    """Whether there was no such object."""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What is known of a request; gathered before anything is decided."""

    common: Mapping[str, str | tuple[str, ...]]
    """Keys of every action: how it was signed, over what."""
    now: int = 0
    bucket: Bucket | None = None
    source_bucket: Bucket | None = None
    body: bytes = b""
    document: XMLElement | None = None
    """The body, read, where it is XML."""
    tags: Mapping[ObjectName, ObjectTags] = field(default_factory=dict)
    """The tags that were read. Those of any other object are unknown, not absent."""
    extra: Mapping[str, str] = field(default_factory=dict)
