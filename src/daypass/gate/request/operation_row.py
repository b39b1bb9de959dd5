"""The row of one S3 operation: how requests name it, what body they have, how a store answers.

A row is a value. The code that recognises, frames or forwards a request uses the row, and never
compares the operation's name. `gate.operations` adds hooks to the row.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from daypass.gate import limits
from daypass.gate.protocol.expected_results import WITHOUT_DOCUMENT, ExpectedResult


class Handling(enum.Enum):
    """How the gate handles an authorized request of an operation."""

    FORWARDED = "forwarded"
    ANSWERED_HERE = "answered here"
    """Answered from the gate's own records."""
    READS_FORWARDED = "reads forwarded"
    """Reads are forwarded, writes refused: the store would act elsewhere with its own authority."""
    REFUSED = "refused"


class Level(enum.Enum):
    """The kind of resource that an operation acts on."""

    SERVICE = "service"
    BUCKET = "bucket"
    OBJECT = "object"


class DecidedBy(enum.Enum):
    """The part of a request that its authorization needs."""

    REQUEST = "request"
    """The request line and headers: nobody without permission has a document parsed."""
    DOCUMENT = "document"
    """The document in the body."""
    ENTRIES = "entries"
    """Each entry of the document, which names several objects; each is authorized alone."""


class Conditions(enum.Enum):
    """Where an operation takes conditions on a write, which some stores ignore."""

    NONE = "none"
    HEADERS = "headers"
    ENTRIES = "entries"
    """In each entry of its document, as an ETag."""


@dataclass(frozen=True, slots=True)
class OperationRow:
    """The values of one operation; `version_action` is its action if a version is named."""

    name: str
    level: Level
    method: str
    selector: str
    action: str
    version_action: str = ""
    handling: Handling = Handling.FORWARDED
    decided_by: DecidedBy = DecidedBy.REQUEST
    may_be_anonymous: bool = False
    """Whether an unsigned request may use it, if a bucket's policy allows everybody."""
    modelled_as: str = ""
    """The operation's name in botocore's model, if it differs."""

    # How a request is recognised as this operation.

    arguments: frozenset[str] = frozenset()
    """The query arguments that it has."""
    marker_arguments: frozenset[str] = frozenset()
    """Arguments that distinguish it from operations with the same method and selector: one of them
    is in the query."""
    fixed_arguments: Mapping[str, str] = field(default_factory=dict)
    """Arguments that must have one fixed value."""
    is_copy: bool = False
    """Whether it copies from a source in `x-amz-copy-source`."""

    # The body and the headers of a request.

    body: str = ""
    """`stream` for an object's bytes, `xml` for a document, `json` for a policy, `form` for a form.
    Empty: the operation has no body."""
    document_bytes_max: int = limits.XML_BYTES_MAX
    document_elements_max: int = limits.XML_ELEMENTS_MAX
    is_document_optional: bool = False
    has_own_reader: bool = False
    """Whether its document is parsed by its own code, not normalized by the model's schema."""
    needs_checksum: bool = False
    """Whether a header has to declare an MD5 or a checksum of its document."""
    declares_object: bool = False
    """Whether checksums in its headers are the object's, not its document's."""
    conditions: Conditions = Conditions.NONE
    canned_acls: frozenset[str] = frozenset({"bucket-owner-full-control"})
    """The values that `x-amz-acl` may have: all say that the bucket's owner owns the object."""
    needs_canned_acl: bool = False

    # The store's answer.

    result: ExpectedResult = WITHOUT_DOCUMENT
    is_read_by_post: bool = False
    """Whether it reads an object although its method is POST."""

    def __post_init__(self) -> None:
        """Set the operation's name in the expected result, once for all requests."""
        object.__setattr__(self, "result", self.result.for_operation(self.name))

    @property
    def is_read(self) -> bool:
        """Say whether it only reads."""
        return self.method in {"GET", "HEAD"} or self.is_read_by_post

    @property
    def is_rewritten(self) -> bool:
        """Say whether the gate writes its document anew, by the model's schema, for the store."""
        return self.body == "xml" and not self.has_own_reader

    @property
    def model_name(self) -> str:
        """Return the name of its operation in botocore's model."""
        return self.modelled_as or self.name

    def action_for(self, version_id: str | None) -> str:
        """Return the IAM action for a version id, None for none; `null` is a version id too."""
        return (
            self.version_action if version_id is not None and self.version_action else self.action
        )
