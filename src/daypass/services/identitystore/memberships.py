"""Operations on memberships: a member of a group is a user, because groups do not nest."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from daypass.core.domain.identity_center.group_membership import GroupMembership, membership_key
from daypass.core.identity_center import ids
from daypass.core.identity_center.people import refusals
from daypass.core.identity_center.people.refusals import ResourceType
from daypass.services.identitystore import lookup, resources, views
from daypass.services.identitystore.admission import administrators, readers
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.wire.paginate import SortedList

Req = Mapping[str, Any]
Answer = dict[str, Any]
_key = attrgetter("key")


@operation(on=administrators(resources.group_and_member))
def create_group_membership(ctx: Context, req: Req) -> Answer:
    """Make a user a member of a group; return the membership's ids."""
    store = lookup.store(ctx, req)
    group = lookup.group(store, lookup.group_id(req))
    person = lookup.person(store, lookup.member_id(req))
    if store.membership_in(group.id, person.id) is not None:
        raise refusals.duplicate(refusals.ALREADY_MEMBER)
    membership = GroupMembership(
        account=store.id,
        id=ids.new_uuid(ctx.entropy(ids.UUID_BYTES)),
        group=group.id,
        member=person.id,
        created=ctx.now,
        created_by=ctx.caller.principal.arn,
    )
    ctx.put(membership)
    return views.membership_ids(membership)


@operation(on=readers(resources.the_membership))
def describe_group_membership(ctx: Context, req: Req) -> Answer:
    """Return a membership."""
    store = lookup.store(ctx, req)
    return views.membership(lookup.membership(store, lookup.membership_id(req)))


@operation(on=administrators(resources.the_membership))
def delete_group_membership(ctx: Context, req: Req) -> None:
    """End a membership, and what the group's assignments granted, with the next request."""
    store = lookup.store(ctx, req)
    ctx.remove(lookup.membership(store, lookup.membership_id(req)))


@operation(on=readers(resources.group_and_member))
def get_group_membership_id(ctx: Context, req: Req) -> Answer:
    """Return the ids of a user's membership in a group."""
    store = lookup.store(ctx, req)
    found = store.membership_in(lookup.group_id(req), lookup.member_id(req))
    if found is None:
        raise refusals.not_found(ResourceType.GROUP_MEMBERSHIP)
    return views.membership_ids(found)


@operation(on=readers(resources.member_and_groups))
def is_member_in_groups(ctx: Context, req: Req) -> Answer:
    """Return of each group, in the order asked, whether a user is a member of it.

    A group that does not exist has no members.
    """
    store = lookup.store(ctx, req)
    person = lookup.person(store, lookup.member_id(req))
    groups = [lookup.resource_id(each, "group") for each in req["GroupIds"]]
    return {
        "Results": [
            {
                "GroupId": group,
                "MemberId": {"UserId": person.id},
                "MembershipExists": store.membership_in(group, person.id) is not None,
            }
            for group in groups
        ]
    }


@operation(on=readers(resources.memberships_of_group))
def list_group_memberships(ctx: Context, req: Req) -> Answer:
    """Return the memberships of a group, in order of the user's id."""
    store = lookup.store(ctx, req)
    group = lookup.group(store, lookup.group_id(req))
    memberships = store.of(GroupMembership)
    return {
        "GroupMemberships": SortedList(
            lambda after: memberships.beginning_with(membership_key(group.id, ""), after),
            _key,
            views.membership,
        )
    }


@operation(on=readers(resources.memberships_of_member))
def list_group_memberships_for_member(ctx: Context, req: Req) -> Answer:
    """Return the memberships of a user, in order of the group's id."""
    store = lookup.store(ctx, req)
    person = lookup.person(store, lookup.member_id(req))
    found = store.memberships_of(person.id)
    return {
        "GroupMemberships": SortedList(lambda after: _after(found, after), _key, views.membership)
    }


def _after(memberships: Sequence[GroupMembership], key: str) -> Iterable[GroupMembership]:
    """Return the memberships after a key, of memberships in order of key."""
    return memberships[bisect_right(memberships, key, key=_key) :]
