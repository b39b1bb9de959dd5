"""What a request names, by id or ARN, found in its store; or the refusal in the service's words.

Ids of another store are refused like ids that do not exist.
"""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.person import Person
from daypass.core.faults import Invalid
from daypass.core.identity_center.people import refusals
from daypass.core.identity_center.people.refusals import ResourceType
from daypass.services.kit.context import Context
from daypass.state.snapshot.identity_store_view import IdentityStoreView

Req = Mapping[str, Any]


def find_store(ctx: Context, identifier: str) -> IdentityStoreView | None:
    """Return the store of an id or ARN; None if there is none, or the ARN is not the store's."""
    view = ctx.directory.identity_store(identifier.rpartition("/")[2])
    if view.record is None or identifier not in {view.id, view.record.arn}:
        return None
    return view


def store(ctx: Context, req: Req) -> IdentityStoreView:
    """Return the store that an admitted request names."""
    found = find_store(ctx, req["IdentityStoreId"])
    assert found is not None  # noqa: S101 - no request is admitted without a store
    return found


def resource_id(text: str, kind: str) -> str:
    """Return the id in an id or in the ARN of a `user`, `group` or `membership`.

    Raises `Invalid` for an ARN of another kind.
    """
    if not text.startswith("arn:"):
        return text
    prefix = f"arn:aws:identitystore:::{kind}/"
    if not text.startswith(prefix):
        raise Invalid(f"The ARN is not that of a {kind}.")
    return text.removeprefix(prefix)


def user_id(req: Req) -> str:
    """Return the id in `UserId`."""
    return resource_id(req["UserId"], "user")


def group_id(req: Req) -> str:
    """Return the id in `GroupId`."""
    return resource_id(req["GroupId"], "group")


def membership_id(req: Req) -> str:
    """Return the id in `MembershipId`."""
    return resource_id(req["MembershipId"], "membership")


def member_id(req: Req) -> str:
    """Return the id of the user in `MemberId`; raises `Invalid` without one."""
    if "UserId" not in req["MemberId"]:
        raise Invalid("MemberId must have a UserId.")
    return resource_id(req["MemberId"]["UserId"], "user")


def person(view: IdentityStoreView, identifier: str) -> Person:
    """Return the person of an id; raises `NotFound`."""
    found = view.of(Person).get(identifier)
    if found is None:
        raise refusals.not_found(ResourceType.USER, identifier)
    return found


def group(view: IdentityStoreView, identifier: str) -> PeopleGroup:
    """Return the group of an id; raises `NotFound`."""
    found = view.of(PeopleGroup).get(identifier)
    if found is None:
        raise refusals.not_found(ResourceType.GROUP, identifier)
    return found


def membership(view: IdentityStoreView, identifier: str) -> GroupMembership:
    """Return the membership of an id; raises `NotFound`."""
    found = view.membership(identifier)
    if found is None:
        raise refusals.not_found(ResourceType.GROUP_MEMBERSHIP, identifier)
    return found


def check_revision(record: Person | PeopleGroup, req: Req) -> None:
    """Raise `Conflict` if the request names another revision than the record's."""
    if "Revision" in req and req["Revision"] != str(record.revision):
        raise refusals.stale_revision()
