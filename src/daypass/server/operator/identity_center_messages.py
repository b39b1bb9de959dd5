"""Messages of the operator's commands about IAM Identity Center, and what they are answered with.

What AWS's API can do is asked for by `CallOperation`, so that its rules are written once. The other
messages read what several calls of the API would have to find, or do what the API cannot.
"""

import enum
from typing import Any

import msgspec

PAGE_SIZE = 100
"""Records that one answer to a reading message holds; AWS's size of a page."""


class CallOperation(msgspec.Struct, frozen=True, kw_only=True, tag="call"):
    """Call an operation of `identitystore` or `ssoadmin` as root of the account that owns it."""

    service: str
    operation: str
    parameters: dict[str, Any]
    """As in the body of a request."""
    account: str
    """The account whose root calls: the owner of the instance."""
    region: str = "us-east-1"
    is_dry_run: bool = False
    """Whether to find out what the answer would be, and change nothing."""
    by: str = ""


class ListInstances(msgspec.Struct, frozen=True, tag="list-instances"):
    """List the instances, and the organizations that have none."""


class FindPrincipal(msgspec.Struct, frozen=True, kw_only=True, tag="find-principal"):
    """Find the person and the group of a name, or of an id."""

    store: str
    name: str


class FindTarget(msgspec.Struct, frozen=True, kw_only=True, tag="find-target"):
    """Find a permission set by its name, and an account by its id or its name."""

    instance: str
    permission_set: str
    account: str


class ListAssignments(msgspec.Struct, frozen=True, kw_only=True, tag="list-assignments"):
    """List a page of assignments, in order of account, permission set and principal.

    Empty fields select all.
    """

    instance: str
    account: str = ""
    permission_set: str = ""
    """A permission set's id."""
    principal: str = ""
    """The id of a person or a group."""
    after: str = ""
    """The key of the last assignment of the page before."""


class ListGroupsOf(msgspec.Struct, frozen=True, kw_only=True, tag="list-groups-of"):
    """List a page of the groups that a person is a member of, in order of their id."""

    store: str
    person: str
    after: str = ""


class ListPortalSessions(msgspec.Struct, frozen=True, kw_only=True, tag="list-portal-sessions"):
    """List the portal sessions of a person that have not ended."""

    store: str
    person: str


IdentityCenterQuery = (
    ListInstances | FindPrincipal | FindTarget | ListAssignments | ListGroupsOf | ListPortalSessions
)


class PersonAct(enum.Enum):
    """What an operator does to a person that no operation of AWS's API does."""

    DISABLE = "disable"
    ENABLE = "enable"
    SIGN_OUT = "sign-out"


class ChangePerson(msgspec.Struct, frozen=True, kw_only=True, tag="change-person"):
    """Disable, enable or sign out a person."""

    store: str
    person: str
    act: PersonAct
    is_dry_run: bool = False
    by: str = ""


class OpenPortalSession(msgspec.Struct, frozen=True, kw_only=True, tag="open-portal-session"):
    """Open a portal session of a person; the answer has its access token."""

    store: str
    person: str
    seconds: int
    is_dry_run: bool = False
    by: str = ""


class OpenNetwork(msgspec.Struct, frozen=True, kw_only=True, tag="open-network"):
    """Let every address use an instance, its identity store and its portal again."""

    instance: str
    is_dry_run: bool = False
    by: str = ""


class EnableInstance(msgspec.Struct, frozen=True, tag="enable-instance"):
    """Make the instance of an organization that has none."""

    organization: str
    is_dry_run: bool = False
    by: str = ""


IdentityCenterChange = ChangePerson | OpenPortalSession | OpenNetwork | EnableInstance
