"""A policy document as it was read: every element in its place, nothing decided yet."""

from dataclasses import dataclass

VERSION_2012 = "2012-10-17"
VERSION_2008 = "2008-10-17"


@dataclass(frozen=True, slots=True)
class PolicyCondition:
    """One key of one operator block, with the values it is compared to, as text."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """A Principal or NotPrincipal element: `(type, value)` pairs; `*` alone is `("AWS", "*")`."""

    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; of each pair of element and Not-element at most one is there."""

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
    """A policy document; a missing version is the old one."""

    version: str
    statements: tuple[Statement, ...]
    id: str = ""

    @property
    def has_variables(self) -> bool:
        """Say whether `${…}` means anything in it."""
        return self.version == VERSION_2012
