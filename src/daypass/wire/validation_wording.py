"""The words in which a service refuses values that break its model, where services differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from daypass.core.faults import ModelConstraint


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationWording:
    """A service's wording; the defaults are those of most AWS services."""

    repeats_values: bool = True
    """Whether the refused value is in the message: `Value 'x' at 'roleArn'`."""
    lists_enum_values: bool = True
    """Whether the allowed values of an enum are in the message."""
    ends_lists_with_null: bool = False
    """Whether `Member must not be null` ends the constraints of a list's elements."""
    pattern_sentences: Mapping[str, str] = field(default_factory=dict)
    """The message for a value that does not match a pattern, by the pattern; `{member}` stands for
    the parameter. It replaces all other violations, also that of a length."""
    constraint_sentences: Mapping[tuple[ModelConstraint, str], str] = field(default_factory=dict)
    """The message for a broken constraint of a member, by its path; an empty path is any member.
    It replaces all other violations."""

    def own_sentence(self, constraint: ModelConstraint, path: str, pattern: str) -> str:
        """Return the service's own message for a broken constraint; empty if it has none.

        A sentence for the member comes before one for the pattern, and that before one for any
        member.
        """
        sentences = self.constraint_sentences
        found = sentences.get((constraint, path), "")
        if not found and constraint is ModelConstraint.PATTERN and not path.endswith(ELEMENT):
            found = self.pattern_sentences.get(pattern, "").format(member=path)
        return found or sentences.get((constraint, ""), "")


ELEMENT = ".member"
"""The end of the path of a list's element."""
COMMON_WORDING = ValidationWording()
