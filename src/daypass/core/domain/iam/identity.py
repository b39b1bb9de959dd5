"""Base records of users, groups and roles: inline policies, attached policies, a boundary."""

from typing import ClassVar

import msgspec

from daypass.core.domain.record import NamedRecord, Tag
from daypass.core.policy.decision.compile import compile_stored_text


class InlinePolicy(msgspec.Struct, frozen=True, array_like=True):
    """A policy embedded in one identity; `document` is the text as it was sent."""

    name: str
    document: str


class Identity(NamedRecord, frozen=True, kw_only=True):
    """The fields that users, groups and roles share."""

    unique: ClassVar[str] = "unique_id"
    unique_id: str
    created: int
    path: str = "/"
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[str, ...] = ()
    """ARNs of managed policies, in order of attachment."""

    def precompile(self) -> None:
        """Compile the inline policies."""
        for policy in self.inline:
            compile_stored_text(policy.document)


class PrincipalRecord(Identity, frozen=True, kw_only=True):
    """The fields that only users and roles have, because they can make requests: boundary, tags."""

    boundary: str = ""
    """ARN of the managed policy that is the permissions boundary; empty without one."""
    tags: tuple[Tag, ...] = ()


def inline_policy(identity: Identity, name: str) -> InlinePolicy | None:
    """Return an identity's inline policy of a name, compared with regard to case.

    Returns None if it has none.
    """
    return next((policy for policy in identity.inline if policy.name == name), None)


def with_inline(identity: Identity, policy: InlinePolicy) -> tuple[InlinePolicy, ...]:
    """Return an identity's inline policies with one added or replaced, in order of name.

    No quota is checked.
    """
    others = [each for each in identity.inline if each.name != policy.name]
    return tuple(sorted([*others, policy], key=lambda each: each.name))
