"""The facts that authorization uses: bucket records, small body, tags at the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

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
    """The tags of an object as the store returned them."""

    pairs: tuple[tuple[str, str], ...] = ()
    version_id: str = ""
    """The version that has the tags; empty if the store names none."""
    is_missing: bool = False
    """Whether the object does not exist."""


class RequestFacts(msgspec.Struct, frozen=True):
    """The facts of a request, gathered before it is authorized."""

    signature_keys: Mapping[str, str | tuple[str, ...]]
    """Condition keys of every action: TLS version, kind and age of the signature, payload hash."""
    now: int = 0
    bucket: Bucket | None = None
    source_bucket: Bucket | None = None
    body: bytes = b""
    document: XMLElement | None = None
    """The body, parsed, if it is XML."""
    tags: Mapping[ObjectName, ObjectTags] = {}
    """The existing tags that were read. Those of any other object are unknown, not absent."""
    document_values: Mapping[str, str] = {}
    """Values from the document that an operation's hooks need later, by name."""
