"""A policy document as `parse` returns it: the elements of each statement, not yet interpreted."""

from dataclasses import dataclass, field

VERSION_2012 = "2012-10-17"
VERSION_2008 = "2008-10-17"


@dataclass(frozen=True, slots=True)
class PolicyCondition:
    """One condition key of one operator, with the values that it is compared to, as text."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """A Principal or NotPrincipal element: `(type, value)` pairs; `*` alone is `("AWS", "*")`.

    `is_star`: it is written as `"*"`, which means the same as `{"AWS": "*"}`.
    """

    entries: tuple[tuple[str, str], ...]
    is_star: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; an element that it lacks is None.

    A statement never has both an element and its Not-form.
    """

    effect: str
    sid: str = ""
    principals: PrincipalElement | None = None
    not_principals: PrincipalElement | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    conditions: tuple[PolicyCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy document; one without a version has `VERSION_2008`."""

    version: str
    statements: tuple[Statement, ...]
    id: str = ""

    @property
    def has_variables(self) -> bool:
        """Return whether `${…}` is a variable in this document: from version 2012-10-17 on."""
        return self.version == VERSION_2012
