"""What hangs on a user, a group or a role: inline documents, attached managed policies, a boundary."""

from typing import ClassVar

import msgspec

from daypass.core.domain.record import NamedRecord, Tag
from daypass.core.policy.decision.compile import compile_stored_text


class InlinePolicy(msgspec.Struct, frozen=True, array_like=True):
    """A document embedded in one identity; `document` is the text as it was given."""

    name: str
    document: str


class Identity(NamedRecord, frozen=True, kw_only=True):
    """What users, groups and roles share."""

    unique: ClassVar[str] = "unique_id"
    unique_id: str
    created: int
    path: str = "/"
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[str, ...] = ()
    """ARNs of managed policies, in order of attachment."""

    def learn(self) -> None:
        """Compile the inline policies."""
        for policy in self.inline:
            compile_stored_text(policy.document)


class PrincipalRecord(Identity, frozen=True, kw_only=True):
    """What users and roles share beyond groups: they can act."""

    boundary: str = ""
    """ARN of the managed policy that is the permissions boundary; empty without one."""
    tags: tuple[Tag, ...] = ()


def inline_policy(identity: Identity, name: str) -> InlinePolicy | None:
    """Return the inline policy of that name, which is matched exactly."""
    return next((policy for policy in identity.inline if policy.name == name), None)


def with_inline(identity: Identity, policy: InlinePolicy) -> tuple[InlinePolicy, ...]:
    """Return the inline policies with one added or replaced, in order of name."""
    rest = [known for known in identity.inline if known.name != policy.name]
    return tuple(sorted([*rest, policy], key=lambda one: one.name))
