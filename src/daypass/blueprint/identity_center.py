"""People, groups, permission sets and assignments as values, for a file's and the existing ones.

Everything is identified by name: a person by the user name, a group by its display name. In a
file's content None means that the file does not mention the thing, so it is left alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from daypass.core.identity_center.folding import fold_name

SESSION_DURATION = "PT1H"  # AWS's own default of a permission set
CUSTOMER_POLICY = "policy/"
"""The start of a reference to a customer managed policy; its path and its name follow."""


class PrincipalKind(StrEnum):
    """Who has an assignment."""

    PERSON = "person"
    GROUP = "group"


class Assignment(NamedTuple):
    """A person or a group has a permission set in an account, each by its name or key.

    `principal` is an id if the person or group was deleted.
    """

    permission_set: str
    account: str
    """The account's key in the organization: `management` or its e-mail address."""
    kind: PrincipalKind
    principal: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person; an attribute is None if the file does not mention it, empty if it is not set.

    `groups` None: the file does not mention them.
    """

    name: str
    display_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PeopleGroup:
    """A group of people; `description` is None if the file does not mention it."""

    name: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """A permission set; `attached` and `boundary` are ARNs, or `policy/…` for customers' policies.

    `inline` is the document of its inline policy as text, empty without one.
    """

    name: str
    description: str = ""
    session_duration: str = SESSION_DURATION
    relay_state: str = ""
    inline: str = ""
    attached: frozenset[str] = frozenset()
    boundary: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IdentityCenter:
    """The instance of an organization, as far as a file mentions it or it was read."""

    people: Mapping[str, Person] | None = None
    groups: Mapping[str, PeopleGroup] | None = None
    permission_sets: Mapping[str, PermissionSet] | None = None
    assignments: frozenset[Assignment] | None = None
    provisioned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The keys of the accounts in which each existing permission set is provisioned."""
    outdated: frozenset[str] = frozenset()
    """Existing permission sets that were edited after they were provisioned somewhere."""


def same_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is the same one, whatever its case; None without one."""
    folded = fold_name(name)
    return next((each for each in known if fold_name(each) == folded), None)
