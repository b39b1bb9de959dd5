"""What is known of a request besides its resolution: the records, the small body, the tags at the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from daypass.core.domain.bucket import Bucket
from daypass.gate.documents import Element

Keys = dict[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a request; gathered before anything is decided."""

    common: Mapping[str, str | tuple[str, ...]]
    """Keys of every action: how it was signed, over what."""
    now: int = 0
    bucket: Bucket | None = None
    source_bucket: Bucket | None = None
    body: bytes = b""
    document: Element | None = None
    """The body, read, where it is XML."""
    existing_tags: tuple[tuple[str, str], ...] = ()
    source_tags: tuple[tuple[str, str], ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
