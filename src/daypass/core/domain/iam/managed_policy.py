"""The record of a managed policy: a document with versions, attached to identities by ARN."""

from typing import ClassVar

import msgspec

from daypass.core import arn
from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.partition import ACCOUNT, OWNED_BY_AWS, Partition
from daypass.core.domain.record import NamedRecord, Tag
from daypass.core.policy.decision.compile import compile_stored_text


class PolicyVersion(msgspec.Struct, frozen=True):
    """A version of a managed policy; ids count up (`v1`, `v2`, …) and are never reused."""

    id: str
    document: str
    created: int


class ManagedPolicy(NamedRecord, frozen=True, kw_only=True):
    """A managed policy; `default` is the id of its default version, `versions` are oldest first."""

    kind: ClassVar[str] = "policy"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT, OWNED_BY_AWS)
    arn_form: ClassVar[ArnForm | None] = ArnForm("iam", "policy")
    unique_id: str
    created: int
    updated: int
    default: str
    versions: tuple[PolicyVersion, ...]
    versions_made: int = 1
    """The number of versions ever made, deleted ones included, so that ids are not reused."""
    path: str = "/"
    description: str = ""
    tags: tuple[Tag, ...] = ()

    @property
    def arn(self) -> str:
        """Return the policy's ARN, with its path."""
        return arn.iam(self.account, "policy", self.path, self.name)

    @property
    def document(self) -> str:
        """Return the default version's document."""
        return next(version.document for version in self.versions if version.id == self.default)

    def precompile(self) -> None:
        """Compile the default version's document."""
        compile_stored_text(self.document)
