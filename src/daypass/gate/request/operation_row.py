"""What is known of one operation of S3: how it is asked for, what it brings, how a store answers.

A row is a value. The code that recognises, frames or forwards a request goes by the row, and never
by the operation's name. What an operation does are hooks, which `gate.operations` adds to its row.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from daypass.gate import limits
from daypass.gate.protocol.expected_results import WITHOUT_DOCUMENT, ExpectedResult


class Handling(enum.Enum):
    """What becomes of an operation that is allowed."""

    FORWARDED = "forwarded"
    ANSWERED_HERE = "answered here"
    """Answered from the gate's own records."""
    READS_FORWARDED = "reads forwarded"
    """The store would act elsewhere with its own authority: reads are forwarded, writes refused."""
    REFUSED = "refused"


class Level(enum.Enum):
    """What an operation is about."""

    SERVICE = "service"
    BUCKET = "bucket"
    OBJECT = "object"


class DecidedBy(enum.Enum):
    """What a decision has to wait for."""

    REQUEST = "request"
    """The request's first line and headers: whoever may not has no document parsed."""
    DOCUMENT = "document"
    """What the document says."""
    ENTRIES = "entries"
    """The document names several objects, and each is decided alone."""


class Conditions(enum.Enum):
    """Where an operation has conditions on a write, which some stores ignore."""

    NONE = "none"
    HEADERS = "headers"
    ENTRIES = "entries"
    """In each entry of its document, as an ETag."""


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation. `versioned` is the action asked for instead where a version is named."""

    name: str
    level: Level
    method: str
    selector: str
    action: str
    versioned: str = ""
    handling: Handling = Handling.FORWARDED
    decided_by: DecidedBy = DecidedBy.REQUEST
    may_be_anonymous: bool = False
    """Whether an unsigned request may ask for it, where a bucket's policy lets everybody."""
    modelled_as: str = ""
    """The operation of botocore's model that it is, where it has another name there."""

    # How a request of it is recognised.

    arguments: frozenset[str] = frozenset()
    """What its query may hold."""
    marks: frozenset[str] = frozenset()
    """Arguments that tell it from another operation of its place: one of them is in the query."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Arguments that have one value alone."""
    copies: bool = False
    """Whether it names a source in `x-amz-copy-source`."""

    # What it brings.

    body: str = ""
    """`stream` for an object's bytes, `xml` for a document, `json` for a policy, `form` for a form.

    Empty: the operation has no body.
    """
    document_bytes_max: int = limits.XML_BYTES_MAX
    document_elements_max: int = limits.XML_ELEMENTS_MAX
    is_document_optional: bool = False
    has_own_reader: bool = False
    """Whether its document is read otherwise than by the model's schema."""
    needs_checksum: bool = False
    """Whether a header has to declare an MD5 or a checksum of its document."""
    declares_object: bool = False
    """Whether checksums in its headers are those of the object, and not of its document."""
    conditions: Conditions = Conditions.NONE
    canned_acls: frozenset[str] = frozenset({"bucket-owner-full-control"})
    """What `x-amz-acl` may say: that the bucket's owner owns it."""
    needs_canned_acl: bool = False

    # How the store answers.

    result: ExpectedResult = WITHOUT_DOCUMENT
    is_read_by_post: bool = False
    """Whether it reads an object although its method is none that reads."""

    def __post_init__(self) -> None:
        """Give the result the operation's name, once for all requests."""
        object.__setattr__(self, "result", self.result.of(self.name))

    @property
    def reads(self) -> bool:
        """Say whether it reads, and changes nothing."""
        return self.method in {"GET", "HEAD"} or self.is_read_by_post

    @property
    def is_rewritten(self) -> bool:
        """Say whether its document goes on as the gate writes it, by the model's schema."""
        return self.body == "xml" and not self.has_own_reader

    @property
    def model_name(self) -> str:
        """Return the name of its operation in botocore's model."""
        return self.modelled_as or self.name

    def action_for(self, version_id: str | None) -> str:
        """Return its action, for a version where one is named; `null` names one too."""
        return self.versioned if version_id is not None and self.versioned else self.action
